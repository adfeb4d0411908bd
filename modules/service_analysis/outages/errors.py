"""What can be wrong with an outage."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def about_nothing() -> Invalid:
    """An outage of everything would answer every request."""
    detail = Text("Say where or what it is: area, category or product.", "请说明区域、类别或产品。")
    return Invalid(errors=(FieldError("/area", "about_nothing", detail),))


def began_later() -> Invalid:
    """Nobody declares an outage of the future."""
    detail = Text("An outage began at a time that has come.", "故障的开始时间不能在将来。")
    return Invalid(errors=(FieldError("/began_at", "in_the_future", detail),))


def announced_already() -> StateConflict:
    """There is one answer."""
    return StateConflict(Text("The answer has been given already.", "已发布答复。"), reason="announced")


def is_over() -> StateConflict:
    """What is closed stays so."""
    return StateConflict(Text("This outage is closed.", "该故障已关闭。"), reason="closed")
