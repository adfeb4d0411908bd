"""What switching features can be refused for."""

from chalicelib.modules import Text
from chalicelib.problems import Conflict, FieldError, Invalid


class TooManyOverrides(Conflict):
    """Every process keeps them all: a feature has so many switches at most."""

    code, title = "too_many_overrides", Text("This feature has too many switches", "该功能的开关过多")


def no_audience() -> Invalid:
    """The refusal of a switch for nobody in particular."""
    text = Text("Name a role or an org unit; PUT switches it for everybody", "请指定角色或机构；PUT 对所有人生效")
    return Invalid(errors=(FieldError("/roles", "missing_audience", text),))


def unknown(place: int, field: str) -> Invalid:
    """The refusal of a role or org unit that there is not."""
    text = Text("There is no such role or org unit", "没有该角色或组织机构")
    return Invalid(errors=(FieldError(f"/{field}/{place}", "not_found", text),))


def over_already() -> Invalid:
    """The refusal of a switch that would never count."""
    text = Text("In the future", "须为将来的时间")
    return Invalid(errors=(FieldError("/expires_at", "out_of_range", text),))
