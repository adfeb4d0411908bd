"""The kinds of service_analysis, with the names of its permissions and features that routes ask for."""

from typing import Final

from chalicelib.clock import read_instant
from chalicelib.modules import (
    EQUALITY,
    RANGE,
    WORDS,
    ByIndex,
    ByPartition,
    ComputedFrom,
    Filter,
    Index,
    Kind,
    Listing,
    OneOf,
    Op,
)

READ: Final = "service_analysis:read"
WRITE: Final = "service_analysis:write"
CONFIGURE: Final = "service_analysis:configure"

TYPES: Final = ("inquiry", "complaint", "fault", "service_request", "suggestion", "order_follow_up")
STATUSES: Final = ("new", "assigned", "in_progress", "pending", "resolved", "closed")
SEVERITIES: Final = ("critical", "major", "minor", "info")
PRIORITIES: Final = ("urgent", "high", "normal", "low")
CHANNELS: Final = ("store", "phone", "email", "sms", "web", "app", "chat", "visit", "social", "letter", "regulator")
ENTRY_TYPES: Final = ("note", "reply", "message", "step")

CREATED: Final = Filter("created_at", RANGE, read_instant)
_ONE: Final = frozenset({Op.EQ})

REQUEST: Final = Kind(
    name="request",
    prefix="req",
    shown_at="/v1/requests/{request_id}",
    listed_by=ByIndex(),
    reads=True,
    listing=Listing(
        filters=(
            Filter("status", EQUALITY, OneOf(STATUSES), counted=True),
            Filter("type", EQUALITY, OneOf(TYPES)),
            Filter("severity", EQUALITY, OneOf(SEVERITIES)),
            Filter("priority", EQUALITY, OneOf(PRIORITIES)),
            Filter("channel", EQUALITY, OneOf(CHANNELS)),
            Filter("category", WORDS),
            Filter("area", WORDS),
            Filter("product"),
            Filter("customer_level"),
            Filter("handler_id"),
            Filter("accountable_id", path="first_responder_id"),
            Filter("waiting_in", _ONE, path="queue_id"),
            Filter("contact_id"),
            Filter("line_id"),
            Filter("parent_id"),
            Filter("merged_into"),
            Filter("opened_at", RANGE, read_instant),
            CREATED,
        ),
        indexed={"status": Index.STATE, "handler_id": Index.OWNER},
        # Who waits in a queue: its open requests that nobody has.
        looked_up={
            "contact_id": "request_of_contact",
            "parent_id": "request_below",
            "merged_into": "request_merged_into",
            "waiting_in": "request_waiting_in",
        },
        counted_by="request_held",
    ),
    personal=frozenset({"title", "description", "solution", "external_id"}),
)
ENTRY: Final = Kind(
    name="request_entry",
    prefix="ren",
    listed_by=ByIndex(),
    shown_at="/v1/requests/{request_id}/entries/{entry_id}",
    listing=Listing(filters=(Filter("type", frozenset({Op.EQ, Op.IN}), OneOf(ENTRY_TYPES)),)),
    personal=frozenset({"text"}),
)
CATEGORY: Final = Kind(
    name="request_category",
    prefix="rcg",
    listed_by=ByIndex(),
    shown_at="/v1/service/categories/{category_id}",
    listing=Listing(filters=(Filter("path", WORDS),)),
)
SETTINGS: Final = Kind(name="service_settings", prefix="svs", listed_by=ByPartition())
# A customer's complaints by month and year, and under which of them each request is counted.
COMPLAINER: Final = Kind(name="complainer", listed_by=ByIndex(), exported=False)
COMPLAINT_NOTE: Final = Kind(name="complaint_note", listed_by=ComputedFrom("request"), exported=False)
