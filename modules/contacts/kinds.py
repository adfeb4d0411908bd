"""The kinds of contacts, with the names of its permissions and features that routes ask for."""

import re
from datetime import date
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

READ: Final = "contacts:read"
WRITE: Final = "contacts:write"
DELETE: Final = "contacts:delete"
SENSITIVE: Final = "contacts:read_sensitive"
CONFIGURE: Final = "contacts:configure"
IMPORT: Final = "contacts:import"
EXPORT: Final = "contacts:export"
MERGE_CONTACTS: Final = "contacts:merge"
DUPLICATES: Final = "duplicates"
IMPORT_EXPORT: Final = "import_export"
SEGMENT_WRITE: Final = "contacts:segment"
SEGMENTS: Final = "segments"
CONSENTS: Final = "consents"
SUBJECT_EXPORT: Final = "contacts:subject_export"
ERASE_SUBJECT: Final = "contacts:erase_subject"
CONSENT_EXPIRY: Final = "contacts.consent_expiry"
LOAD_USAGE: Final = "contacts:load_usage"
DATA_QUALITY: Final = "contacts:data_quality"

STATUSES: Final = ("prospect", "joined", "active", "suspended", "churned")
TYPES: Final = ("individual", "organization")


MONTH: Final = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"
StoredDate = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


