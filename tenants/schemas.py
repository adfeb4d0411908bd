"""What the control plane's nouns share on the wire."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.web.wire import Shown

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


class BothLanguages(Shown):
    """A title in both languages of the product."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> "BothLanguages":
        """The wire form of a text."""
        return cls(en=text.en, zh=text.zh)
