"""What a decision can be refused for."""

from chalicelib.modules import Text
from chalicelib.problems import PermissionDenied, Problem, StateConflict
from chalicelib.work.rules import Refusal


class FourEyes(PermissionDenied):
    """Who asks does not decide."""

    code, title = "four_eyes", Text("Nobody decides what they have asked for themselves", "不能审批本人发起的申请")


def refused(why: Refusal) -> Problem:
    """The problem that a refusal means."""
    match why:
        case Refusal.OWN_REQUEST:
            return FourEyes()
        case Refusal.NO_PERSON:
            return PermissionDenied(Text("Only a person decides.", "只有用户本人可以审批。"))
        case Refusal.NOT_ASKED:
            return PermissionDenied(Text("Another person is asked to decide this.", "该申请由其他人审批。"))
        case Refusal.EXPIRED:
            return StateConflict(Text("This request has expired.", "该申请已过期。"))
        case Refusal.NOT_PENDING:
            return StateConflict(Text("This request is no longer pending.", "该申请已不在待审批状态。"))
