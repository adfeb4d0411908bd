"""What contacts declares of itself. Its kinds are in kinds.py."""

from typing import Final

from chalicelib.after_write import Errand, Fact, Handler, HandlerKind, Projection, TimerType
from chalicelib.modules import Feature, JobType, Manifest, Meter, Permission, Port, Protocol, Text
from modules.contacts.kinds import (
    BADGE,
    BILL,
    CONFIGURE,
    CONSENT,
    CONSENT_DECISION,
    CONSENT_EXPIRY,
    CONSENTS,
    CONTACT,
    CONTRIBUTED,
    CUSTOM_FIELD,
    CUSTOMER_LEVEL,
    DELETE,
    EXCLUSION_REASON,
    EXPORT,
    HOLDING,
    HOUSEHOLD,
    IMPORT,
    IMPORT_EXPORT,
    INTERACTION,
    LINE,
    LOAD_USAGE,
    OF_SEGMENTS,
    READ,
    ROSTER,
    SEGMENT_ATTRIBUTE,
    SEGMENT_WRITE,
    SEGMENTS,
    SENSITIVE,
    TIMELINE_ENTRY,
    USAGE_LOAD,
    USAGE_SNAPSHOT,
    WRITE,
)

# What Contact.found_by and Line.found_by say, and where the record stands.
_PLACE: Final = frozenset({"unit_path", "owner_id"})
_BY_PROJECTION: Final = "chalicelib.search.projection:postings_of"
_CONTACT_WORDS: Final = frozenset({"type", "name", "given_name", "family_name", "external_ids", "emails", "phones"})
_LINE_WORDS: Final = frozenset({"status", "msisdn", "iccid", "imsi", "imei", "account", "contract"})

MANIFEST = Manifest(
    name="contacts",
    titles=Text("Contacts", "客户统一视图"),
    version="0.1.0",
    paths=("contacts", "lines", "interactions", "segments"),
    kinds=(
        CONTACT,
        HOUSEHOLD,
        ROSTER,
        LINE,
        HOLDING,
        INTERACTION,
        CONSENT,
        CONSENT_DECISION,
        CUSTOM_FIELD,
        TIMELINE_ENTRY,
        *OF_SEGMENTS,
        *CONTRIBUTED,
        USAGE_SNAPSHOT,
        BILL,
        USAGE_LOAD,
    ),
    permissions=(
        Permission(READ, Text("See contacts", "查看客户")),
        Permission(WRITE, Text("Create and change contacts", "新建与修改客户")),
        Permission(DELETE, Text("Delete contacts", "删除客户")),
        Permission(SENSITIVE, Text("See phone numbers and birth dates", "查看电话号码与出生日期")),
        Permission(CONFIGURE, Text("Define custom fields", "定义自定义字段")),
        Permission(IMPORT, Text("Create and change contacts by importing files", "通过文件导入新建与修改客户")),
        Permission(EXPORT, Text("Export contacts to files", "将客户导出为文件")),
        Permission(LOAD_USAGE, Text("Load usage and bills", "写入用量与账单")),
        Permission(SEGMENT_WRITE, Text("Define segments", "定义客户分群")),
    ),
    features=(
        Feature("lines", Text("Lines", "号码与线路")),
        Feature("interactions", Text("Interactions and timeline", "交互记录与时间线")),
        Feature(CONSENTS, Text("Consent and do-not-contact", "授权同意与免打扰")),
        Feature("custom_fields", Text("Custom fields", "自定义字段")),
        Feature(IMPORT_EXPORT, Text("Import and export", "导入与导出")),
        Feature("usage", Text("Usage and bills", "用量与账单")),
        Feature(SEGMENTS, Text("Segments", "客户分群")),
    ),
    jobs=(
        JobType(
            "contacts.import", Text("Import of contacts", "导入客户"), "modules.contacts.imports.service:import_step"
        ),
        JobType(
            "contacts.import_revert",
            Text("Import of contacts taken back", "撤销客户导入"),
            "modules.contacts.imports.service:revert_step",
        ),
        JobType(
            "contacts.export", Text("Export of contacts", "导出客户"), "modules.contacts.exports.service:export_step"
        ),
        JobType(
            "contacts.usage_import",
            Text("Import of usage", "导入用量"),
            "modules.contacts.usage_imports.service:import_step",
        ),
        JobType(
            "contacts.build_segment",
            Text("Building of a segment", "生成客户分群"),
            "modules.contacts.memberships.handlers:build_step",
            given_up="modules.contacts.memberships.handlers:build_given_up",
        ),
        JobType(
            "contacts.change_members",
            Text("Change of a segment's list", "调整分群名单"),
            "modules.contacts.memberships.handlers:change_members_step",
        ),
        JobType(
            "contacts.clear_segment",
            Text("Clearing of a deleted segment", "清理已删除的分群"),
            "modules.contacts.memberships.handlers:clear_step",
        ),
    ),
    handlers=(
        Handler(
            "keep_segments",
            HandlerKind.MAINTAINS,
            ("contact.*", "line.*"),
            "modules.contacts.memberships.handlers:reassess_subject",
        ),
        Handler(
            "keep_segments_by_usage",
            HandlerKind.MAINTAINS,
            ("usage_load.created",),
            "modules.contacts.memberships.handlers:reassess_used",
        ),
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
    timers=(
        # Maintains: a consent is over at its time, whatever the subscription says.
        TimerType(CONSENT_EXPIRY, HandlerKind.MAINTAINS, "modules.contacts.consents.handlers:expire"),
        TimerType("contacts.wake", HandlerKind.MAINTAINS, "modules.contacts.memberships.handlers:wake"),
        TimerType(
            "contacts.reassess", HandlerKind.MAINTAINS, "modules.contacts.memberships.handlers:reassess_after_all"
        ),
        TimerType("contacts.clear_segment", HandlerKind.MAINTAINS, "modules.contacts.memberships.handlers:clear"),
    ),
    errands=(Errand("contacts.reassess", "modules.contacts.memberships.handlers:reassess_told"),),
    projections=(
        Projection("search", CONTACT.name, _CONTACT_WORDS | _PLACE, _BY_PROJECTION),
        Projection("search_by_line", LINE.name, _LINE_WORDS | _PLACE, _BY_PROJECTION),
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
        "consent.created",
        "consent.updated",
        "consent.expired",
        "consent.relocated",
        "consent.reassigned",
        "custom_field.created",
        "custom_field.updated",
        "usage_load.created",
        "segment.created",
        "segment.updated",
        "segment.built",
        "segment.deleted",
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
