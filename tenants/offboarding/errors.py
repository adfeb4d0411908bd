"""What leaving can be refused for."""

from datetime import datetime

from chalicelib.modules import Text
from chalicelib.problems import StateConflict


def not_leaving() -> StateConflict:
    """The refusal of an export for a tenant that stays."""
    return StateConflict(Text("The tenant is not leaving: offboard it first.", "该租户未在离开流程中：请先办理离开。"))


def export_erased() -> StateConflict:
    """The refusal of an export when the erasure has begun."""
    return StateConflict(Text("The export was erased with the tenant's data.", "导出文件已随租户数据一并清除。"))


def too_early(until: datetime) -> StateConflict:
    """The refusal of an erasure within the grace period."""
    text = Text(f"The grace period lasts until {until.isoformat()}.", f"宽限期至 {until.isoformat()}。")
    return StateConflict(text, erase_after=until.isoformat())


def export_lacking() -> StateConflict:
    """The refusal of an erasure before the tenant could take its data along."""
    text = Text("The export that was asked for is not ready: POST …/offboard begins it anew.", "所要求的导出尚未完成。")
    return StateConflict(text)