def day(text: str) -> StoredDate:
    """A date, YYYY-MM-DD, as it is stored; raises ValueError."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(text)
    return text


StoredMonth = Annotated[str, WithJsonSchema({"type": "string", "pattern": MONTH})]
_MONTH_FORM: Final = re.compile(MONTH)


def month(text: str) -> StoredMonth:
    """A month, YYYY-MM, as it is stored; raises ValueError."""
    if not _MONTH_FORM.fullmatch(text):
        raise ValueError(text)
    return text


def yes_or_no(text: str) -> bool:
    """``true`` or ``false``; raises ValueError."""
    return OneOf(("true", "false"))(text) == "true"


CREATED = Filter("created_at", RANGE, read_instant)

SEARCHES: Final = (
    "Search: contacts that have all these words. A word is any part of a Chinese name, its pinyin (`zhangsanfeng`), "
    "initials (`zsf`) or both (`zhangsf`); the beginning of a word of a name, of an e-mail address, of an external id, "
    "of a line's account or contract; or the last three or more digits of a phone number, MSISDN, ICCID, IMSI or IMEI, "
    f"for callers with `{SENSITIVE}`. Case and accents make no difference. Whole words come first, then the newest; "
    "`sort` orders by creation instead. A call reads at most 500 index entries and says `truncated_scan` when there "
    "were more. Changes are found within seconds."
)
CONTACT = Kind(
    name="contact",
    prefix="cnt",
    shown_at="/v1/contacts/{contact_id}",
    merges=True,
    listed_by=ByIndex(),
    reads=True,
    listing=Listing(
        filters=(
            Filter("status", EQUALITY, OneOf(STATUSES), counted=True),
            Filter("type", EQUALITY, OneOf(TYPES), counted=True),
            Filter("city", WORDS, path="addresses.city"),
            Filter("postal_code", WORDS, path="addresses.postal_code"),
            Filter("tag", EQUALITY, path="tags"),
            Filter("value_tier"),
            Filter("churn_category"),
            Filter("owner_id"),
            Filter("parent_id"),
            Filter("household_id"),
            Filter("external_system", EQUALITY, path="external_ids.system"),
            Filter("email", EQUALITY, path="emails", folded=True),
            Filter("phone", EQUALITY, path="phones", permission=SENSITIVE),
            Filter("birth_date", RANGE, day, permission=SENSITIVE),
            # What the segment's partition answers (segment_pages/service.py): no attribute of a contact holds it.
            Filter("segment_id", frozenset({Op.EQ}), path="id"),
            Filter("do_not_contact", frozenset({Op.EQ}), yes_or_no),
            CREATED,
        ),
        indexed={"status": Index.STATE, "owner_id": Index.OWNER},
        looked_up={"parent_id": "parent", "household_id": "household"},
        counted_by="contact_held",
        searches=SEARCHES,
        own="modules.contacts.custom_fields.service:contact_filters",
    ),
    # Everything that says who somebody is, or that a person wrote freely.
    personal=frozenset(
        {
            "name",
            "given_name",
            "family_name",
            "external_ids",
            "emails",
            "phones",
            "addresses",
            "birth_date",
            "gender",
            "id_document",
            "id_document_hash",
            "language",
            "preferred_hours",
            "churn_reason",
            "churn_category",
            "tags",
            "source",
            "interest",
            "qualification",
            "do_not_contact_reason",
            "custom",
        }
    ),
    # Says nothing outside: without this deployment's keys nobody can tell whose it is.
    secret=frozenset({"id_document_hash"}),
)

HOUSEHOLD = Kind(
    name="household",
    prefix="hsh",
    shown_at="/v1/contacts/households/{household_id}",
    listed_by=ByIndex(),
    listing=Listing(filters=(Filter("owner_id"), CREATED), indexed={"owner_id": Index.OWNER}),
    personal=frozenset({"name", "address"}),
)
# Changes whenever somebody joins a household, so that one who finds it empty can tell whether it still is.
ROSTER = Kind(name="household_roster", listed_by=ComputedFrom("household"), exported=False)

LINE = Kind(
    name="line",
    prefix="lin",
    shown_at="/v1/contacts/{contact_id}/lines/{line_id}",
    listed_by=ByIndex(),
    reads=True,
    listing=Listing(
        filters=(
            Filter("status", EQUALITY, OneOf(("active", "suspended", "ended")), counted=True),
            Filter("product", WORDS),
            Filter("outlet_id"),
            CREATED,
        ),
        indexed={"status": Index.STATE},
        counted_by="line_held",
        own="modules.contacts.custom_fields.service:line_filters",
    ),
    personal=frozenset({"msisdn", "iccid", "imsi", "imei", "account", "contract", "custom"}),
)
# Who held a number from when until when: with the one who held it, so that it goes where that one goes.
HOLDING = Kind(name="holding", listed_by=ComputedFrom("contact"), personal=frozenset({"value"}))

INTERACTION = Kind(
    name="interaction",
    prefix="int",
    shown_at="/v1/contacts/{contact_id}/interactions/{interaction_id}",
    listed_by=ByIndex(),
    personal=frozenset({"summary", "title", "agent", "outcome", "link"}),
)

CONSENT = Kind(
    name="consent",
    prefix="cns",
    listed_by=ByIndex(),
    reads=True,
    personal=frozenset({"source", "evidence"}),
)
CONSENT_DECISION = Kind(name="consent_decision", listed_by=ComputedFrom("contact"))

SUBJECT_EXPORT_KIND = Kind(
    name="subject_export",
    prefix="sbx",
    listed_by=ByIndex(),
    shown_at="/v1/contacts/{contact_id}/subject-export/{subject_export_id}",
)
SUBJECT_ERASURE = Kind(name="subject_erasure", prefix="sbe", listed_by=ByIndex(), personal=frozenset({"reason"}))
SUBJECT_NOTE = Kind(name="subject_note", listed_by=ComputedFrom("*"), exported=False)
KEPT_FIGURES = Kind(name="kept_figures", listed_by=ByPartition())
OF_PRIVACY = (SUBJECT_EXPORT_KIND, SUBJECT_ERASURE, SUBJECT_NOTE, KEPT_FIGURES)

CUSTOM_FIELD = Kind(
    name="custom_field",
    prefix="cfd",
    listed_by=ByIndex(),
    shown_at="/v1/contacts/custom-fields/{field_id}",
    listing=Listing(filters=(Filter("entity", EQUALITY, OneOf(("contact", "line"))),)),
    reads=True,
)
# What other modules tell of a customer, in the customer's own partition.
BADGE = Kind(name="badge", listed_by=ComputedFrom("contact"), reads=True)
SEGMENT_ATTRIBUTE = Kind(name="segment_attribute", listed_by=ComputedFrom("contact"), reads=True)
EXCLUSION_REASON = Kind(name="exclusion_reason", listed_by=ComputedFrom("contact"), reads=True)
CUSTOMER_LEVEL = Kind(name="customer_level", listed_by=ComputedFrom("contact"), reads=True)
TIMELINE_ENTRY = Kind(name="timeline_entry", listed_by=ComputedFrom("contact"), reads=True)

# A customer's months, and the newest of them per line or account. Core counts a tenant's own usage under «usage».
USAGE_SNAPSHOT = Kind(name="usage_snapshot", listed_by=ComputedFrom("contact"), reads=True)
BILL = Kind(name="bill", listed_by=ComputedFrom("contact"), reads=True)
USAGE_LOAD = Kind(
    name="usage_load",
    prefix="usl",
    listed_by=ByIndex(),
    shown_at="/v1/contacts/usage/loads/{load_id}",
    listing=Listing(
        filters=(Filter("month", RANGE, month), Filter("restated", EQUALITY, yes_or_no), CREATED),
        indexed={"month": Index.STATE},
    ),
)
SEGMENT = Kind(
    name="segment",
    prefix="seg",
    shown_at="/v1/segments/{segment_id}",
    listed_by=ByIndex(),
    reads=True,
    listing=Listing(filters=(Filter("kind", parse=OneOf(("rules", "static")), path="rests_on"), CREATED)),
    # A rule may name somebody: a phone number, a birth date.
    personal=frozenset({"rule"}),
)
# Who is in a segment, how many, and the rules that are in force: in the segments' partitions, and on a shelf.
SEGMENT_MEMBERSHIP = Kind(name="segment_membership", listed_by=ComputedFrom("segment"), reads=True)
SEGMENT_SIZE = Kind(name="segment_size", listed_by=ComputedFrom("segment"), exported=False)
RULE_BOOK = Kind(name="rule_book", listed_by=ByPartition(), exported=False)
# In the customer's partition: what the customer was found to be, and when that changed.
ASSESSMENT = Kind(name="assessment", listed_by=ComputedFrom("contact"), exported=False)
SEGMENT_CHANGE = Kind(name="segment_change", listed_by=ComputedFrom("contact"))
OF_SEGMENTS = (SEGMENT, SEGMENT_MEMBERSHIP, SEGMENT_SIZE, RULE_BOOK, ASSESSMENT, SEGMENT_CHANGE)

# What a report has found is long, and its event says that there is something.
DATA_QUALITY_REPORT = Kind(
    name="data_quality_report",
    prefix="dqr",
    listed_by=ByIndex(),
    shown_at="/v1/contacts/data-quality/reports/{report_id}",
    personal=frozenset({"result"}),
)

MERGE_STATES: Final = ("moving", "merged", "unmerging", "unmerged")
MERGE = Kind(
    name="merge",
    prefix="mrg",
    shown_at="/v1/contacts/merges/{merge_id}",
    listed_by=ByIndex(),
    listing=Listing(
        filters=(Filter("status", EQUALITY, OneOf(MERGE_STATES)), Filter("loser_id"), Filter("contact_id"), CREATED),
        indexed={"status": Index.STATE},
    ),
)
MERGE_ORIGINAL = Kind(
    name="merge_original", listed_by=ComputedFrom("contact"), personal=frozenset({"content", "given"})
)
MERGE_DISPLACED = Kind(name="merge_displaced", listed_by=ComputedFrom("contact"), personal=frozenset({"content"}))
MERGE_REFERENCES = Kind(name="merge_references", listed_by=ComputedFrom("contact"))

CLUSTER_STATES: Final = ("open", "merged", "dismissed")
CLUSTER = Kind(
    name="duplicate_cluster",
    prefix="dup",
    shown_at="/v1/contacts/duplicates/{cluster_id}",
    listed_by=ByIndex(),
    listing=Listing(
        filters=(Filter("status", EQUALITY, OneOf(CLUSTER_STATES)), CREATED), indexed={"status": Index.STATE}
    ),
)
CONTACT_SETTINGS = Kind(name="contact_settings", prefix="cst", listed_by=ByPartition())
OF_MERGING = (MERGE, MERGE_ORIGINAL, MERGE_DISPLACED, MERGE_REFERENCES, CLUSTER, CONTACT_SETTINGS)

CONTRIBUTED = (BADGE, SEGMENT_ATTRIBUTE, EXCLUSION_REASON, CUSTOMER_LEVEL)
