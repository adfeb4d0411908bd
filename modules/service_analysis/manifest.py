"""What service_analysis declares of itself. Its kinds are in kinds.py."""

from typing import Final

from chalicelib.after_write import Fact, Handler, HandlerKind, Projection, TimerType
from chalicelib.modules import Feature, Manifest, Permission, Port, Protocol, Text
from modules.service_analysis.kinds import (
    ARTICLE,
    CATEGORY,
    CONFIGURE,
    ENTRY,
    KNOWLEDGE_BASE,
    PUBLISH,
    READ,
    REQUEST,
    SATISFACTION,
    SEND_SURVEYS,
    SETTINGS,
    SURVEY,
    TALLY,
    VERSION,
    WORD,
    WRITE,
)
from modules.service_analysis.requests.rules import VERBS

# What suggestions/derived.py makes words of.
_WORDS: Final = frozenset({"status", "title", "terms", "body"})

MANIFEST: Final = Manifest(
    name="service_analysis",
    titles=Text("Service and analysis", "服务与分析"),
    version="0.1.0",
    paths=("requests", "service", "surveys", "articles"),
    kinds=(
        REQUEST,
        ENTRY,
        CATEGORY,
        SETTINGS,
        SURVEY,
        ARTICLE,
        VERSION,
        TALLY,
        WORD,
    ),
    permissions=(
        Permission(READ, Text("See requests and figures", "查看服务请求与统计")),
        Permission(WRITE, Text("Open requests and work on them", "新建与处理服务请求")),
        Permission(CONFIGURE, Text("Configure the service", "配置服务规则")),
        Permission(SEND_SURVEYS, Text("Make the links of satisfaction surveys", "生成满意度问卷链接")),
        Permission(PUBLISH, Text("Publish articles of the knowledge base", "发布知识库文章")),
    ),
    features=(
        Feature(SATISFACTION, Text("Satisfaction surveys", "满意度调查")),
        Feature(KNOWLEDGE_BASE, Text("Knowledge base", "知识库")),
    ),
    requires=("contacts",),
    contributes=(
        Port.TIMELINE_ENTRY,
        Port.BADGE,
        Port.EXCLUSION_REASON,
        Port.NOTIFICATION,
        Port.TASK,
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
            "ask_customer",
            HandlerKind.REACTS,
            ("request.closed", "request.confirmed"),
            "modules.service_analysis.surveys.handlers:ask",
        ),
        Handler(
            "keep_survey_up",
            HandlerKind.MAINTAINS,
            ("request.updated", "request.moved_to", "request.erased"),
            "modules.service_analysis.surveys.handlers:keep_up",
        ),
        Handler(
            "tell_survey",
            HandlerKind.REACTS,
            ("survey.answered", "survey.updated"),
            "modules.service_analysis.surveys.handlers:tell_survey",
        ),
        Handler(
            "call_back",
            HandlerKind.REACTS,
            ("survey.answered",),
            "modules.service_analysis.surveys.handlers:call_back",
        ),
    ),
    timers=(
        # Maintains: what was solved is closed at its time, whatever the subscription says.
        TimerType("service_analysis.close", HandlerKind.MAINTAINS, "modules.service_analysis.requests.handlers:close"),
        TimerType(
            "service_analysis.survey_expiry",
            HandlerKind.MAINTAINS,
            "modules.service_analysis.surveys.handlers:expire",
        ),
        TimerType(
            "service_analysis.article_expiry",
            HandlerKind.MAINTAINS,
            "modules.service_analysis.versions.handlers:expire",
        ),
    ),
    projections=(
        Projection("article_words", VERSION.name, _WORDS, "modules.service_analysis.suggestions.derived:postings_of"),
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
        "request.rated",
        *(f"request.{verb}" for verb in VERBS.values()),
        "request_entry.created",
        "request_entry.erased",
        "request_category.created",
        "request_category.updated",
        "service_settings.created",
        "service_settings.updated",
        "article.created",
        "article.updated",
        "article_version.created",
        "article_version.updated",
        "article_version.submitted",
        "article_version.returned",
        "article_version.published",
        "article_version.expired",
        "survey.created",
        "survey.asked_again",
        "survey.answered",
        "survey.updated",
        "survey.expired",
        "survey.erased",
        "survey.relocated",
        "survey.reassigned",
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
