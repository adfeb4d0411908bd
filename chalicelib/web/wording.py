"""What is wrong with a value, in both languages, by pydantic's stable error types."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.modules import Text

# Pydantic says these in English only; anything not listed falls back to «not valid» in Chinese.
_CHINESE: Final = {
    "missing": "缺少必填字段",
    "extra_forbidden": "不支持的字段，或由服务器维护的字段",
    "string_type": "应为字符串",
    "string_too_short": "长度至少为 {min_length} 个字符",
    "string_too_long": "长度最多为 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符：{pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "float_type": "应为数字",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "date_from_datetime_parsing": "应为日期 YYYY-MM-DD",
    "date_parsing": "应为日期 YYYY-MM-DD",
    "date_type": "应为日期 YYYY-MM-DD",
    "datetime_parsing": "应为 RFC 3339 时间",
    "datetime_from_date_parsing": "应为 RFC 3339 时间",
    "datetime_type": "应为 RFC 3339 时间",
    "timezone_aware": "时间必须带时区",
    "value_error": "取值无效",
}


def validation_detail(kind: str, message: str, context: Mapping[str, Any]) -> Text:
    """The finding in both languages; ``message`` is pydantic's English, ``context`` its bounds."""
    if kind == "value_error" and isinstance(detail := getattr(context.get("error"), "detail", None), Text):
        return detail
    if kind == "extra_forbidden":
        return Text("Unknown field, or one that the server owns", _CHINESE[kind])
    try:
        chinese = _CHINESE.get(kind, "取值无效").format(**context)
    except (KeyError, IndexError):
        chinese = "取值无效"
    return Text(message, chinese)
