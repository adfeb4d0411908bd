"""Rules of segments on the wire: a tree, as one recursive model."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.web.wire import WHOLE, Body, Whole
from modules.contacts.segment_time.rules import PERIOD

MAX_PARTS: Final = 50
MAX_VALUES: Final = 100
MAX_YEARS_OF_MONTHS: Final = 24
MOST_DAYS: Final = 366
# Sums of money have fifteen digits (lines/schemas.py, Money).
MOST: Final = 10**15
LONGEST: Final = 200
Words = Annotated[str, Field(min_length=1, max_length=LONGEST)]


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and -MOST <= value <= MOST:
        return value
    raise ValueRefused(Text(f"Give a number between -{MOST} and {MOST}", f"请给出 -{MOST} 到 {MOST} 之间的数字"))


def _number_or_text(value: Any) -> Any:
    if isinstance(value, str):
        if 1 <= len(value) <= LONGEST:
            return value
        raise ValueRefused(Text(f"Give 1 to {LONGEST} characters", f"请给出 1 到 {LONGEST} 个字符"))
    return _number(value)


def _scalar(value: Any) -> Any:
    return value if isinstance(value, bool) else _number_or_text(value)


# Each one type with one error, where a union would tell of each of its members.
_NUMBER: Final = {"type": "number", "minimum": -MOST, "maximum": MOST}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST}
Number = Annotated[Any, PlainValidator(_number), WithJsonSchema(_NUMBER)]
NumberOrText = Annotated[Any, PlainValidator(_number_or_text), WithJsonSchema({"anyOf": [_NUMBER, _TEXT]})]
Scalar = Annotated[
    Any,
    PlainValidator(_scalar),
    WithJsonSchema({"anyOf": [_NUMBER, _TEXT, {"type": "boolean"}]}),
]
Duration = Annotated[str, Field(pattern=PERIOD, max_length=20, examples=["P24M"])]


class Over(Body):
    """A figure of several months of usage: of the last so many, up to the newest one that there is."""

    months: Whole = Field(ge=1, le=MAX_YEARS_OF_MONTHS)
    figure: Literal["average", "sum"]


class Rule(Body):
    """One node of a segment's rule: `all`, `any`, `not`, `any_line`, or an `attribute` with exactly one operator.

    At most 5 nodes deep with 50 conditions. `GET /v1/segments/attributes` names the attributes, their types and their
    operators. An attribute with several values (cities, tags) is asked whether any of them fits, with `is_not` whether
    none is it. A value that is not known fits `exists: false` alone; `not` turns that round too. Dates count in days of
    the tenant's time zone.
    """

    all_: list["Rule"] | None = Field(default=None, alias="all", min_length=1, max_length=MAX_PARTS)
    any_: list["Rule"] | None = Field(default=None, alias="any", min_length=1, max_length=MAX_PARTS)
    not_: "Rule | None" = Field(default=None, alias="not")
    any_line: "Rule | None" = Field(default=None, description="holds for one line, all of it on the same one")
    attribute: Annotated[str, Field(min_length=1, max_length=130, examples=["status"])] | None = None
    over: Over | None = Field(default=None, description="for `usage.…`; without it the newest month counts")
    is_: Scalar | None = Field(default=None, alias="is")
    is_not: Scalar | None = None
    is_one_of: list[Scalar] | None = Field(default=None, min_length=1, max_length=MAX_VALUES)
    has: Words | None = Field(default=None, description="for lists: one of the values is this")
    has_one_of: list[Words] | None = Field(default=None, min_length=1, max_length=MAX_VALUES)
    exists: bool | None = None
    less_than: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    at_least: Number | None = None
    between: Annotated[list[NumberOrText], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="two numbers or two dates, both included"
    )
    begins_with: Words | None = Field(default=None, description="whatever case and accents")
    contains: Words | None = Field(default=None, description="whatever case and accents")
    is_within: Words | None = Field(default=None, description="an org unit's id: in it or below it")
    before: Words | None = Field(default=None, description="a date", examples=["2026-03-01"])
    after: Words | None = Field(default=None, description="a date", examples=["2026-03-01"])
    more_than_ago: Duration | None = Field(default=None, description="longer ago than that")
    within_last: Duration | None = Field(default=None, description="between so long ago and today")
    within_next: Duration | None = Field(default=None, description="between today and so far ahead")
    anniversary_in_days: Annotated[int, Field(ge=0, le=MOST_DAYS), WHOLE] | None = Field(
        default=None, description="on this day of a year, in so many days; 0: today"
    )

    def tree(self) -> dict[str, Any]:
        """The rule as it is stored and decided by."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
