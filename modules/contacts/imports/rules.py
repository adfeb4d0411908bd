"""Which columns fill which fields of a contact, and how a row's values become one. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.imports.target import Field
from chalicelib.imports.values import FieldType
from chalicelib.modules import Text

ID: Final = "id"
EXTERNAL_ID: Final = "external_id"
OTHERS: Final = "addresses.others"
_OWN_ID: Final = re.compile(r"cnt_[0-9A-HJKMNP-TV-Z]{26}")
_EMAIL: Final = re.compile(r"[^@\s;]+@[^@\s;]+\.[^@\s;]+")

# What carriers and the usual CRM exports call a customer's state.
STATUS_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "prospect": ("lead", "potential", "潜在客户", "潜客", "意向"),
    "joined": ("new", "新入网", "新增", "入网"),
    "active": ("stayed", "current", "in service", "在网", "正常", "在用"),
    "suspended": ("suspend", "停机", "暂停", "欠费停机"),
    "churned": ("churn", "left", "cancelled", "canceled", "terminated", "离网", "销户", "流失"),
}
GENDER_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "female": ("f", "woman", "女", "女性"),
    "male": ("m", "man", "男", "男性"),
    "other": ("diverse", "其他"),
}
TYPE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "individual": ("person", "private", "consumer", "个人", "个人客户"),
    "organization": ("organisation", "company", "business", "enterprise", "集团", "企业", "集团客户"),
}
CHANNEL_WORDS: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(
    ("store", "phone", "email", "sms", "web", "app", "chat", "visit", "social"), ()
)

FIELDS: Final = (
    # An export of ours has it; any other «id» is an external one.
    Field(ID, Text("Contact id", "客户编号（系统）"), looks_like=lambda cell: bool(_OWN_ID.fullmatch(cell)), key=True),
    Field(
        EXTERNAL_ID,
        Text("External id", "外部编号"),
        synonyms=(
            "id", "customerid", "customer no", "customer number", "custid", "cust no", "client id", "account id",
            "account number", "external ids id", "subscriber id", "客户编号", "客户id", "客户号", "用户编号", "用户id",
        ),
        key=True,
    ),
    Field("type", Text("Type", "类型"), FieldType.ENUM, ("customer type", "客户类型"), TYPE_WORDS),
    Field("name", Text("Name", "姓名"), synonyms=("full name", "customer name", "客户名称", "客户姓名", "名称")),
    Field("given_name", Text("Given name", "名"), synonyms=("first name", "forename")),
    Field("family_name", Text("Family name", "姓"), synonyms=("last name", "surname", "姓氏")),
    Field(
        "status",
        Text("Status", "状态"),
        FieldType.ENUM,
        ("customer status", "account status", "客户状态", "用户状态"),
        STATUS_WORDS,
    ),
    Field("churn_reason", Text("Churn reason", "离网原因"), synonyms=("reason for leaving", "流失原因")),
    Field("churn_category", Text("Churn category", "离网类别"), synonyms=("流失类别", "流失分类")),
    Field("owner_id", Text("Owner", "负责人"), synonyms=("owner",)),
    Field("org_unit_id", Text("Org unit", "组织机构"), synonyms=("org unit",)),
    Field(
        "emails",
        Text("E-mail addresses", "电子邮箱"),
        FieldType.LIST,
        ("email", "e-mail", "mail", "email address", "邮箱", "电子邮件"),
        looks_like=lambda cell: bool(_EMAIL.fullmatch(cell)),
    ),
    Field(
        "phones",
        Text("Phone numbers", "电话号码"),
        FieldType.LIST,
        ("phone", "phone number", "mobile", "mobile number", "msisdn", "telephone",
         "tel", "手机", "手机号", "电话", "联系电话"),
    ),
    Field("addresses.street", Text("Street", "街道地址"), synonyms=("address", "street address", "地址", "详细地址")),
    Field("addresses.city", Text("City", "城市"), synonyms=("town", "地市")),
    Field("addresses.region", Text("Region", "省份"), synonyms=("state", "province", "county", "省")),
    Field(
        "addresses.postal_code",
        Text("Postal code", "邮政编码"),
        synonyms=("zip", "zip code", "postcode", "post code", "邮编"),
    ),
    Field("addresses.country", Text("Country", "国家"), synonyms=("country code", "国家代码")),
    Field("addresses.geo.latitude", Text("Latitude", "纬度"), FieldType.NUMBER, ("lat",)),
    Field("addresses.geo.longitude", Text("Longitude", "经度"), FieldType.NUMBER, ("lon", "lng", "long")),
    Field("language", Text("Language", "语言"), synonyms=("preferred language", "语种")),
    Field("birth_date", Text("Birth date", "出生日期"), FieldType.DATE, ("date of birth", "dob", "birthday", "生日")),
    Field("gender", Text("Gender", "性别"), FieldType.ENUM, ("sex",), GENDER_WORDS),
    Field(
        "preferred_channel", Text("Preferred channel", "首选渠道"), FieldType.ENUM, ("channel", "渠道"), CHANNEL_WORDS
    ),
    Field("preferred_hours", Text("Preferred hours", "首选时段")),
    Field("value_tier", Text("Value tier", "价值等级"), synonyms=("tier", "customer level", "客户等级", "星级")),
    Field("tags", Text("Tags", "标签"), FieldType.LIST, ("tag", "labels")),
    Field("parent_id", Text("Parent", "上级客户")),
    Field("source", Text("Source", "来源"), synonyms=("lead source", "客户来源")),
    Field("interest", Text("Interest", "意向")),
    Field(
        "do_not_contact",
        Text("Do not contact", "免打扰"),
        FieldType.BOOLEAN,
        ("dnc", "no contact", "opt out", "do not call", "禁止联系", "勿扰"),
    ),
    Field("do_not_contact_reason", Text("Reason for no contact", "免打扰原因")),
    Field("qualification", Text("Qualification", "资质评级")),
)  # fmt: skip


def document(values: Mapping[str, Any], system: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a contact that a row changes, in the shape that callers write.

    ``before`` are its present fields, empty for a new contact: of lists the row's values come first and the others
    stay; of addresses the first one is the row's.
    """
    found: dict[str, Any] = {}
    address: dict[str, Any] = {}
    geo: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in values.items():
        match name.split(".", 2):
            case [only] if only == ID:
                pass
            case [only] if only == EXTERNAL_ID:
                found["external_ids"] = _external(value, system, before)
            case ["custom", own]:
                custom[own] = value
            case ["addresses", "geo", part]:
                geo[part] = value
            case ["addresses", part]:
                address[part] = value
            case ["emails" | "phones" | "tags"]:
                found[name] = _joined(name, value, before)
            case _:
                found[name] = value
    if address or geo:
        found["addresses"] = _addresses(address, geo, before)
    if custom:
        found["custom"] = {**before.get("custom", {}), **custom}
    return found


