"""What can be wrong with a line."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def no_such_taker() -> Invalid:
    """Who is to have the numbers is not there, not for this caller, or has them."""
    detail = Text("There is no such other contact.", "没有这样的其他客户。")
    return Invalid(errors=(FieldError("/to", "unknown_reference", detail),))


def not_then() -> Invalid:
    """Numbers go over after their owner got them, and not in the future."""
    detail = Text("After the line got its numbers, and not in the future.", "应晚于该线路取得号码之时，且不得为将来。")
    return Invalid(errors=(FieldError("/at", "not_then", detail),))


def has_ended() -> StateConflict:
    """A line that has ended has nothing to hand over."""
    return StateConflict(Text("This line has ended: its numbers are free.", "该线路已终止，号码已释放。"))
