"""Requests on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Resource

RequestType = Literal["inquiry", "complaint", "fault", "service_request", "suggestion", "order_follow_up"]
RequestStatus = Literal["new", "assigned", "in_progress", "pending", "resolved", "closed"]
Severity = Literal["critical", "major", "minor", "info"]
Priority = Literal["urgent", "high", "normal", "low"]
RequestChannel = Literal[
    "store", "phone", "email", "sms", "web", "app", "chat", "visit", "social", "letter", "regulator"
]
Pending = Literal["customer", "supplier", "network"]
Id = Annotated[str, Field(min_length=1, max_length=40)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Line200 = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=8000)]
CategoryPath = Annotated[
    str,
    Field(pattern=r"^/([a-z0-9][a-z0-9_]{0,39}/){1,5}$", max_length=210, examples=["/billing/"]),
]
# A level's name with a slash in it would be two levels.
AreaName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^/\x00-\x1f\x7f]+$")]


class RequestExternalId(Body):
    """The request's number in another system; unique within the tenant."""

    system: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$", examples=["service-desk"])]
    id: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["250635"])]


class RequestBase(Body):
    """What a caller says of a request, at any time."""

    type: RequestType = "inquiry"
    title: Line200 = Field(examples=["Charged twice in April"])
    description: LongText | None = None
    category: CategoryPath | None = Field(
        default=None, description="a category of the tenant's; without one, what the texts are about by its words"
    )
    severity: Severity = "minor"
    priority: Priority = "normal"
    channel: RequestChannel = "phone"
    contact_id: Id | None = Field(default=None, description="the customer; null for one that nobody knows")
    line_id: Id | None = Field(default=None, description="the customer's line that it is about")
    area: list[AreaName] = Field(
        default=[],
        max_length=4,
        description="where, from the widest to the narrowest",
        examples=[["Georgia", "Acworth"]],
    )
    product: Word | None = None
    language: str | None = Field(
        default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47; default: the customer's"
    )
    attachments: list[Id] = Field(default=[], max_length=10, description="ids of files that are whole")
    external_id: RequestExternalId | None = None
    parent_id: Id | None = Field(default=None, description="the request that this one is a part of")
    watchers: list[Id] = Field(default=[], max_length=20, description="users who are told what happens")
    org_unit_id: Id | None = Field(default=None, description="default: the caller's own unit")


class RequestIn(RequestBase):
    """A request, as a caller opens it."""

    opened_at: AwareDatetime | None = Field(default=None, description="when the customer said it; default: now")
    queue_id: Id | None = Field(default=None, description="default: what the routing rules say")


class RequestActionIn(Body):
    """What somebody does to a request."""

    action: Literal["assign", "unassign", "take", "start", "wait", "resume", "resolve", "confirm", "reopen", "merge"]
    to: Id | None = Field(default=None, description="assign: the user; merge: the request that goes on")
    pending_on: Pending | None = Field(default=None, description="wait: for whom")
    note: LongText | None = Field(default=None, description="why; resolve: what solved it")


class RequestOut(Resource):
    """A request, as everybody reads it."""

    type: RequestType
    title: str
    description: str | None
    category: str | None
    severity: Severity
    priority: Priority
    channel: RequestChannel
    contact_id: str | None
    line_id: str | None
    customer_level: str | None = Field(description="the customer's when it was opened")
    area: list[str]
    product: str | None
    language: str | None
    attachments: list[str]
    external_id: RequestExternalId | None
    parent_id: str | None
    watchers: list[str]
    org_unit_id: str | None
    queue_id: str | None
    outage_id: str | None = Field(description="the outage that it is a part of")
    status: RequestStatus
    pending_on: Pending | None
    handler_id: str | None = Field(description="the user who works on it")
    accountable_id: str | None = Field(
        description="the user who took it first: answers for it until the customer has confirmed"
    )
    confirmed: bool = Field(description="the customer has said that it is solved")
    reopened: int
    merged_into: str | None
    solution: str | None
    opened_at: datetime
    responded_at: datetime | None = Field(description="the first public reply")
    resolved_at: datetime | None
    closed_at: datetime | None
    response_due_at: datetime | None = Field(description="when the first response is due; null while it is paused")
    resolution_due_at: datetime | None
    response_in_time: bool | None = Field(description="null: nothing was promised, or not decided yet")
    resolution_in_time: bool | None
    rating: int | None = Field(description="what the customer has answered in the survey: satisfaction, 1 to 5")
    recommends: int | None = Field(description="how likely they are to recommend the operator, 0 to 10")
    rated_at: datetime | None
    articles: list[str] = Field(description="articles of the knowledge base that have solved it")
