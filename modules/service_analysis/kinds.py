"""The kinds of service_analysis, with the names of its permissions and features that routes ask for."""

from typing import Annotated, Final

from pydantic import WithJsonSchema

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
IMPORT: Final = "service_analysis:import"
SLA: Final = "sla"
SEND_SURVEYS: Final = "service_analysis:send_surveys"
SATISFACTION: Final = "satisfaction"
PUBLISH: Final = "service_analysis:publish"
KNOWLEDGE_BASE: Final = "knowledge_base"
MANAGE_OUTAGES: Final = "service_analysis:outage"

TYPES: Final = ("inquiry", "complaint", "fault", "service_request", "suggestion", "order_follow_up")
STATUSES: Final = ("new", "assigned", "in_progress", "pending", "resolved", "closed")
SEVERITIES: Final = ("critical", "major", "minor", "info")
PRIORITIES: Final = ("urgent", "high", "normal", "low")
CHANNELS: Final = ("store", "phone", "email", "sms", "web", "app", "chat", "visit", "social", "letter", "regulator")
ENTRY_TYPES: Final = ("note", "reply", "message", "step")
VISIBILITIES: Final = ("open", "staff", "unpublished")
VERSION_STATES: Final = ("draft", "review", "published", "expired")
SURVEY_STATES: Final = ("waiting", "answered", "expired")

StoredRating = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5})]


def rating(text: str) -> StoredRating:
    """A rating, 1 to 5; raises ValueError."""
    return int(OneOf(("1", "2", "3", "4", "5"))(text))


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
            Filter("solved_by", _ONE, path="articles"),
            Filter("outage_id"),
            Filter("opened_at", RANGE, read_instant),
            CREATED,
        ),
        indexed={"status": Index.STATE, "handler_id": Index.OWNER},
        # Who waits in a queue: its open requests that nobody has.
        looked_up={
            "contact_id": "request_of_contact",
            "parent_id": "request_below",
            "merged_into": "request_merged_into",
            "outage_id": "request_of_outage",
            "waiting_in": "request_waiting_in",
            "solved_by": "request_solved_by",
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

CALENDAR: Final = Kind(
    name="service_calendar",
    prefix="cal",
    listed_by=ByIndex(),
    shown_at="/v1/service/calendars/{calendar_id}",
    listing=Listing(),
)
# Each state of a calendar stays for ever: ledgers count by it.
CALENDAR_STATE: Final = Kind(name="service_calendar_state", listed_by=ByPartition())
POLICY: Final = Kind(
    name="sla_policy",
    prefix="slp",
    listed_by=ByIndex(),
    shown_at="/v1/service/sla-policies/{policy_id}",
    listing=Listing(filters=(Filter("category", WORDS),)),
)
CLOCK: Final = Kind(name="request_clock", listed_by=ComputedFrom("request"))
SURVEY: Final = Kind(
    name="survey",
    prefix="srv",
    shown_at="/v1/surveys/{survey_id}",
    listed_by=ByIndex(),
    listing=Listing(
        filters=(
            Filter("status", EQUALITY, OneOf(SURVEY_STATES)),
            Filter("rating", RANGE, rating),
            Filter("request_id", _ONE),
            Filter("contact_id"),
            Filter("handler_id"),
            Filter("type", EQUALITY, OneOf(TYPES)),
            Filter("category", WORDS),
            Filter("area", WORDS),
            CREATED,
        ),
        indexed={"status": Index.STATE, "handler_id": Index.OWNER},
        looked_up={"request_id": "survey_of_request", "contact_id": "survey_of_contact"},
    ),
    # What a link is made of stays in the house: in no event, and in no export.
    personal=frozenset({"comment", "nonce"}),
    secret=frozenset({"nonce"}),
)
_ARTICLE_SEARCHES: Final = (
    "Search: articles of which one published text has all these words, in its title, its terms or among those "
    "words of its body that say most. English words are found by their beginning and in other forms (`charges` finds "
    "`charged`), Chinese ones by any two characters. Titles come first, then the newest; `sort` orders by creation "
    "instead. A call reads at most 500 index entries and says `truncated_scan` when there were more. Changes are found "
    "within seconds."
)
ARTICLE: Final = Kind(
    name="article",
    prefix="art",
    shown_at="/v1/articles/{article_id}",
    listed_by=ByIndex(),
    listing=Listing(
        filters=(
            Filter("visibility", EQUALITY, OneOf(VISIBILITIES)),
            Filter("category", WORDS),
            Filter("language", EQUALITY, path="languages"),
            Filter("from_request", _ONE),
            CREATED,
        ),
        indexed={"visibility": Index.STATE},
        looked_up={"category": "article_in_category"},
        searches=_ARTICLE_SEARCHES,
    ),
)
VERSION: Final = Kind(
    name="article_version",
    prefix="arv",
    shown_at="/v1/articles/{article_id}/versions/{version_id}",
    listed_by=ByIndex(),
    listing=Listing(
        filters=(
            Filter("status", frozenset({Op.EQ, Op.IN}), OneOf(VERSION_STATES)),
            Filter("language", frozenset({Op.EQ, Op.IN})),
        )
    ),
    # Texts are read where they stand: events name them.
    personal=frozenset({"title", "body", "terms", "note"}),
)
TALLY: Final = Kind(name="article_tally", listed_by=ComputedFrom(ARTICLE.name))
WORD: Final = Kind(name="article_word", listed_by=ComputedFrom(VERSION.name), exported=False)
QUEUE: Final = Kind(
    name="service_queue",
    prefix="svq",
    listed_by=ByIndex(),
    shown_at="/v1/service/queues/{queue_id}",
    listing=Listing(filters=(Filter("member", path="members.user_id"),)),
)
ROUTING_RULE: Final = Kind(
    name="routing_rule",
    prefix="rrl",
    listed_by=ByIndex(),
    shown_at="/v1/service/routing-rules/{rule_id}",
    listing=Listing(filters=(Filter("queue_id"),)),
)
ROUTING_TURN: Final = Kind(name="routing_turn", listed_by=ByPartition(), exported=False)
OUTAGE_STATUSES: Final = ("open", "announced", "closed")
OUTAGE: Final = Kind(
    name="outage",
    prefix="out",
    listed_by=ByIndex(),
    shown_at="/v1/outages/{outage_id}",
    listing=Listing(
        filters=(
            Filter("status", EQUALITY, OneOf(OUTAGE_STATUSES)),
            Filter("area", WORDS),
            Filter("began_at", RANGE, read_instant),
            CREATED,
        ),
        indexed={"status": Index.STATE},
    ),
)
OUTAGE_AFFECTED: Final = Kind(name="outage_affected", listed_by=ComputedFrom("request"), listing=Listing())
# A customer's complaints by month and year, and under which of them each request is counted.
COMPLAINER: Final = Kind(name="complainer", listed_by=ByIndex(), exported=False)
COMPLAINT_NOTE: Final = Kind(name="complaint_note", listed_by=ComputedFrom("request"), exported=False)
