"""What the control plane is: the manifest ``core``, always on, with the kinds that every unit's table also holds."""

from collections.abc import Mapping
from typing import Final

from chalicelib.after_write import Errand, Fact, Handler, HandlerKind, TimerType
from chalicelib.audit.records import NOTE, SEEN_TOKEN
from chalicelib.changes.catching_up import CATCH_UP, LOOK_AGAIN, MISSED
from chalicelib.changes.records import DELIVERY, HANDLED, HEAD
from chalicelib.changes.retries import RETRY
from chalicelib.counters.records import CELL, POSTED
from chalicelib.exports.records import EXPORT
from chalicelib.files.records import FILE
from chalicelib.files.service import EXPIRE
from chalicelib.imports.records import IMPORT
from chalicelib.jobs.records import JOB, JOB_PROGRESS, TIMER
from chalicelib.jobs.service import SWEEP
from chalicelib.modules import (
    RANGE,
    ByIndex,
    ByPartition,
    ComputedFrom,
    Filter,
    Index,
    JobType,
    Kind,
    Listing,
    Manifest,
    Meter,
    OfPlatform,
    OneOf,
    Op,
    Permission,
    Port,
    Protocol,
    Text,
)
from chalicelib.store.events import STORED
from chalicelib.store.leases import RATE_LEASE
from chalicelib.work.records import APPROVAL, ASKED, EXPIRY, METRIC, NOTIFICATION, OVERDUE, TASK, instant
from tenants.lifecycle.rules import TenantState

# -- records of the control plane

SHELF: Final = "tenant"
"""Tenant, subscriptions and overrides stand together: the whole snapshot is one Query."""
TENANT: Final = Kind(
    "tenant",
    # The tenant's own partition; the operators' list stands under the platform's keys (lifecycle/records.py).
    ByPartition(shelf=SHELF),
    prefix="tnt",
    listing=Listing(
        filters=(Filter("state", parse=OneOf(tuple(TenantState)), path="status"),),
        indexed={"state": Index.STATE},
    ),
)
TURN: Final = "core.subscription_turn"
"""A subscription's state changes by itself at a time that was agreed on."""
SUBSCRIPTION: Final = Kind("subscription", ByPartition(shelf=SHELF), prefix="sub")
FEATURE_OVERRIDE: Final = Kind("feature_override", ByPartition(shelf=SHELF), prefix="fov")
SUBSCRIPTION_ENTRY: Final = Kind("subscription_entry", ByPartition())
KILL_SWITCH: Final = Kind("kill_switch", OfPlatform(), prefix="ksw")
ORG_UNIT: Final = Kind("org_unit", ByIndex(), prefix="ou", listing=Listing(), shown_at="/v1/org-units/{org_unit_id}")
# Which branches of the tree are being moved; on the tenant's shelf, so that every process knows it with the standing.
UNIT_MOVES: Final = Kind("unit_moves", ByPartition(shelf=SHELF), exported=False)
OWN_ROLE: Final = Kind("own_role", ByIndex(), prefix="rol")
USER: Final = Kind(
    "user",
    ByIndex(),
    prefix="usr",
    listing=Listing(
        filters=(
            Filter("state", parse=OneOf(("invited", "active", "deactivated")), path="status"),
            Filter("role"),
        ),
        indexed={"state": Index.STATE},
    ),
    personal=frozenset({"name", "email", "invitation", "sign_in"}),
    shown_at="/v1/users/{user_id}",
    secret=frozenset({"invitation", "sign_in"}),
)
# A key has no person's key to seal its hash under, so events tell the hash's name and never its value.
API_KEY: Final = Kind(
    "api_key",
    ByIndex(),
    prefix="key",
    listing=Listing(),
    personal=frozenset({"hashed"}),
    secret=frozenset({"hashed"}),
)

WEBHOOK: Final = Kind(
    "webhook",
    ByIndex(),
    prefix="whk",
    listing=Listing(
        filters=(Filter("state", parse=OneOf(("enabled", "disabled")), path="status"),), indexed={"state": Index.STATE}
    ),
    # A URL may hold what lets its bearer in; events tell that it has changed.
    personal=frozenset({"url", "secrets", "description"}),
    shown_at="/v1/webhooks/{webhook_id}",
    secret=frozenset({"secrets"}),
)
# They leave by themselves after 30 days too, also when their webhook has gone before.
WEBHOOK_DELIVERY: Final = Kind("webhook_delivery", ComputedFrom(WEBHOOK.name))
WEBHOOK_TURN: Final = Kind("webhook_turn", ComputedFrom(WEBHOOK.name), exported=False)
WEBHOOK_HEALTH: Final = Kind("webhook_health", ComputedFrom(WEBHOOK.name), exported=False)
# Daily and monthly sums, and what is held, by module: some five items a day, all on one shelf.
USAGE: Final = Kind("usage", ByPartition())
USAGE_STOCK: Final = Kind("usage_stock", ByPartition(shelf=USAGE.name))
# Which lines of a process's log have been counted (tenants/usage/rules.py, KNOWN).
USAGE_SOURCE: Final = Kind("usage_source", OfPlatform())
QUOTA: Final = Kind("quota", ByPartition(shelf=SHELF), prefix="quo", exported=False)

