"""What contacts declares of itself."""

from datetime import date
from typing import Annotated, Final

from pydantic import WithJsonSchema

from chalicelib.after_write import Fact, Handler, HandlerKind, Projection
from chalicelib.clock import read_instant
from chalicelib.modules import (
    EQUALITY,
    RANGE,
    WORDS,
    ByIndex,
    ComputedFrom,
    Feature,
    Filter,
    Index,
    JobType,
    Kind,
    Listing,
    Manifest,
    Meter,
    OneOf,
    Permission,
    Port,
    Protocol,
    Text,
)

READ: Final = "contacts:read"
WRITE: Final = "contacts:write"
DELETE: Final = "contacts:delete"
SENSITIVE: Final = "contacts:read_sensitive"
CONFIGURE: Final = "contacts:configure"
IMPORT: Final = "contacts:import"
EXPORT: Final = "contacts:export"
IMPORT_EXPORT: Final = "import_export"

STATUSES: Final = ("prospect", "joined", "active", "suspended", "churned")
TYPES: Final = ("individual", "organization")


StoredDate = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]


def day(text: str) -> StoredDate:
    """A date, YYYY-MM-DD, as it is stored; raises ValueError."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(text)
    return text


CREATED = Filter("created_at", RANGE, read_instant)

SEARCHES: Final = (
    "Search: contacts that have all these words. A word is any part of a Chinese name, its pinyin (`zhangsanfeng`), "
    "initials (`zsf`) or both (`zhangsf`); the beginning of a word of a name, of an e-mail address, of an external id, "
    "of a line's account or contract; or the last three or more digits of a phone number, MSISDN, ICCID, IMSI or IMEI, "
    f"for callers with `{SENSITIVE}`. Case and accents make no difference. Whole words come first, then the newest; "
    "`sort` orders by creation instead. A call reads at most 500 index entries and says `truncated_scan` when there "
    "were more. Changes are found within seconds."
)
# What Contact.found_by and Line.found_by say, and where the record stands.
_PLACE: Final = frozenset({"unit_path", "owner_id"})
_BY_PROJECTION: Final = "chalicelib.search.projection:postings_of"
_CONTACT_WORDS: Final = frozenset({"type", "name", "given_name", "family_name", "external_ids", "emails", "phones"})
_LINE_WORDS: Final = frozenset({"status", "msisdn", "iccid", "imsi", "imei", "account", "contract"})

CONTACT = Kind(
    name="contact",
    prefix="cnt",
    shown_at="/v1/contacts/{contact_id}",
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
            "interest",
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
    personal=frozenset({"summary", "title"}),
)

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

CONTRIBUTED = (BADGE, SEGMENT_ATTRIBUTE, EXCLUSION_REASON, CUSTOMER_LEVEL)

MANIFEST = Manifest(
    name="contacts",
    titles=Text("Contacts", "客户统一视图"),
    version="0.1.0",
    paths=("contacts", "lines", "interactions"),
    kinds=(CONTACT, HOUSEHOLD, ROSTER, LINE, HOLDING, INTERACTION, CUSTOM_FIELD, TIMELINE_ENTRY, *CONTRIBUTED),
    permissions=(
        Permission(READ, Text("See contacts", "查看客户")),
        Permission(WRITE, Text("Create and change contacts", "新建与修改客户")),
        Permission(DELETE, Text("Delete contacts", "删除客户")),
        Permission(SENSITIVE, Text("See phone numbers and birth dates", "查看电话号码与出生日期")),
        Permission(CONFIGURE, Text("Define custom fields", "定义自定义字段")),
        Permission(IMPORT, Text("Create and change contacts by importing files", "通过文件导入新建与修改客户")),
        Permission(EXPORT, Text("Export contacts to files", "将客户导出为文件")),
    ),
    features=(
        Feature("lines", Text("Lines", "号码与线路")),
        Feature("interactions", Text("Interactions and timeline", "交互记录与时间线")),
        Feature("custom_fields", Text("Custom fields", "自定义字段")),
        Feature(IMPORT_EXPORT, Text("Import and export", "导入与导出")),
    ),
    jobs=(
        JobType(
            "contacts.import", Text("Import of contacts", "导入客户"), "modules.contacts.imports.service:import_step"
        ),
        JobType(
            "contacts.export", Text("Export of contacts", "导出客户"), "modules.contacts.exports.service:export_step"
        ),
    ),
    projections=(
        Projection("search", CONTACT.name, _CONTACT_WORDS | _PLACE, _BY_PROJECTION),
        Projection("search_by_line", LINE.name, _LINE_WORDS | _PLACE, _BY_PROJECTION),
    ),
    handlers=(
        # An entry of type «change» is the record of that change: it is kept whatever the subscription says.
        Handler(
            "tell_changes",
            HandlerKind.MAINTAINS,
            (
                "contact.created",
                "contact.updated",
                "contact.reassigned",
                "contact.merged",
                "contact.unmerged",
                "line.created",
                "line.updated",
                "line.transferred",
                "consent.created",
                "consent.updated",
            ),
            "modules.contacts.interactions.handlers:tell_changes",
        ),
        Handler(
            "forget_changes",
            HandlerKind.MAINTAINS,
            ("contact.deleted",),
            "modules.contacts.interactions.handlers:forget_changes",
        ),
    ),
    implements={Protocol.REBUILD: "modules.contacts.interactions.handlers:rebuild"},
    meters=(Meter("contacts_held", "contacts", Text("Contacts held", "客户数量")),),
    events=(
        "contact.created",
        "contact.updated",
        "contact.deleted",
        "contact.relocated",
        "contact.reassigned",
        "household.created",
        "household.updated",
        "household.deleted",
        "household.relocated",
        "household.reassigned",
        "line.created",
        "line.updated",
        "line.transferred",
        "line.relocated",
        "line.reassigned",
        "interaction.created",
        "interaction.relocated",
        "interaction.reassigned",
        "custom_field.created",
        "custom_field.updated",
    ),
    facts=(
        Fact(
            "contact_held",
            "contact",
            "modules.contacts.people.derived:held",
            dimensions=("status", "type"),
            watches=frozenset({"status", "type", "unit_path"}),
            shards=4,
        ),
        Fact(
            "line_held",
            "line",
            "modules.contacts.lines.derived:held",
            dimensions=("status",),
            watches=frozenset({"status", "unit_path"}),
            shards=4,
        ),
    ),
    adds="modules.contacts.custom_fields.public:additions",
    offers={
        Port.TIMELINE_ENTRY: (TIMELINE_ENTRY.name,),
        Port.BADGE: (BADGE.name,),
        Port.SEGMENT_ATTRIBUTE: (SEGMENT_ATTRIBUTE.name,),
        Port.EXCLUSION_REASON: (EXCLUSION_REASON.name,),
        Port.CUSTOMER_LEVEL: (CUSTOMER_LEVEL.name,),
    },
)
