"""Memberships on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Shown
from modules.contacts.people.schemas import ContactOut, ExternalId

MAX_MEMBERS = 500

ContactId = Annotated[str, Field(min_length=1, max_length=40)]


class MembersIn(Body):
    """Customers to put on a list or to take off it, by our ids or by external ones; at most 500 in all."""

    add: list[ContactId] = Field(default=[], max_length=MAX_MEMBERS)
    add_external: list[ExternalId] = Field(default=[], max_length=MAX_MEMBERS)
    remove: list[ContactId] = Field(default=[], max_length=MAX_MEMBERS)
    remove_external: list[ExternalId] = Field(default=[], max_length=MAX_MEMBERS)


class SegmentMemberOut(Shown):
    """A customer in a segment."""

    since: datetime
    contact: ContactOut


class SegmentChangeOut(Shown):
    """That a customer joined or left."""

    contact_id: str
    change: Literal["joined", "left"]
    at: datetime


class MembershipOut(Shown):
    """A segment that a customer is in."""

    segment_id: str
    name: str
    since: datetime
