"""What leaving can be refused for."""

from datetime import datetime

from chalicelib.modules import Text
from chalicelib.problems import StateConflict


def too_early(until: datetime) -> StateConflict:
    """The refusal of an erasure within the grace period."""
    text = Text(f"The grace period lasts until {until.isoformat()}.", f"宽限期至 {until.isoformat()}。")
    return StateConflict(text, erase_after=until.isoformat())


def export_lacking() -> StateConflict:
    """The refusal of an erasure before the tenant could take its data along."""
    text = Text("The export that was asked for is not ready: POST …/offboard begins it anew.", "所要求的导出尚未完成。")
    return StateConflict(text)
