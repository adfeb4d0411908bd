"""What can be wrong with a merge."""

from collections.abc import Iterable

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


class NotMergeable(StateConflict):
    code, title = "not_mergeable", Text("These contacts can't be merged now", "这些客户目前无法合并")


class NotUnmergeable(StateConflict):
    code, title = "not_unmergeable", Text("This merge can't be undone", "此次合并无法撤销")


def merged_already(into: str) -> NotMergeable:
    """One of the two is no contact of its own any more."""
    text = Text(f"It has been merged into {into} already.", f"该客户已合并到 {into}。")
    return NotMergeable(text, merged_into=into)


def same_contact() -> Invalid:
    """The loser is the winner."""
    text = Text("A contact is not merged with itself.", "客户不能与自身合并。")
    return Invalid(errors=(FieldError("/loser_id", "same_contact", text),))


def unlike(winner: str, loser: str) -> NotMergeable:
    """A person and an organization are not one customer."""
    return NotMergeable(
        Text(f"One is an {winner}, the other an {loser}.", f"类型不同：{winner} 与 {loser}。"),
    )


def stands_above() -> NotMergeable:
    """The hierarchy would become a circle."""
    return NotMergeable(
        Text("The loser stands above the winner in the hierarchy.", "被合并客户在层级上位于保留客户之上。")
    )


def still_moving() -> NotMergeable:
    """Children are on their way to the loser."""
    return NotMergeable(
        Text("An earlier merge into the loser is still under way.", "被合并客户的上一次合并仍在进行中。")
    )


def unknown_choice(field: str, known: Iterable[str]) -> Invalid:
    """There is no such field to choose."""
    text = Text(f"Fields to choose: {', '.join(known)}.", f"可选择的字段：{', '.join(known)}。")
    return Invalid(errors=(FieldError(f"/fields/{field}", "unknown_field", text),))


def not_a_list(field: str) -> Invalid:
    """«both» is for what can hold both."""
    text = Text("This field has one value: winner or loser.", "该字段只有一个值：winner 或 loser。")
    return Invalid(errors=(FieldError(f"/fields/{field}", "not_a_list", text),))


def too_many(field: str, most: int) -> Invalid:
    """What is found by these must not be lost: the caller chooses."""
    text = Text(
        f"Together they have more than {most}: choose winner or loser.", f"合计超过 {most} 个：请选择 winner 或 loser。"
    )
    return Invalid(errors=(FieldError(f"/fields/{field}", "too_many", text),))


def not_now(status: str) -> NotUnmergeable:
    """It has been undone, or is on its way."""
    return NotUnmergeable(Text(f"This merge is {status}.", f"该合并当前状态为 {status}。"))


def too_late() -> NotUnmergeable:
    """The thirty days are over."""
    return NotUnmergeable(Text("A merge is undone within 30 days.", "合并只能在 30 天内撤销。"))


def merged_further(into: str) -> NotUnmergeable:
    """What was merged last is taken apart first."""
    text = Text(
        f"The winner has been merged into {into}: undo that first.", f"保留客户已合并到 {into}：请先撤销该合并。"
    )
    return NotUnmergeable(text, merged_into=into)


def keys_taken(taken: list[str]) -> NotUnmergeable:
    """Somebody has what the loser was known by."""
    names = ", ".join(taken)
    text = Text(f"Taken by another contact meanwhile: {names}.", f"已被其他客户占用：{names}。")
    return NotUnmergeable(text, taken=taken)
