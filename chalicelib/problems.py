"""Problems: every refusal that a caller can meet, as RFC 9457 says it (api.md, Errors).

A use case raises the problem that names the fact; the web layer writes it in the caller's language. Codes never
change. A module declares its own beside these, in its ``errors.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from chalicelib.modules import Text


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid value: a JSON pointer into the body (or ``/query/<name>``), a stable code and what is wrong."""

    pointer: str
    code: str
    detail: Text


class Problem(Exception):
    """Base of all problems. Subclasses fix status, code and title; an instance says what is wrong here."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[Text] = Text("Internal error", "内部错误")

    def __init__(
        self,
        detail: Text | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(self.code)
        self.detail = detail or self.title
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra


class BadRequest(Problem):
    status, code, title = 400, "bad_request", Text("Malformed request", "请求格式错误")


class InvalidParameter(BadRequest):
    code, title = "invalid_parameter", Text("Invalid query parameter", "查询参数无效")


class TotalNotAvailable(InvalidParameter):
    code, title = "total_not_available", Text("There is no total for this", "无法提供此总数")


class InvalidCursor(BadRequest):
    code = "invalid_cursor"
    title = Text("The cursor is not valid here: start again without one", "游标无效：请不带游标重新开始")


class Merged(Problem):
    status, code = 308, "merged"
    title = Text("Merged into another record: go on there", "已合并到另一条记录：请转到该记录")


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"
    title = Text(
        "No valid credential: send «Authorization: Bearer …»", "缺少有效凭证：请发送 “Authorization: Bearer …”"
    )


class PermissionDenied(Problem):
    status, code, title = 403, "permission_denied", Text("Permission denied", "没有权限")


class ModuleNotEnabled(Problem):
    status, code, title = 403, "module_not_enabled", Text("Module not enabled", "模块未启用")


class ModuleReadOnly(Problem):
    status, code, title = 403, "module_read_only", Text("This module can only be read for now", "该模块目前只读")


class ModuleActivating(Problem):
    status, code = 503, "module_activating"
    title = Text("This module is catching up after a pause", "该模块正在补齐停用期间的数据")


class FeatureDisabled(Problem):
    status, code, title = 403, "feature_disabled", Text("Feature disabled", "功能已停用")


class TenantSuspended(Problem):
    status, code, title = 403, "tenant_suspended", Text("This tenant is suspended", "该租户已暂停")


class TenantReadOnly(Problem):
    status, code = 403, "tenant_read_only"
    title = Text("This tenant is read-only for now", "该租户目前只读")


class NotFound(Problem):
    status, code, title = 404, "not_found", Text("Not found", "未找到")


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", Text("Method not allowed", "不允许的方法")


class Conflict(Problem):
    status, code, title = 409, "conflict", Text("Conflict", "冲突")


class AlreadyExists(Conflict):
    code, title = "already_exists", Text("Already exists", "已存在")


class AmbiguousKey(Conflict):
    code, title = "ambiguous_key", Text("Several records share this key", "多条记录共用此键值")


class StateConflict(Conflict):
    code, title = "state_conflict", Text("Not possible in the present state", "当前状态下无法执行")


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"
    title = Text("A request with this Idempotency-Key is still running", "使用该 Idempotency-Key 的请求仍在执行")


class VersionMismatch(Problem):
    status, code = 412, "version_mismatch"
    title = Text("The record has changed since you read it", "记录在读取后已被修改")


class PayloadTooLarge(Problem):
    status, code = 413, "payload_too_large"
    title = Text("The body is larger than 5 MB: use the files API", "请求体超过 5 MB：请使用文件接口")


class UnsupportedMediaType(Problem):
    status, code = 415, "unsupported_media_type"
    title = Text("Send JSON: «Content-Type: application/json»", "请发送 JSON：“Content-Type: application/json”")


class Invalid(Problem):
    status, code, title = 422, "invalid", Text("Some values are not valid", "部分取值无效")


class IdempotencyMismatch(Problem):
    status, code = 422, "idempotency_key_reused"
    title = Text("This Idempotency-Key was used with another body", "该 Idempotency-Key 已用于不同的请求体")


class TooMuchForOneTransaction(Problem):
    status, code = 422, "atomic_batch_too_large"
    title = Text("Too much for one transaction", "超出单个事务的容量")


class RecordTooLarge(Problem):
    status, code, title = 422, "record_too_large", Text("A record holds at most 64 KB", "单条记录最多 64 KB")


class QuotaExceeded(Problem):
    status, code, title = 402, "quota_exceeded", Text("A quota of your plan is used up", "套餐配额已用完")


class RateLimited(Problem):
    status, code, title = 429, "rate_limited", Text("Too many requests", "请求过于频繁")


class TooManyAttempts(Problem):
    status, code = 429, "too_many_attempts"
    title = Text("Too many bad credentials from here: wait a little", "此来源的无效凭证过多：请稍候再试")


class StoreUnavailable(Problem):
    status, code = 503, "store_unavailable"
    title = Text("The store did not answer: try again", "存储暂不可用：请重试")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class InternalError(Problem):
    """Something of ours broke. The log has the stack trace, the caller the request id."""


class ValueRefused(ValueError):
    """Raised inside pydantic validators: a value's refusal in both languages."""

    def __init__(self, detail: Text) -> None:
        super().__init__(detail.en)
        self.detail = detail