def _external(value: str, system: str, before: Mapping[str, Any]) -> list[dict[str, str]]:
    mine, there = {"system": system, "id": value}, before.get("external_ids", [])
    return list(there) if mine in there else [mine, *(each for each in there if each["system"] != system)]


def _joined(name: str, values: list[str], before: Mapping[str, Any]) -> list[str]:
    there = before.get(name, [])
    if name == "tags":
        return [*there, *(each for each in values if each not in there)]
    given = {each.casefold() for each in values}
    return [*values, *(each for each in there if each.casefold() not in given)]


def _addresses(address: dict[str, Any], geo: dict[str, Any], before: Mapping[str, Any]) -> list[dict[str, Any]]:
    first, *rest = before.get("addresses") or [{}]
    if geo:
        address["geo"] = {**(first.get("geo") or {}), **geo}
    return [{**first, **address}, *rest]


def flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """A contact's fields as parts that are changed apart: custom fields, and those of the first address."""
    found = {name: value for name, value in document.items() if name not in {"custom", "addresses"} and value}
    found |= {f"custom.{name}": value for name, value in document.get("custom", {}).items() if value is not None}
    first, *others = document.get("addresses") or [{}]
    found |= {f"addresses.{name}": value for name, value in first.items() if value is not None}
    if others:
        found[OTHERS] = others
    return found


def put_back(document: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The document with these parts in the place of its own; None takes one away."""
    parts = {**flat(document), **values}
    found = {name: value for name, value in parts.items() if value is not None and "." not in name}
    for name, value in parts.items():
        if name.startswith("custom.") and value is not None:
            found.setdefault("custom", {})[name.removeprefix("custom.")] = value
    first = {
        name.removeprefix("addresses."): value
        for name, value in parts.items()
        if name.startswith("addresses.") and name != OTHERS and value is not None
    }
    addresses = [*([first] if first else []), *(parts.get(OTHERS) or [])]
    return {**found, "addresses": addresses} if addresses else found