ISSUER: Final = Kind("issuer", ByIndex(), prefix="iss", listing=Listing(), shown_at="/v1/issuers/{issuer_id}")

# What the audit keeps for the life of the tenant, each in one partition; the entries stand in files (area ``audit``).
AUDIT_CHUNK: Final = Kind("audit_chunk", ByPartition())
AUDIT_HEAD: Final = Kind("audit_head", ByPartition(), exported=False)
AUDIT_INDEX: Final = Kind("audit_index", ByPartition(), exported=False)

AUDIT: Final = Listing(
    filters=(
        Filter("actor", frozenset({Op.EQ})),
        Filter("record", frozenset({Op.EQ})),
        Filter("action", frozenset({Op.EQ})),
        Filter("time", RANGE - {Op.EQ}, parse=instant),
    ),
    sorts=(),
)
AUDIT_CHUNKS: Final = Listing(sorts=())

# -- items that stand beside records, in every unit's table; declared here once for all units

ANY_RECORD: Final = "*"
"""Keys follow from the records of whatever kind posts them (their claims, their subject)."""

# The journal is no kind's list: the events of all units, in one order.
JOURNAL: Final = Listing(filters=(Filter("type"), Filter("subject")), sorts=(), cursor_hours=30 * 24)
DELIVERIES: Final = Listing(
    filters=(Filter("state", parse=OneOf(("waiting", "delivered", "failed", "skipped"))), Filter("type")), sorts=()
)
DEAD_LETTERS: Final = Listing(filters=(Filter("task", path="handler"),), sorts=())

