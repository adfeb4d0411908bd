"""What can be wrong with a queue."""

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def unknown_queue(pointer: str = "queue_id") -> Invalid:
    """There is no such queue."""
    return unknown_reference(pointer, Text("There is no such queue.", "没有该队列。"))


def member_twice(place: int) -> Invalid:
    """A person stands in a queue once."""
    detail = Text("This person is in the queue already.", "此人已在该队列中。")
    return Invalid(errors=(FieldError(f"/members/{place}/user_id", "duplicate", detail),))


def no_member() -> StateConflict:
    """Only members switch their presence."""
    return StateConflict(Text("You are no member of this queue.", "您不是该队列的成员。"))


def too_many(most: int) -> StateConflict:
    """So many queues are read to route a request."""
    return StateConflict(Text(f"A tenant has at most {most} queues.", f"每个租户最多 {most} 个队列。"))
