"""What the control plane's nouns share on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.store.records import Record


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueRefused(Text("No control characters", "不能包含控制字符"))
    return text


_LINE = StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
_NOTE = StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
Name = Annotated[str, _LINE, AfterValidator(_printable)]
"""One line that people read: 1 to 200 characters."""
Reason = Annotated[str, _NOTE, AfterValidator(_printable)]
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
