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
    ByPartition,
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
    Text,
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
_PLACE: Final = frozenset({"contact_id", "unit_path", "owner_id"})
_BY_PROJECTION: Final = "chalicelib.search.projection:postings_of"
_CONTACT_WORDS: Final = frozenset({"type", "name", "given_name", "family_name", "external_ids", "emails", "phones"})
_LINE_WORDS: Final = frozenset({"status", "msisdn", "iccid", "imsi", "imei", "account", "contract"})

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
            Filter("external_system", EQUALITY, path="external_ids.system"),
            Filter("email", EQUALITY, path="emails", folded=True),
            Filter("phone", EQUALITY, path="phones", permission=SENSITIVE),
            Filter("birth_date", RANGE, day, permission=SENSITIVE),
            CREATED,
        ),
        indexed={"status": Index.STATE, "owner_id": Index.OWNER},
        counted_by="contact_held",
        searches=SEARCHES,
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
            "language",
            "preferred_hours",
            "churn_reason",
            "interest",
            "custom",
        }
    ),
)

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
    ),
    personal=frozenset({"msisdn", "iccid", "imsi", "imei", "account", "contract"}),
)

INTERACTION = Kind(
    name="interaction",
    prefix="int",
    shown_at="/v1/contacts/{contact_id}/interactions/{interaction_id}",
    listed_by=ByIndex(),
    personal=frozenset({"summary", "title"}),
)

CUSTOM_FIELD = Kind(
    name="custom_field", prefix="cfd", listed_by=ByIndex(), shown_at="/v1/contacts/custom-fields/{field_id}"
)
# What other modules tell of a customer, in the customer's own partition.
BADGE = Kind(name="badge", listed_by=ComputedFrom("contact"), reads=True)
SEGMENT_ATTRIBUTE = Kind(name="segment_attribute", listed_by=ComputedFrom("contact"), reads=True)
EXCLUSION_REASON = Kind(name="exclusion_reason", listed_by=ComputedFrom("contact"), reads=True)
CUSTOMER_LEVEL = Kind(name="customer_level", listed_by=ComputedFrom("contact"), reads=True)
TIMELINE_ENTRY = Kind(name="timeline_entry", listed_by=ComputedFrom("contact"), reads=True)

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

CONTRIBUTED = (BADGE, SEGMENT_ATTRIBUTE, EXCLUSION_REASON, CUSTOMER_LEVEL)

MANIFEST = Manifest(
    name="contacts",
    titles=Text("Contacts", "客户统一视图"),
    version="0.1.0",
    paths=("contacts", "lines", "interactions"),
    kinds=(
        CONTACT,
        LINE,
        INTERACTION,
        CUSTOM_FIELD,
        TIMELINE_ENTRY,
        *CONTRIBUTED,
        MERGE,
        MERGE_ORIGINAL,
        MERGE_DISPLACED,
        MERGE_REFERENCES,
        CLUSTER,
        CONTACT_SETTINGS,
    ),
    permissions=(
        Permission(READ, Text("See contacts", "查看客户")),
        Permission(WRITE, Text("Create and change contacts", "新建与修改客户")),
        Permission(DELETE, Text("Delete contacts", "删除客户")),
        Permission(SENSITIVE, Text("See phone numbers and birth dates", "查看电话号码与出生日期")),
        Permission(CONFIGURE, Text("Define custom fields", "定义自定义字段")),
        Permission(IMPORT, Text("Create and change contacts by importing files", "通过文件导入新建与修改客户")),
        Permission(EXPORT, Text("Export contacts to files", "将客户导出为文件")),
        Permission(MERGE_CONTACTS, Text("Find, merge and separate duplicates", "查找、合并与拆分重复客户")),
    ),
    features=(
        Feature("lines", Text("Lines", "号码与线路")),
        Feature("interactions", Text("Interactions and timeline", "交互记录与时间线")),
        Feature("custom_fields", Text("Custom fields", "自定义字段")),
        Feature(IMPORT_EXPORT, Text("Import and export", "导入与导出")),
        Feature(DUPLICATES, Text("Duplicates", "重复客户")),
    ),
    jobs=(
        JobType(
            "contacts.import", Text("Import of contacts", "导入客户"), "modules.contacts.imports.service:import_step"
        ),
        JobType(
            "contacts.export", Text("Export of contacts", "导出客户"), "modules.contacts.exports.service:export_step"
        ),
        JobType(
            "contacts.merge",
            Text("Merge of two contacts", "合并客户"),
            "modules.contacts.merges.handlers:merge_step",
            given_up="modules.contacts.merges.handlers:take_over",
        ),
        JobType(
            "contacts.unmerge",
            Text("Separation of two merged contacts", "拆分已合并客户"),
            "modules.contacts.merges.handlers:unmerge_step",
            given_up="modules.contacts.merges.handlers:take_over",
        ),
        JobType(
            "contacts.preview_merge",
            Text("Count of what a merge would re-point", "统计合并将转移的数据"),
            "modules.contacts.merges.handlers:preview_step",
        ),
        JobType(
            "contacts.scan_duplicates",
            Text("Search for duplicates", "查找重复客户"),
            "modules.contacts.duplicates.handlers:scan_step",
        ),
        JobType(
            "contacts.claim_keys",
            Text("Making e-mails or phones unique", "启用邮箱或电话唯一"),
            "modules.contacts.unique_keys.handlers:claim_step",
        ),
    ),
    handlers=(
        Handler(
            "follow_duplicates",
            HandlerKind.MAINTAINS,
            ("contact.redirected", "contact.deleted"),
            "modules.contacts.duplicates.handlers:follow",
        ),
    ),
    projections=(
        Projection("search", CONTACT.name, _CONTACT_WORDS | _PLACE, _BY_PROJECTION),
        Projection("search_by_line", LINE.name, _LINE_WORDS | _PLACE, _BY_PROJECTION),
    ),
    meters=(Meter("contacts_held", "contacts", Text("Contacts held", "客户数量")),),
    events=(
        "contact.created",
        "contact.updated",
        "contact.deleted",
        "contact.relocated",
        "contact.reassigned",
        "line.created",
        "line.updated",
        "line.relocated",
        "line.reassigned",
        "interaction.created",
        "interaction.relocated",
        "interaction.reassigned",
        "custom_field.created",
        "custom_field.updated",
        "contact.merged",
        "contact.redirected",
        "contact.unmerged",
        "contact.restored",
        "contact.claimed",
        "line.moved",
        "interaction.moved",
        "merge.created",
        "merge.updated",
        "merge.relocated",
        "merge.reassigned",
        "merge.moved",
        "duplicate_cluster.created",
        "duplicate_cluster.updated",
        "duplicate_cluster.deleted",
        "contact_settings.created",
        "contact_settings.updated",
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
    offers={
        Port.TIMELINE_ENTRY: (TIMELINE_ENTRY.name,),
        Port.BADGE: (BADGE.name,),
        Port.SEGMENT_ATTRIBUTE: (SEGMENT_ATTRIBUTE.name,),
        Port.EXCLUSION_REASON: (EXCLUSION_REASON.name,),
        Port.CUSTOMER_LEVEL: (CUSTOMER_LEVEL.name,),
    },
)
