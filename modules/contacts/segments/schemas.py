"""Segments on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Live, Resource, Shown
from modules.contacts.people.schemas import ContactOut
from modules.contacts.segment_rules.schemas import Rule

SegmentKind = Literal["rules", "static"]
Status = Literal["building", "ready", "incomplete"]


class SegmentIn(Body):
    """Customers by a rule (`rules`), or a list that callers keep (`static`)."""

    name: str = Field(min_length=1, max_length=120, examples=["Month to month above 80"])
    description: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    kind: SegmentKind = Field(default="rules", description="stays as it was made")
    rule: Rule | None = Field(default=None, description="for `rules`")


class SegmentOut(Resource):
    """A segment as everybody reads it. While it is `building`, members follow one after the other from the new rule."""

    name: str
    description: str | None
    kind: SegmentKind
    rule: dict[str, Any] | None
    status: Status = Field(description="`incomplete`: the job failed; `POST …/rebuild` begins another")
    job_id: str | None = Field(description="the job that went, or goes, over all customers")


class SegmentShown(Live):
    """A segment with its size. It has no ETag: customers join and leave without a new version."""

    name: str
    description: str | None
    kind: SegmentKind
    rule: dict[str, Any] | None
    status: Status
    job_id: str | None
    size: int | None = Field(description="the members that you see; null for who sees only customers of his own")
    counted_at: datetime | None = Field(description="when somebody joined or left last")


class AttributeOut(Shown):
    """What rules may ask about."""

    name: str
    type: Literal["text", "list", "number", "boolean", "date", "org_unit", "any"]
    of: Literal["contact", "line"]
    operators: list[str]
    words: list[str] = Field(description="the only values, if they are a closed list")
    sensitive: bool = Field(description="needs `contacts:read_sensitive` to be used")


class PreviewIn(Body):
    """A rule to try."""

    rule: Rule


class Preview(Shown):
    """What a rule would find among the newest customers that you see."""

    matched: int
    read: int = Field(description="the customers that were looked at")
    truncated_scan: bool = Field(description="there are more than were looked at")
    sample: list[ContactOut]
