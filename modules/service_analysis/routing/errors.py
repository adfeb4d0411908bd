"""What can be wrong with routing."""

from chalicelib.modules import Text
from chalicelib.problems import StateConflict


def too_many(most: int) -> StateConflict:
    """So many rules are asked for each new request."""
    return StateConflict(Text(f"A tenant has at most {most} routing rules.", f"每个租户最多 {most} 条分派规则。"))
