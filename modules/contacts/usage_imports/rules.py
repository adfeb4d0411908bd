"""Which columns fill which figures of a month, and how a row's values become what a source says. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chalicelib.imports.target import Field
from chalicelib.imports.values import FieldType
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from modules.contacts.kinds import MONTH as MONTH_FORM
from modules.contacts.usage.rules import MONEY, Statement

CONTACT: Final = "contact_id"
EXTERNAL_ID: Final = "external_id"
MSISDN: Final = "msisdn"
LINE: Final = "line_id"
ACCOUNT: Final = "account"
MONTH: Final = "month"
AS_OF: Final = "as_of"
GIGABYTES: Final = "data_gb"
MEGABYTES_OF_A_GIGABYTE: Final = 1024
_OWN_ID: Final = re.compile(r"cnt_[0-9A-HJKMNP-TV-Z]{26}")
_OWN_LINE: Final = re.compile(r"lin_[0-9A-HJKMNP-TV-Z]{26}")
_MONTH: Final = re.compile(r"((?:19|20)\d\d)[-/.年]?(0[1-9]|1[0-2])月?(?:[-/]?01)?")
_QUANTITY: Final = re.compile(r"\d{1,12}(\.\d{1,6})?")
_COUNT: Final = re.compile(r"-?\d{1,12}(\.0*)?")
_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?")

FIELDS: Final = (
    Field(CONTACT, Text("Contact id", "客户编号"), looks_like=lambda cell: bool(_OWN_ID.fullmatch(cell)), key=True),
    Field(LINE, Text("Line id", "线路编号（系统）"), looks_like=lambda cell: bool(_OWN_LINE.fullmatch(cell)), key=True),
    Field(
        MSISDN,
        Text("Number", "号码"),
        synonyms=(
            "phone", "phone number", "mobile", "mobile number", "service number", "subscriber number",
            "手机", "手机号", "手机号码", "电话号码", "用户号码", "服务号码",
        ),
        key=True,
    ),
    Field(
        EXTERNAL_ID,
        Text("External id", "外部编号"),
        synonyms=(
            "id", "customerid", "customer no", "customer number", "custid", "cust no", "client id", "subscriber id",
            "external ids id", "客户编号", "客户id", "客户号", "用户编号", "用户id",
        ),
        key=True,
    ),
    Field(
        ACCOUNT,
        Text("Account", "账户"),
        synonyms=(
            "account id", "account number", "account no", "billing account", "acct id",
            "账户编号", "账户号", "帐号", "账号",
        ),
        key=True,
    ),
    Field(
        MONTH,
        Text("Month", "月份"),
        synonyms=(
            "billing month", "bill month", "bill cycle", "billing period", "period",
            "账期", "账单月", "计费月", "月",
        ),
    ),
    Field(AS_OF, Text("As of", "数据时间"), synonyms=("as at", "extracted at", "updated at", "统计时间", "数据日期")),
    Field("arpu", Text("ARPU", "ARPU"), FieldType.MONEY, ("average revenue per user", "户均收入", "每用户平均收入")),
    Field(
        "invoice",
        Text("Invoice", "账单金额"),
        FieldType.MONEY,
        (
            "monthly charge", "monthly charges", "bill amount", "invoice amount", "amount due", "billed amount",
            "月租", "月费", "应收", "应收金额", "应收费用", "账单", "出账金额", "出账费用", "月消费", "消费金额",
        ),
    ),
    Field(
        "payment",
        Text("Payment", "付款"),
        FieldType.MONEY,
        ("payments", "paid", "amount paid", "payment amount", "实收", "实收金额", "缴费", "缴费金额", "付款金额"),
    ),
    Field(
        "balance",
        Text("Balance", "余额"),
        FieldType.MONEY,
        ("account balance", "closing balance", "余额", "账户余额", "话费余额"),
    ),
    Field(
        "arrears",
        Text("Arrears", "欠费"),
        FieldType.MONEY,
        ("overdue", "overdue amount", "past due", "outstanding", "debt", "欠费", "欠费金额", "欠款"),
    ),
    Field(
        "value_added_services",
        Text("Value-added services", "增值业务费"),
        FieldType.MONEY,
        ("vas", "vas charge", "vas charges", "value added services", "增值业务", "增值费", "增值服务费"),
    ),
    Field(
        "long_distance",
        Text("Long distance", "长途费"),
        FieldType.MONEY,
        ("long distance charges", "avg monthly long distance charges", "长途", "长途话费", "长途费用"),
    ),
    Field(
        "voice_minutes",
        Text("Voice minutes", "通话分钟"),
        synonyms=("minutes", "voice", "call minutes", "mou", "minutes of use", "通话时长", "通话分钟数", "语音时长"),
    ),
    Field(
        "data_mb",
        Text("Data, MB", "流量（MB）"),
        synonyms=("data", "mb", "data usage mb", "megabytes", "traffic mb", "流量", "流量mb", "上网流量", "数据流量"),
    ),
    Field(
        GIGABYTES,
        Text("Data, GB", "流量（GB）"),
        synonyms=("gb", "data usage gb", "gigabytes", "traffic gb", "avg monthly gb download", "流量gb", "上网流量gb"),
    ),
    Field("sms", Text("SMS", "短信"), synonyms=("sms count", "messages", "text messages", "短信条数", "短信数")),
    Field("points", Text("Points", "积分"), synonyms=("loyalty points", "积分", "积分余额")),
)  # fmt: skip
KEYS: Final = frozenset({CONTACT, LINE, MSISDN, EXTERNAL_ID, ACCOUNT})


def identity(values: Mapping[str, Any]) -> str:
    """What tells rows apart: whose month, as the row names them, and which."""
    return "\n".join(str(values.get(name, "")) for name in (*sorted(KEYS), MONTH))


def month_of(values: Mapping[str, Any]) -> str:
    """The month, YYYY-MM, of what feeds write: 2026-10, 202610, 2026/10/01, 2026年10月. Raises Invalid."""
    found = _MONTH.fullmatch(str(values.get(MONTH, "")))
    if found is None:
        text = Text("A month, like 2026-10: of each row, or one for the file.", "应为月份，例如 2026-10。")
        raise _refused(MONTH, "month_expected", text)
    month = f"{found[1]}-{found[2]}"
    assert re.fullmatch(MONTH_FORM, month)  # noqa: S101 - the same form
    return month


def as_of(values: Mapping[str, Any], arrived: datetime) -> tuple[datetime, bool]:
    """When the source had it so, and whether it says that itself; else when the file arrived. Raises Invalid."""
    if AS_OF not in values:
        return arrived, False
    try:
        at = datetime.fromisoformat(str(values[AS_OF]))
    except ValueError as error:
        text = Text("A time, like 2026-11-02T04:00:00Z, or a date.", "应为时间，例如 2026-11-02T04:00:00Z。")
        raise _refused(AS_OF, "time_expected", text) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC), True


def statement(values: Mapping[str, Any], arrived: datetime) -> Statement:
    """What a row says of its month; empty cells say nothing. Raises Invalid for what is no amount or quantity."""
    figures: dict[str, str | None] = {}
    currencies = set()
    for name in MONEY:
        if name in values:
            figures[name] = _checked(name, values[name]["amount"], _AMOUNT)
            currencies.add(values[name]["currency"])
    if len(currencies) > 1:
        text = Text("All amounts of a month are in one currency.", "同一月份的金额必须使用同一币种。")
        raise _refused(min(MONEY), "other_currency", text)
    for name, form in (("voice_minutes", _QUANTITY), ("data_mb", _QUANTITY), ("sms", _COUNT), ("points", _COUNT)):
        if name in values:
            figures[name] = _checked(name, values[name], form)
    if GIGABYTES in values and "data_mb" not in figures:
        gigabytes = _checked(GIGABYTES, values[GIGABYTES], _QUANTITY)
        figures["data_mb"] = f"{Decimal(gigabytes) * MEGABYTES_OF_A_GIGABYTE:f}"
    at, stated = as_of(values, arrived)
    return Statement(figures, next(iter(currencies), None), at, stated)


def _checked(name: str, cell: str, form: re.Pattern[str]) -> str:
    try:
        good = bool(form.fullmatch(cell)) and Decimal(cell).is_finite()
    except InvalidOperation:
        good = False
    if not good:
        raise _refused(name, "number_expected", Text("A number, like 12 or 3.5.", "应为数字，例如 12 或 3.5。"))
    return cell


def _refused(name: str, code: str, text: Text) -> Invalid:
    return Invalid(errors=(FieldError(f"/{name}", code, text),))
