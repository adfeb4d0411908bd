"""What service_analysis declares of itself. Its kinds are in kinds.py."""

from typing import Final

from chalicelib.after_write import Fact, Handler, HandlerKind, TimerType
from chalicelib.modules import (
    Feature,
    JobType,
    Manifest,
    Permission,
    Port,
    Protocol,
    Text,
)
from modules.service_analysis.kinds import (
    CALENDAR,
    CALENDAR_STATE,
    CATEGORY,
    CLOCK,
    CONFIGURE,
    ENTRY,
    IMPORT,
    POLICY,
    READ,
    REQUEST,
    SETTINGS,
    SLA,
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
        CALENDAR,
        CALENDAR_STATE,
        POLICY,
        CLOCK,
    ),
    permissions=(
        Permission(READ, Text("See requests and figures", "查看服务请求与统计")),
        Permission(WRITE, Text("Open requests and work on them", "新建与处理服务请求")),
        Permission(CONFIGURE, Text("Configure the service", "配置服务规则")),
        Permission(IMPORT, Text("Bring in requests from files, as they stand elsewhere", "从文件导入既有服务请求")),
    ),
    features=(Feature(SLA, Text("Service levels and their clocks", "服务级别与计时")),),
    requires=("contacts",),
    contributes=(
        Port.TIMELINE_ENTRY,
        Port.BADGE,
        Port.EXCLUSION_REASON,
        Port.NOTIFICATION,
        Port.TASK,
    ),
    jobs=(
        JobType(
            "service_analysis.import",
            Text("Import of requests", "导入服务请求"),
            "modules.service_analysis.imports.service:import_step",
        ),
        JobType(
            "service_analysis.look_up_holidays",
            Text("Look-up of public holidays", "查询公共节假日"),
            "modules.service_analysis.calendars.handlers:look_up_step",
        ),
        JobType(
            "service_analysis.retarget_clocks",
            Text("Clocks follow changed promises", "按新的承诺调整计时"),
            "modules.service_analysis.clocks.handlers:retarget_step",
        ),
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
            "follow_sla_switch",
            HandlerKind.REACTS,
            ("feature_override.*",),
            "modules.service_analysis.clocks.handlers:follow_switch",
        ),
    ),
    timers=(
        # Maintains: what was solved is closed at its time, whatever the subscription says.
        TimerType("service_analysis.close", HandlerKind.MAINTAINS, "modules.service_analysis.requests.handlers:close"),
        TimerType("service_analysis.warn", HandlerKind.REACTS, "modules.service_analysis.clocks.handlers:warn"),
        TimerType("service_analysis.retarget", HandlerKind.REACTS, "modules.service_analysis.clocks.handlers:retarget"),
        # Maintains: dates that are missing when the module comes back would be missed.
        TimerType(
            "service_analysis.renew_holidays",
            HandlerKind.MAINTAINS,
            "modules.service_analysis.calendars.handlers:renew",
        ),
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
        "request.imported",
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
        "service_calendar.created",
        "service_calendar.updated",
        "sla_policy.created",
        "sla_policy.updated",
        "request.warned",
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
