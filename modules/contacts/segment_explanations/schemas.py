"""Explanations on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from chalicelib.web.wire import Shown


class NodeOut(Shown):
    """A node of a rule with its verdict. ``parts`` are the nodes below; of `any_line` one for each line."""

    kind: Literal["all", "any", "not", "any_line", "attribute"]
    holds: bool
    changes_at: datetime | None = Field(description="before this time alone does not change it; null: never")
    attribute: str | None
    operator: str | None
    wanted: Any = Field(description="what the rule asks for")
    seen: list[Any] | None = Field(
        description="the values that the customer has; null for sensitive ones without `contacts:read_sensitive`"
    )
    line_id: str | None
    parts: list["NodeOut"]


class Explanation(Shown):
    """Why a customer is in a segment, or is not."""

    segment_id: str
    contact_id: str
    member: bool = Field(description="as the membership stands")
    since: datetime | None
    fits: bool | None = Field(
        description="whether the rule holds now: seconds ahead of the membership; null for a list"
    )
    changes_at: datetime | None
    rule: NodeOut | None
