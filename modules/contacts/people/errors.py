"""What can be wrong with a contact."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def unknown_reference(pointer: str, what: Text) -> Invalid:
    """A reference to something that is not there, or not for this caller: the same answer."""
    detail = Text(f"There is no such {what.en}.", f"{what.zh}不存在。")
    return Invalid(errors=(FieldError(pointer, "unknown_reference", detail),))


def not_an_organization() -> Invalid:
    """A parent has to be an organization."""
    detail = Text("A parent is an organization.", "上级必须是集团客户。")
    return Invalid(errors=(FieldError("/parent_id", "not_an_organization", detail),))


def has_children() -> StateConflict:
    """A contact with lines or interactions is not deleted by accident."""
    return StateConflict(
        Text(
            "This contact has lines or interactions: set its status to churned, or erase the person.",
            "该客户下有线路或交互记录：请将状态改为 churned，或执行个人信息删除。",
        )
    )
