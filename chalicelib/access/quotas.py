"""Quotas as the gate and use cases meet them: the control plane says what is used up (tenants/usage), this refuses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from chalicelib.clock import Clock, json_time
from chalicelib.modules import CORE, Text
from chalicelib.problems import QuotaExceeded

API_REQUESTS: Final = "api_requests"
RECORDS: Final = "records"
STORAGE_BYTES: Final = "storage_bytes"
IMPORT_ROWS: Final = "import_rows"


@dataclass(frozen=True, slots=True)
class Spent:
    """A hard quota that is used up. ``resets_at`` is None for what is held: it falls when something is deleted."""

    module: str
    meter: str
    plan: str
    used: int
    limit: int
    resets_at: datetime | None


class Allowance(Protocol):
    """What knows a tenant's quotas (access.principal.Standing)."""

    def spent(self, module: str, meter: str, at: datetime) -> Spent | None:
        """The hard quota that is used up at that instant, or None."""
        ...


def check(allowance: Allowance | None, module: str, meter: str, at: datetime) -> None:
    """Let it pass, or raise QuotaExceeded; who is no tenant's has no quotas."""
    if allowance is not None and (spent := allowance.spent(module, meter, at)):
        raise exceeded(spent)


def may_hold_more(allowance: Allowance, clock: Clock, unit: str) -> None:
    """Refuse another record of a unit whose quota of records is used up: a store's guard. Raises QuotaExceeded.

    What core keeps of a tenant (people, jobs, files) is no record of a module's.
    """
    if unit != CORE:
        check(allowance, unit, RECORDS, clock())


def exceeded(spent: Spent) -> QuotaExceeded:
    """The refusal that says which quota, how much, until when, and what to do (api.md, Errors)."""
    # The control plane has no subscription of its own: its quotas are those of the tenant's highest plan.
    module = "{module}" if spent.module == CORE else spent.module
    route = f"PUT /v1/modules/{module}/subscription"
    until = spent.resets_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if spent.resets_at else ""
    en = f"It starts again at {until}" if until else "Delete what you no longer need"
    zh = f"将于 {until} 重新计算" if until else "请删除不再需要的数据"
    text = Text(
        f"The plan {spent.plan} has {spent.limit} {spent.meter} for {spent.module}, and {spent.used} are used. "
        f"{en}, or an admin chooses a higher plan with {route}.",
        f"套餐 {spent.plan} 为 {spent.module} 提供 {spent.limit} 个 {spent.meter}，已使用 {spent.used}。"
        f"{zh}，或由管理员通过 {route} 升级套餐。",
    )
    return QuotaExceeded(
        text,
        module=spent.module,
        meter=spent.meter,
        plan=spent.plan,
        used=spent.used,
        limit=spent.limit,
        resets_at=json_time(spent.resets_at),
        upgrade_with=route,
    )
