"""What the control plane's nouns share on the wire."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.store.records import Record


# Some visible character and no control character (Unicode's Cc, and its two separators of lines and paragraphs). Not
# str.isprintable: that refuses the ideographic space of Chinese names, too. Space around the text is taken off.
_PLAIN: Final = r"^\s*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f\u2028\u2029]*\s*$"


def _printable(text: str) -> str:
    if not re.search(_PLAIN, text):
        raise ValueRefused(Text("No control characters", "不能包含控制字符"))
    return text


_LINE = StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
_NOTE = StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
Name = Annotated[str, _LINE, AfterValidator(_printable), Field(json_schema_extra={"pattern": _PLAIN})]
"""One line that people read: 1 to 200 characters."""
Reason = Annotated[str, _NOTE, AfterValidator(_printable), Field(json_schema_extra={"pattern": _PLAIN})]
"""Why somebody did something: 1 to 500 characters."""


class Body(BaseModel):
    """A request's body: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class Resource(Shown):
    """What every resource carries beside its own fields (api.md, Shape)."""

    id: str
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class BothLanguages(Shown):
    """A title in both languages of the product."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> "BothLanguages":
        """The wire form of a text."""
        return cls(en=text.en, zh=text.zh)


def common(record: Record) -> dict[str, Any]:
    """The fields of ``Resource``, from a record."""
    return {
        "id": record.id,
        "version": int(record.version),
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by,
    }
