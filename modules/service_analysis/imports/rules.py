"""Which columns fill which fields of a request, and how a row's values become one. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib.imports.target import Field
from chalicelib.imports.values import FieldType
from chalicelib.modules import Text
from modules.service_analysis.kinds import CHANNELS, PRIORITIES, SEVERITIES, STATUSES, TYPES
from modules.service_analysis.requests.rules import CameAs, Status

EXTERNAL_ID: Final = "external_id"
CUSTOMER_THERE: Final = "contact.external_id"
NUMBER: Final = "contact.number"
LEVELS: Final = ("area.country", "area.state", "area.city", "area.district")
LONGEST_TITLE: Final = 200

STATUS_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(STATUSES, ()) | {
    "new": ("open", "opened", "registered", "未处理", "新建", "待处理", "待受理"),
    "assigned": ("allocated", "已分派", "已派单", "已受理"),
    "in_progress": ("in progress", "in process", "working", "processing", "处理中"),
    "pending": ("on hold", "hold", "waiting", "pending customer", "挂起", "等待", "待确认"),
    "resolved": ("solved", "fixed", "done", "completed", "已解决", "已处理", "已办结"),
    "closed": ("cancelled", "canceled", "已关闭", "关闭", "已结案", "已归档"),
}
CHANNEL_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(CHANNELS, ()) | {
    "store": ("shop", "branch", "walk in", "walk-in", "counter", "营业厅", "门店"),
    "phone": (
        "customer care call", "call", "telephone", "call center", "call centre", "hotline", "电话", "热线", "客服热线",
    ),
    "email": ("e-mail", "mail", "邮件", "电子邮件"),
    "sms": ("text", "text message", "短信"),
    "web": ("internet", "website", "online", "portal", "web form", "网站", "网上", "网上营业厅", "互联网"),
    "app": ("mobile app", "application", "手机应用", "掌厅", "客户端"),
    "chat": ("live chat", "webchat", "im", "在线客服", "在线聊天"),
    "visit": ("site visit", "field", "上门"),
    "social": ("social media", "facebook", "twitter", "x", "weibo", "wechat", "微博", "微信"),
    "letter": ("post", "fax", "信函", "来信"),
    "regulator": ("fcc", "ofcom", "authority", "ombudsman", "miit", "工信部", "管局", "申诉"),
}  # fmt: skip
TYPE_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(TYPES, ()) | {
    "inquiry": ("enquiry", "question", "query", "咨询", "查询"),
    "complaint": ("grievance", "投诉", "申诉"),
    "fault": ("incident", "trouble", "problem", "故障", "报障", "障碍"),
    "service_request": ("service request", "request", "业务办理", "服务请求"),
    "suggestion": ("feedback", "idea", "建议", "表扬"),
    "order_follow_up": ("order follow-up", "order follow up", "催单", "订单跟进"),
}
SEVERITY_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(SEVERITIES, ()) | {
    "critical": ("blocker", "very high", "s1", "sev1", "sev 1", "严重", "紧急"),
    "major": ("high", "s2", "sev2", "sev 2", "重要", "高"),
    "minor": ("medium", "low", "s3", "sev3", "sev 3", "一般", "中", "低"),
    "info": ("information", "trivial", "s4", "提示"),
}
PRIORITY_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(PRIORITIES, ()) | {
    "urgent": ("critical", "p1", "1", "紧急", "特急"),
    "high": ("p2", "2", "高"),
    "normal": ("medium", "p3", "3", "中", "普通", "一般"),
    "low": ("p4", "4", "低"),
}

FIELDS: Final = (
    Field(
        EXTERNAL_ID,
        Text("Ticket number", "工单号"),
        synonyms=(
            "ticket", "ticket #", "ticket no", "ticket id", "case", "case number", "case no", "case id", "complaint id",
            "complaint no", "complaint number", "request id", "request number", "incident number", "reference",
            "reference number", "id", "external id id", "工单编号", "投诉编号",
            "投诉单号", "单号", "流水号", "受理编号", "编号",
        ),
        key=True,
    ),
    Field(
        "title",
        Text("Title", "标题"),
        synonyms=(
            "customer complaint", "complaint", "subject", "summary", "issue", "headline", "short description",
            "主题", "投诉主题", "投诉内容", "摘要", "问题",
        ),
    ),
    Field(
        "description",
        Text("Description", "描述"),
        synonyms=(
            "details", "complaint details", "complaint description", "text", "body", "message",
            "comment", "long description",
            "问题描述", "详情", "详细描述", "内容", "投诉详情",
        ),
    ),
    Field(
        "opened_at",
        Text("Opened", "提出时间"),
        FieldType.DATETIME,
        (
            "date", "opened", "opened on", "open date", "date opened", "created", "created on",
            "created at", "creation date",
            "date created", "received", "received on", "date received", "ticket created on", "complaint date",
            "date of complaint", "ticket date", "timestamp", "datetime", "date time",
            "日期", "投诉日期", "投诉时间", "受理日期", "受理时间", "创建时间", "创建日期", "建单时间",
        ),
    ),
    Field(
        "opened_at.time",
        Text("Time opened", "提出时刻"),
        FieldType.TIME,
        ("time", "time opened", "time received", "complaint time",
        "ticket created time", "created time", "时间", "时刻"),
    ),
    Field(
        "resolved_at",
        Text("Resolved", "解决时间"),
        FieldType.DATETIME,
        (
            "resolved", "resolved on", "date resolved", "resolution date", "resolution time", "solved on", "solved at",
            "完成时间", "办结时间", "处理时间", "解决日期",
        ),
    ),
    Field(
        "closed_at",
        Text("Closed", "关闭时间"),
        FieldType.DATETIME,
        ("closed", "closed on", "date closed", "close date", "closing date", "结案时间", "归档时间", "关闭日期"),
    ),
    Field(
        "status",
        Text("Status", "状态"),
        FieldType.ENUM,
        ("ticket status", "case status", "complaint status", "state of ticket", "工单状态", "投诉状态", "处理状态"),
        STATUS_WORDS,
    ),
    Field(
        "type",
        Text("Type", "类型"),
        FieldType.ENUM,
        ("ticket type", "request type", "case type", "工单类型", "请求类型"),
        TYPE_WORDS,
    ),
    Field(
        "channel",
        Text("Channel", "渠道"),
        FieldType.ENUM,
        (
            "received via", "via", "source", "contact channel", "submitted via", "medium",
            "mode of complaint", "origin",
            "受理渠道", "来源", "来源渠道", "投诉渠道", "接入渠道",
        ),
        CHANNEL_WORDS,
    ),
    Field(
        "category", Text("Category", "类别"), synonyms=("complaint category", "ticket category", "投诉类别", "工单类别")
    ),
    Field("severity", Text("Severity", "严重程度"), FieldType.ENUM, ("impact", "严重级别"), SEVERITY_WORDS),
    Field("priority", Text("Priority", "优先级"), FieldType.ENUM, ("urgency", "紧急程度", "优先级别"), PRIORITY_WORDS),
    Field("area.country", Text("Country", "国家"), synonyms=("country name",)),
    Field("area.state", Text("State", "省份"), synonyms=("province", "region", "省")),
    Field("area.city", Text("City", "城市"), synonyms=("town", "地市", "市")),
    Field("area.district", Text("District", "区县"), synonyms=("county", "borough", "区", "县")),
    Field("product", Text("Product", "产品"), synonyms=("service", "product name", "plan", "产品名称", "业务", "套餐")),
    Field("contact_id", Text("Contact id", "客户编号（系统）")),
    Field(
        CUSTOMER_THERE,
        Text("Customer", "客户编号"),
        synonyms=(
            "customer id", "customerid", "customer no", "customer number", "account number", "account id",
            "subscriber id", "客户id", "客户号", "用户编号", "用户id",
        ),
    ),
    Field(
        NUMBER,
        Text("Customer's number", "客户号码"),
        synonyms=(
            "msisdn", "phone", "phone number", "mobile", "mobile number", "service number", "telephone",
            "手机号", "手机号码", "电话号码", "用户号码", "投诉号码", "联系电话",
        ),
    ),
)  # fmt: skip
_COMPLAINT: Final = ("complaint", "grievance", "投诉")
_NAMING: Final = ("title", "description", EXTERNAL_ID, "opened_at")
_COME: Final = ("opened_at", "resolved_at", "closed_at")
_SAID: Final = frozenset(
    {"title", "description", "type", "channel", "category", "severity", "priority", "product", "contact_id"}
)


def implied(columns: Mapping[str, str]) -> dict[str, str]:
    """What the names of columns say of each row: a file of complaints has them, if it does not say otherwise."""
    names = " ".join(columns[name] for name in _NAMING if name in columns).casefold()
    return {"type": "complaint"} if "type" not in columns and any(each in names for each in _COMPLAINT) else {}


def document(values: Mapping[str, Any], system: str) -> dict[str, Any]:
    """What a row says of a request, in the shape that callers write.

    A title that is too long for one is its beginning, and the whole text the description unless the row has another.
    A slash within a name of an area would begin a level: it becomes a dash.
    """
    found = {name: value for name, value in values.items() if name in _SAID}
    if EXTERNAL_ID in values:
        found["external_id"] = {"system": system, "id": values[EXTERNAL_ID]}
    text = found.get("title") or found.get("description")
    if text:
        found["title"] = " ".join(text.split())[:LONGEST_TITLE].strip()
        if len(text) > LONGEST_TITLE:
            found.setdefault("description", text)
    if area := [str(values[name]).replace("/", "-") for name in LEVELS if name in values]:
        found["area"] = area
    return found


def came_as(values: Mapping[str, Any]) -> CameAs:
    """When a row says that a request was opened and ended, and where it stands."""
    times = {name: datetime.fromisoformat(values[name]) for name in _COME if name in values}
    return CameAs(**times, status=Status(values["status"]) if "status" in values else None)