INFRASTRUCTURE: Final = (
    Kind("claim", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    HEAD,
    HANDLED,
    POSTED,
    CELL,
    TIMER,
    Kind("subject_key", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    Kind("with_children", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    Kind("posting", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    # Each expires after 24 hours too.
    Kind("idempotency", ByPartition(spread=True), everywhere=True, exported=False),
    Kind("event", ByPartition(days=STORED.days), everywhere=True),
)
# Under the platform's keys, and by an index among what the tenant has that it points to.
REGISTRY: Final = Kind("registry", ByIndex(), exported=False)
# How far the scheduler and the local poller have come.
POSITION: Final = Kind("position", OfPlatform())
# How a tenant leaves, and the certificate of its erasure. Whose it is stands nowhere but in the record itself.
OFFBOARDING: Final = Kind(
    "offboarding", OfPlatform(), prefix="off", personal=frozenset({"tenant_id", "reason", "export", "certificate"})
)
API_KEY_USE: Final = Kind("api_key_use", ComputedFrom(API_KEY.name), exported=False)
SUBSCRIPTIONS_REVISION: Final = Kind("subscriptions_revision", ByPartition(shelf=SHELF), exported=False)

PERMISSIONS: Final[Mapping[str, Text]] = {
    "platform:tenants": Text("Onboard, see, suspend and reactivate tenants", "开通、查看、暂停和恢复租户"),
    "platform:switches": Text("Switch modules and features off for all tenants", "对所有租户关停模块和功能"),
    "tenant:read": Text("See the tenant's settings", "查看租户设置"),
    "tenant:admin": Text("Switch modules and features", "启用或停用模块和功能"),
    "modules:read": Text("See modules and entitlements", "查看模块和权益"),
    "users:read": Text("See users and roles", "查看用户和角色"),
    "users:write": Text("Invite, change and deactivate users, define roles", "邀请、修改和停用用户，定义角色"),
    "org_units:read": Text("See org units", "查看组织机构"),
    "org_units:write": Text("Create and rename org units", "新建和重命名组织机构"),
    "jobs:read": Text("See jobs", "查看作业"),
    "jobs:write": Text("Cancel jobs", "取消作业"),
    "journal:follow": Text("Read the journal of changes", "读取变更日志"),
    "keys:read": Text("See API keys", "查看 API 密钥"),
    "keys:write": Text("Create and revoke API keys", "创建和吊销 API 密钥"),
    "webhooks:read": Text("See webhooks and their deliveries", "查看 Webhook 及其投递记录"),
    "webhooks:admin": Text("Create, change, test and replay webhooks", "新建、修改、测试和重放 Webhook"),
    "files:read": Text("See and download own files", "查看和下载自己的文件"),
    "files:write": Text("Upload and delete own files", "上传和删除自己的文件"),
    "usage:read": Text("See usage, limits and statements", "查看用量、限额和账单"),
    "work:read": Text("See tasks, approvals, notifications and metrics", "查看任务、审批、通知和指标"),
    "work:write": Text("Give and finish tasks, ask for approvals and decide them", "分派和完成任务，发起和处理审批"),
    "audit:read": Text("Read the audit and its sealed chunks", "查看审计记录及其封存文件"),
    "issuers:read": Text("See whose access tokens are trusted", "查看受信任的登录签发方"),
    "issuers:write": Text("Say whose access tokens are trusted", "设置受信任的登录签发方"),
    "files:admin": Text("Reach everybody's files", "访问所有人的文件"),
}

MANIFEST: Final = Manifest(
    name="core",
    titles=Text("Control plane", "控制平台"),
    version="0.1.0",
    paths=(
        "tenants",
        "tenant",
        "modules",
        "entitlements",
        "plans",
        "kill-switches",
        "users",
        "roles",
        "me",
        "org-units",
        "api-keys",
        "invitations",
        "jobs",
        "events",
        "dead-letters",
        "webhooks",
        "usage",
        "limits",
        "files",
        "work",
        "audit",
        "issuers",
        "openapi.json",
        "docs",
    ),
    kinds=(
        TENANT,
        SUBSCRIPTION,
        FEATURE_OVERRIDE,
        SUBSCRIPTIONS_REVISION,
        SUBSCRIPTION_ENTRY,
        KILL_SWITCH,
        ORG_UNIT,
        UNIT_MOVES,
        OWN_ROLE,
        USER,
        API_KEY,
        API_KEY_USE,
        WEBHOOK,
        WEBHOOK_DELIVERY,
        WEBHOOK_TURN,
        WEBHOOK_HEALTH,
        USAGE,
        USAGE_STOCK,
        USAGE_SOURCE,
        QUOTA,
        RATE_LEASE,
        ISSUER,
        AUDIT_CHUNK,
        AUDIT_HEAD,
        AUDIT_INDEX,
        NOTE,
        SEEN_TOKEN,
        FILE,
        IMPORT,
        EXPORT,
        TASK,
        APPROVAL,
        NOTIFICATION,
        METRIC,
        ASKED,
        REGISTRY,
        JOB,
        JOB_PROGRESS,
        DELIVERY,
        MISSED,
        POSITION,
        OFFBOARDING,
        *INFRASTRUCTURE,
    ),
    permissions=tuple(Permission(name, titles) for name, titles in PERMISSIONS.items()),
    # What every module is metered by; the sum of the sizes of files is core's own, each record holds its own.
    meters=(
        Meter("api_requests", "requests", Text("API requests", "API 请求数")),
        Meter("records", "records", Text("Records held", "记录数")),
        Meter("storage_bytes", "bytes", Text("Storage of files", "文件存储")),
        Meter("events_handled", "events", Text("Events handled", "处理的事件数")),
        Meter("messages_sent", "messages", Text("Messages sent", "发送的消息数")),
        Meter("import_rows", "rows", Text("Rows imported", "导入行数")),
        Meter("compute_ms", "milliseconds", Text("Compute time", "计算时间")),
        Meter("read_units", "read units", Text("Read capacity", "读容量单位")),
        Meter("write_units", "write units", Text("Write capacity", "写容量单位")),
    ),
    facts=(Fact("file_held", "file", "tenants.files.derived:held", measures=("bytes",), watches=frozenset({"size"})),),
    events=(
        "tenant.created",
        "tenant.suspended",
        "tenant.reactivated",
        "tenant.offboarded",
        "tenant.erasure_begun",
        "tenant.failed",
        "tenant.retried",
        "tenant.erased",
        "offboarding.created",
        "offboarding.updated",
        "offboarding.exported",
        "offboarding.export_failed",
        "offboarding.certified",
        "subscription.created",
        "subscription.updated",
        "subscription.started",
        "subscription.activated",
        "subscription.lapsed",
        "subscription.ended",
        "feature_override.created",
        "feature_override.updated",
        "feature_override.deleted",
        "kill_switch.created",
        "kill_switch.updated",
        "kill_switch.deleted",
        "org_unit.created",
        "org_unit.updated",
        "org_unit.moved",
        "org_unit.relocated",
        "own_role.created",
        "own_role.updated",
        "own_role.deleted",
        "user.created",
        "user.key_issued",
        "user.sign_in_bound",
        "user.updated",
        "user.invited",
        "user.relocated",
        "user.deactivated",
        "user.reactivated",
        "api_key.created",
        "api_key.deleted",
        "issuer.created",
        "issuer.deleted",
        "webhook.created",
        "webhook.updated",
        "webhook.disabled",
        "webhook.deleted",
        "quota.warned",
        "quota.updated",
        "quota.lifted",
        "import.created",
        "import.updated",
        "export.created",
        "file.created",
        "file.updated",
        "file.deleted",
        "task.created",
        "task.updated",
        "task.assigned",
        "task.started",
        "task.done",
        "task.cancelled",
        "task.overdue",
        "task.relocated",
        "task.reassigned",
        "approval.created",
        "approval.decided",
        "approval.expired",
        "approval.withdrawn",
        "approval.relocated",
        "approval.reassigned",
        "notification.created",
        "notification.updated",
        "notification.read",
        "notification.deleted",
        "job.created",
        "job.started",
        "job.succeeded",
        "job.failed",
        "job.cancelled",
    ),
    # Maintains: what a suspended tenant's subscribers may not read yet waits for them (webhook_deliveries/handlers.py).
    handlers=(
        Handler("webhooks", HandlerKind.MAINTAINS, ("*",), "tenants.webhook_deliveries.handlers:stage"),
        Handler("audit", HandlerKind.MAINTAINS, ("*",), "tenants.audit.handlers:wake"),
    ),
    errands=(Errand("core.send_webhook", "tenants.webhook_deliveries.handlers:send"),),
    jobs=(
        JobType(
            "core.replay_webhook",
            Text("Replay events to a webhook", "向 Webhook 重放事件"),
            "tenants.webhook_deliveries.handlers:replay_step",
        ),
        JobType(CATCH_UP, Text("Catch up after a pause", "停用后补齐数据"), "tenants.subscriptions.handlers:step"),
        JobType("core.move_unit", Text("Move of an org unit", "调整组织机构"), "tenants.org_units.handlers:move_step"),
        JobType(
            "core.reassign", Text("Reassignment of records", "移交业务数据"), "tenants.users.handlers:reassign_step"
        ),
        JobType(
            "core.export_tenant",
            Text("Export of a tenant that leaves", "导出即将离开的租户"),
            "tenants.offboarding.handlers:step",
            given_up="tenants.offboarding.handlers:given_up",
        ),
        JobType(
            "core.erase_tenant",
            Text("Erasure of a tenant", "清除租户数据"),
            "tenants.erasure.handlers:step",
            given_up="tenants.erasure.handlers:given_up",
        ),
        JobType("core.rebuild", Text("Rebuild what is derived", "重建派生数据"), "chalicelib.changes.rebuild:step"),
        JobType("core.recount", Text("Recount", "重新统计"), "chalicelib.counters.recount:step"),
        JobType(
            "core.replay_dead_letters",
            Text("Replay dead letters", "重放失败事件"),
            "chalicelib.changes.redelivery:replay_step",
        ),
    ),
    timers=(
        TimerType(SWEEP, HandlerKind.MAINTAINS, "chalicelib.jobs.worker:sweep"),
        TimerType(RETRY, HandlerKind.MAINTAINS, "chalicelib.changes.redelivery:retry"),
        TimerType("core.send_webhook", HandlerKind.MAINTAINS, "tenants.webhook_deliveries.handlers:due"),
        TimerType(EXPIRE, HandlerKind.MAINTAINS, "chalicelib.files.service:expire"),
        TimerType("core.seal_audit", HandlerKind.MAINTAINS, "tenants.audit.handlers:seal_due"),
        TimerType(OVERDUE, HandlerKind.MAINTAINS, "chalicelib.work.tasks:overdue"),
        TimerType(EXPIRY, HandlerKind.MAINTAINS, "chalicelib.work.approvals:expire"),
        TimerType("core.measure_usage", HandlerKind.MAINTAINS, "tenants.usage.handlers:measure"),
        TimerType("core.erase_tenant", HandlerKind.MAINTAINS, "tenants.erasure.handlers:due"),
        TimerType(LOOK_AGAIN, HandlerKind.MAINTAINS, "tenants.subscriptions.handlers:look_for_missed"),
        TimerType(TURN, HandlerKind.MAINTAINS, "tenants.subscriptions.handlers:turn"),
    ),
    offers={
        Port.TASK: (TASK.name, ASKED.name),
        Port.APPROVAL: (APPROVAL.name, ASKED.name),
        Port.NOTIFICATION: (NOTIFICATION.name, ASKED.name),
        Port.METRIC: (METRIC.name,),
    },
    implements={
        Protocol.ON_UNIT_MOVED: "tenants.org_units.handlers:metrics_step",
        Protocol.ON_OWNER_MOVED: "tenants.users.handlers:approvals_step",
    },
    always_on=True,
)
