"""What the control plane's nouns share on the wire."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.web.wire import Shown

# Some visible character and no control character (Unicode's Cc, and its two separators of lines and paragraphs). Not
# str.isprintable: that refuses the ideographic space of Chinese names, too. Space around the text is taken off; spelled
# out, since what \s means differs between Python and the readers of the OpenAPI document.
_SPACE: Final = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f"
_PLAIN: Final = rf"^[{_SPACE}]*[^{_SPACE}{_CONTROL}][^{_CONTROL}\u2028\u2029]*[{_SPACE}]*$"


def _plain(text: str) -> str:
    if not re.search(_PLAIN, text):
        raise ValueRefused(Text("Some text, without control characters", "须有文字，且不能包含控制字符"))
    return text.strip()


_CHECKED: Final = (AfterValidator(_plain), Field(json_schema_extra={"pattern": _PLAIN}))
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), *_CHECKED]
"""One line that people read: 1 to 200 characters."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), *_CHECKED]
"""Why somebody did something: 1 to 500 characters."""


class BothLanguages(Shown):
    """A title in both languages of the product."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> "BothLanguages":
        """The wire form of a text."""
        return cls(en=text.en, zh=text.zh)


Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["12.30"])]


class MoneyOut(Shown):
    """An amount of money: a decimal text, never a float (api.md, Shape)."""

    amount: Amount
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CNY"])]
