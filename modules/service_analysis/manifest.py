"""What service_analysis declares of itself. Its kinds are in kinds.py."""

from typing import Final

from chalicelib.after_write import Fact, Handler, HandlerKind, TimerType
from chalicelib.modules import Feature, Manifest, Permission, Port, Protocol, Text
from modules.service_analysis.analysis.rules import FACTS
from modules.service_analysis.kinds import (
    CATEGORY,
    COMPLAINER,
    COMPLAINT_NOTE,
    CONFIGURE,
    ENTRY,
    READ,
    REQUEST,
    SETTINGS,
    WRITE,
)
from modules.service_analysis.requests.rules import VERBS

MANIFEST: Final = Manifest(
    name="service_analysis",
    titles=Text("Service and analysis", "服务与分析"),
    version="0.1.0",
    paths=("requests", "service"),
    kinds=(
        REQUEST,
        ENTRY,
        CATEGORY,
        SETTINGS,
        COMPLAINER,
        COMPLAINT_NOTE,
    ),
    permissions=(
        Permission(READ, Text("See requests and figures", "查看服务请求与统计")),
        Permission(WRITE, Text("Open requests and work on them", "新建与处理服务请求")),
        Permission(CONFIGURE, Text("Configure the service", "配置服务规则")),
    ),
    features=(Feature("analysis", Text("Figures and causes", "统计分析")),),
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
        Handler(
            "count_complaint",
            HandlerKind.MAINTAINS,
            ("request.*",),
            "modules.service_analysis.complainers.handlers:count_complaint",
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
        *FACTS,
    ),
)
