"""What service_analysis declares of itself. Its kinds are in kinds.py."""

from typing import Final

from chalicelib.after_write import Fact, Handler, HandlerKind, Projection, TimerType
from chalicelib.modules import Feature, JobType, Manifest, Permission, Port, Protocol, Text
from modules.service_analysis.kinds import (
    CATEGORY,
    CONFIGURE,
    ENTRY,
    MANAGE_OUTAGES,
    OUTAGE,
    OUTAGE_AFFECTED,
    QUEUE,
    READ,
    REQUEST,
    ROUTING_RULE,
    ROUTING_TURN,
    SETTINGS,
    WRITE,
)
from modules.service_analysis.requests.rules import VERBS

MANIFEST: Final = Manifest(
    name="service_analysis",
    titles=Text("Service and analysis", "服务与分析"),
    version="0.1.0",
    paths=("requests", "service", "outages"),
    kinds=(
        REQUEST,
        ENTRY,
        CATEGORY,
        SETTINGS,
        QUEUE,
        ROUTING_RULE,
        ROUTING_TURN,
        OUTAGE,
        OUTAGE_AFFECTED,
    ),
    permissions=(
        Permission(READ, Text("See requests and figures", "查看服务请求与统计")),
        Permission(WRITE, Text("Open requests and work on them", "新建与处理服务请求")),
        Permission(CONFIGURE, Text("Configure the service", "配置服务规则")),
        Permission(MANAGE_OUTAGES, Text("Declare, announce and close outages", "登记、通告与关闭故障")),
    ),
    features=(
        Feature("routing", Text("Routing of requests", "请求分派")),
        Feature("outages", Text("Outages", "故障管理")),
    ),
    requires=("contacts",),
    contributes=(
        Port.TIMELINE_ENTRY,
        Port.BADGE,
        Port.EXCLUSION_REASON,
        Port.NOTIFICATION,
    ),
    handlers=(
        Handler(
            "tell_customer",
            HandlerKind.REACTS,
            ("request.*",),
            "modules.service_analysis.requests.handlers:tell_customer",
        ),
        Handler(
            "untell_customer",
            HandlerKind.MAINTAINS,
            ("request.deleted", "request.erased"),
            "modules.service_analysis.requests.handlers:untell_customer",
        ),
        Handler(
            "tell_reply",
            HandlerKind.REACTS,
            ("request_entry.created",),
            "modules.service_analysis.requests.handlers:tell_reply",
        ),
        Handler(
            "tell_watchers",
            HandlerKind.REACTS,
            ("request.*",),
            "modules.service_analysis.requests.handlers:tell_watchers",
        ),
    ),
    projections=(
        Projection(
            "outage_affected",
            "request",
            frozenset(
                {
                    "outage_id",
                    "contact_id",
                    "customer_level",
                    "customer_rank",
                    "opened_at",
                    "unit_path",
                    "handler_id",
                }
            ),
            "modules.service_analysis.outages.derived:affected",
        ),
    ),
    jobs=(
        JobType(
            "service_analysis.settle_parts",
            Text("Settle the parts of a request", "结清子请求"),
            "modules.service_analysis.requests.service:settle_parts",
        ),
        JobType(
            "service_analysis.go_over_outage",
            Text("Go over the requests of an outage", "处理故障相关请求"),
            "modules.service_analysis.outages.service:go_over",
        ),
    ),
    timers=(
        # Maintains: what was solved is closed at its time, whatever the subscription says.
        TimerType("service_analysis.close", HandlerKind.MAINTAINS, "modules.service_analysis.requests.handlers:close"),
    ),
    implements={
        Protocol.REBUILD: "modules.service_analysis.requests.handlers:rebuild",
        Protocol.EXPORT_SUBJECT: "modules.service_analysis.subjects.handlers:export_step",
        Protocol.ERASE_SUBJECT: "modules.service_analysis.subjects.handlers:erase_step",
        Protocol.ON_MERGE: "modules.service_analysis.subjects.handlers:on_merge",
        Protocol.ON_UNMERGE: "modules.service_analysis.subjects.handlers:on_unmerge",
    },
    events=(
        "request.created",
        "request.updated",
        "request.erased",
        "request.moved_to",
        "request.relocated",
        "request.reassigned",
        *(f"request.{verb}" for verb in VERBS.values()),
        "request_entry.created",
        "request_entry.erased",
        "request_category.created",
        "request_category.updated",
        "service_settings.created",
        "service_settings.updated",
        "service_queue.created",
        "service_queue.updated",
        "service_queue.relocated",
        "routing_rule.created",
        "routing_rule.updated",
        "routing_rule.deleted",
        "outage.created",
        "outage.updated",
        "outage.announced",
        "outage.closed",
    ),
    facts=(
        Fact(
            "request_held",
            "request",
            "modules.service_analysis.requests.derived:held",
            dimensions=("status",),
            watches=frozenset({"status", "unit_path"}),
            shards=4,
        ),
    ),
)
