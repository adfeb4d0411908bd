"""Outages on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Resource, Shown
from modules.service_analysis.requests.schemas import AreaName, CategoryPath, Line200, LongText, Word


class OutageIn(Body):
    """An incident. All that it names must hold for a request to belong to it; it names at least one."""

    title: Line200 = Field(examples=["No broadband in Acworth"])
    area: list[AreaName] = Field(
        default=[],
        max_length=4,
        description="with all below it, down to a site",
        examples=[["Georgia", "Acworth"]],
    )
    category: CategoryPath | None = Field(default=None, description="with all below it")
    product: Word | None = None
    began_at: AwareDatetime | None = Field(default=None, description="default: now")
    due_at: AwareDatetime | None = Field(default=None, description="by when it is to be over: one clock for all")


class OutageChanges(Body):
    """What can be said of an outage while it lasts; what it is about stays."""

    title: Line200
    due_at: AwareDatetime | None = None


class AnnouncementIn(Body):
    """What all are told whose requests belong to the outage."""

    answer: LongText = Field(examples=["A cable was cut. We expect to have you back online by 18:00."])


class ClosingIn(Body):
    """How an outage ended."""

    solution: LongText | None = Field(
        default=None, description="noted in each request that it settles", examples=["The cable is mended."]
    )


class OutageOut(Resource):
    """An outage, as everybody reads it."""

    title: str
    area: list[str]
    category: str | None
    product: str | None
    status: Literal["open", "announced", "closed"]
    began_at: datetime
    due_at: datetime | None
    in_time: bool | None = Field(description="null while it lasts, and when nobody said by when")
    answer: str | None
    announced_at: datetime | None
    solution: str | None
    closed_at: datetime | None
    job_id: str = Field(description="what goes over its requests: links, answers or settles them")


class OutageCustomer(Shown):
    """A customer who is affected."""

    contact_id: str | None = Field(description="null: nobody knows who asked")
    customer_level: str | None
    request_ids: list[str]
    since: datetime = Field(description="when they first said so")
    hours: float = Field(description="from then until the outage ended, or until now: for so long they are owed credit")
