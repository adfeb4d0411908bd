"""Rules of segments on the wire: a tree, as one recursive model."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from chalicelib.web.wire import Body
from modules.contacts.segment_time.rules import PERIOD

MAX_PARTS: Final = 50
MAX_VALUES: Final = 100
MAX_YEARS_OF_MONTHS: Final = 24
MOST_DAYS: Final = 366
_KINDS: Final = ("all", "any", "not", "any_line")

Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int | float, Field(ge=-1e15, le=1e15)]
Scalar = Text | Number | bool
Duration = Annotated[str, Field(pattern=PERIOD, max_length=20, examples=["P24M"])]


def _one_form(schema: dict[str, Any]) -> None:
    """A node is of exactly one form: a combination alone, or a condition of an attribute with one operator."""
    schema["oneOf"] = [
        *({"required": [each], "maxProperties": 1} for each in _KINDS),
        {
            "required": ["attribute"],
            "not": {"anyOf": [{"required": [each]} for each in _KINDS]},
            "minProperties": 2,
            "maxProperties": 3,
        },
    ]


class Over(Body):
    """A figure of several months of usage: of the last so many, up to the newest one that there is."""

    months: int = Field(ge=1, le=MAX_YEARS_OF_MONTHS)
    figure: Literal["average", "sum"]


class Rule(Body):
    """One node of a segment's rule: `all`, `any`, `not`, `any_line`, or an `attribute` with exactly one operator.

    At most 5 nodes deep with 50 conditions. `GET /v1/segments/attributes` names the attributes, their types and their
    operators. An attribute with several values (cities, tags) is asked whether any of them fits, with `is_not` whether
    none is it. A value that is not known fits `exists: false` alone; `not` turns that round too. Dates count in days of
    the tenant's time zone.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True, json_schema_extra=_one_form)

    all_: list["Rule"] | None = Field(default=None, alias="all", min_length=1, max_length=MAX_PARTS)
    any_: list["Rule"] | None = Field(default=None, alias="any", min_length=1, max_length=MAX_PARTS)
    not_: "Rule | None" = Field(default=None, alias="not")
    any_line: "Rule | None" = Field(default=None, description="holds for one line, all of it on the same one")
    attribute: Annotated[str, Field(min_length=1, max_length=130, examples=["status"])] | None = None
    over: Over | None = Field(default=None, description="for `usage.…`; without it the newest month counts")
    is_: Scalar | None = Field(default=None, alias="is")
    is_not: Scalar | None = None
    is_one_of: list[Scalar] | None = Field(default=None, min_length=1, max_length=MAX_VALUES)
    has: Text | None = Field(default=None, description="for lists: one of the values is this")
    has_one_of: list[Text] | None = Field(default=None, min_length=1, max_length=MAX_VALUES)
    exists: bool | None = None
    less_than: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    at_least: Number | None = None
    between: Annotated[list[Number | Text], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="two numbers or two dates, both included"
    )
    begins_with: Text | None = Field(default=None, description="whatever case and accents")
    contains: Text | None = Field(default=None, description="whatever case and accents")
    is_within: Text | None = Field(default=None, description="an org unit's id: in it or below it")
    before: Text | None = Field(default=None, description="a date", examples=["2026-03-01"])
    after: Text | None = Field(default=None, description="a date", examples=["2026-03-01"])
    more_than_ago: Duration | None = Field(default=None, description="longer ago than that")
    within_last: Duration | None = Field(default=None, description="between so long ago and today")
    within_next: Duration | None = Field(default=None, description="between today and so far ahead")
    anniversary_in_days: int | None = Field(
        default=None, ge=0, le=MOST_DAYS, description="on this day of a year, in so many days; 0: today"
    )

    def tree(self) -> dict[str, Any]:
        """The rule as it is stored and decided by."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
