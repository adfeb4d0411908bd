"""What can be wrong with a survey."""

from chalicelib.modules import Text
from chalicelib.problems import StateConflict


def already_answered() -> StateConflict:
    """A survey is answered once."""
    return StateConflict(Text("This survey was answered already. Thank you.", "该问卷已经填写，感谢您的反馈。"))


def not_waiting() -> StateConflict:
    """Nobody is asked any more."""
    detail = Text("The survey does not wait for an answer any more.", "该问卷已不再等待填写。")
    return StateConflict(detail, reason="not_waiting")
