"""What can be wrong with a contact."""

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def unknown_parent() -> Invalid:
    """The parent is not there, or not for this caller: the same answer."""
    return unknown_reference("parent_id", Text("There is no such contact.", "没有这样的客户。"))


def unknown_household() -> Invalid:
    """The household is not there, or not for this caller: the same answer."""
    return unknown_reference("household_id", Text("There is no such household.", "没有这样的家庭。"))


def not_an_organization() -> Invalid:
    """A parent has to be an organization."""
    detail = Text("A parent is an organization.", "上级必须是集团客户。")
    return Invalid(errors=(FieldError("/parent_id", "not_an_organization", detail),))


def has_a_group() -> Invalid:
    """A contact that others stand below stays an organization."""
    detail = Text("Others stand below it: a parent is an organization.", "其下仍有客户：上级必须是集团客户。")
    return Invalid(errors=(FieldError("/type", "not_an_organization", detail),))


def has_children() -> StateConflict:
    """A contact with lines or interactions is not deleted by accident."""
    return StateConflict(
        Text(
            "This contact has or had lines, interactions or a group below it: set its status to churned, or erase it.",
            "该客户有过线路、交互记录或下级客户：请将状态改为 churned，或执行个人信息删除。",
        )
    )
