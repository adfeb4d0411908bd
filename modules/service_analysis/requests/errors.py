"""What can be wrong with a request."""

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict
from modules.service_analysis.requests.rules import Refused


def unknown_customer() -> Invalid:
    """The customer is not there, or not for this caller: the same answer."""
    return unknown_reference("contact_id", Text("There is no such contact in your reach.", "没有您可见的该客户。"))


def unknown_line() -> Invalid:
    """The line is none of the customer's."""
    return unknown_reference("line_id", Text("The contact has no such line.", "该客户没有这条线路。"))


def unknown_parent() -> Invalid:
    """The parent is not there, or not for this caller, or has a parent itself."""
    return unknown_reference(
        "parent_id", Text("There is no such request that could be a parent.", "没有可作为上级的该请求。")
    )


def unknown_file(place: int) -> Invalid:
    """A file is not there, not whole, or not for this caller."""
    return unknown_reference(f"attachments/{place}", Text("There is no such whole file.", "没有这样的完整文件。"))


def unknown_heir() -> Invalid:
    """A request that another is to be merged into is not there, is the same, or has ended in another one itself."""
    return unknown_reference("to", Text("There is no such other open request.", "没有这样的其他未结请求。"))


def opened_later() -> Invalid:
    """Nobody opens a request in the future."""
    detail = Text("A request is opened at a time that has come.", "请求的提出时间不能在将来。")
    return Invalid(errors=(FieldError("/opened_at", "in_the_future", detail),))


def never_opened() -> Invalid:
    """What comes from elsewhere was opened there, and not now."""
    detail = Text("Say when it was opened.", "请说明请求的提出时间。")
    return Invalid(errors=(FieldError("/opened_at", "missing", detail),))


def ended_before(name: str) -> Invalid:
    """A request was solved or closed before it was opened, or will be."""
    detail = Text("Not before it was opened, and not in the future.", "不得早于提出时间，也不得在将来。")
    return Invalid(errors=(FieldError(f"/{name}", "not_in_its_time", detail),))


def not_now(refused: Refused) -> StateConflict:
    """The request's state does not allow what is asked for."""
    return StateConflict(refused.detail, reason=str(refused.reason))
