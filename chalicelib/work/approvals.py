"""Approvals: one person asks, another one decides, and the asking module hears of it.

A decision holds for exactly what was asked: when a module asks for something else under the same source id, the
request that stood there is withdrawn and a new one begins. So nobody approves what they have not read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.changes.handling import Doors, Handling
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import Index, Op, Port
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, Page, Plan, list_records, read_page
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from chalicelib.work import rules
from chalicelib.work.asked import LONGEST_TEXT, LONGEST_TITLE, Slot, Source, check_texts, check_time, unit_of
from chalicelib.work.kinds import APPROVAL, EXPIRY
from chalicelib.work.records import Approval
from chalicelib.work.rules import ApprovalState, Refusal

# A request that nobody has decided for so long is asked again, or is not needed; the asker may say otherwise.
OPEN_FOR: Final = timedelta(days=30)
_LIMITS: Final = {"title": LONGEST_TITLE, "detail": LONGEST_TEXT}


@dataclass(frozen=True, slots=True)
class ApprovalWanted:
    """What is to be approved, in which org unit, who asks, and who is asked (None: anybody there but who asks).

    ``requested_by`` is a user's id. ``expires_at`` is 30 days ahead unless said otherwise.
    """

    title: str
    unit_path: str
    requested_by: str
    approver_id: str | None = None
    detail: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a module's request has ended: approved, rejected or expired."""

    source_id: str
    state: ApprovalState
    decided_by: str | None
    reason: str | None


def ask_for_approval(doors: Doors, source: Source, wanted: ApprovalWanted) -> bool:
    """Stage a request; False when as much is known. Raises ValueError for what does not fit, or an approver who asks.

    An approver who has left is replaced by anybody of the org unit.
    """
    check_texts(wanted, _LIMITS)
    check_time(wanted, "expires_at", doors.store.clock())
    if wanted.approver_id == wanted.requested_by:
        message = "nobody approves what they have asked for themselves"
        raise ValueError(message)
    if wanted.approver_id and not doors.background.directory.is_active_user(doors.tenant, wanted.approver_id):
        wanted = replace(wanted, approver_id=None)
    slot = Slot.of(doors, Port.APPROVAL, source)
    if slot is None:
        return False
    standing = slot.standing(Approval)
    if standing is None or not _asks_for_the_same(standing, source, wanted):
        if standing is not None:
            _end(slot.store, standing)
        standing = new_approval(slot.store, wanted, **source.values(doors.module))
    slot.keep(str(standing.id))
    return True


def withdraw_approval(doors: Doors, source: Source) -> bool:
    """Stage the end of a request that needs no decision any more; a decision stays. False when as much is known."""
    slot = Slot.of(doors, Port.APPROVAL, source)
    if slot is None:
        return False
    standing = slot.standing(Approval)
    if standing is not None:
        _end(slot.store, standing)
    slot.keep(None)
    return True


def outcome_of(handling: Handling) -> Outcome | None:
    """How the handling module's own request has ended, in a handler of ``approval.decided`` or ``approval.expired``.

    None for a request of another module, or of a person. The module declares that it contributes to core.approval.
    """
    approval = handling.port(Port.APPROVAL).get(Approval, str(handling.event.subject))
    if approval is None or approval.source_module != handling.module:
        return None
    return Outcome(str(approval.source_id), ApprovalState(approval.status), approval.decided_by, approval.reason)


def new_approval(store: Store, wanted: ApprovalWanted, **source: str | None) -> Approval:
    """Stage a new request, and the timer of its end."""
    approval = Approval.fresh(
        store.clock(),
        title=wanted.title,
        detail=wanted.detail,
        status=str(ApprovalState.PENDING),
        requested_by=wanted.requested_by,
        approver_id=wanted.approver_id,
        org_unit_id=unit_of(wanted.unit_path),
        unit_path=wanted.unit_path,
        expires_at=wanted.expires_at or store.clock() + OPEN_FOR,
        **source,
    )
    store.create(approval)
    remind(store, EXPIRY, str(approval.id), approval.expires_at, approval, versioned=False)
    return approval


def decide(
    store: Store, approval: Approval, by: str | None, wanted: ApprovalState, reason: str | None
) -> Refusal | None:
    """Stage a decision (approved or rejected); or why this person can't take it, and nothing is staged."""
    if (refused := rules.refusal(approval.request(), by, store.clock())) is not None:
        return refused
    approval.status, approval.reason = str(wanted), reason
    approval.decided_by, approval.decided_at = by, store.clock()
    # Four eyes in the data as well: whatever use case forgot the rule above could not commit.
    store.update(approval, verb="decided", also=Approval.requested_by != by)
    return None


def expire(firing: Firing) -> None:
    """End a request that nobody has decided."""
    approval = firing.record
    if not isinstance(approval, Approval) or approval.status != ApprovalState.PENDING:
        return
    if approval.expires_at <= firing.store.clock():
        approval.status = str(ApprovalState.EXPIRED)
        firing.store.update(approval, verb="expired")


def sees(store: Store, approval: Approval, user_id: str | None) -> bool:
    """Whether a caller sees a request: in their scope, or before them to decide."""
    return store.scope.admits(approval) or (user_id is not None and approval.approver_id == user_id)


def list_approvals(store: Store, query: ListQuery, user_id: str | None) -> Page[Approval]:
    """A page of requests; those before the caller, what expires first in front, in one round trip."""
    given = {each.name: each for each in query.terms if each.op is Op.EQ}
    if "requested_by" in given and given["requested_by"].values == (user_id,):
        return list_records(replace(store, scope=Scope(owner=user_id)), Approval, query)
    if user_id is None or "approver" not in given or given["approver"].values != (user_id,):
        return list_records(store, Approval, query)
    state = str(given["state"].values[0]) if "state" in given else None
    answered = [given["approver"], given.get("state")]
    rest = tuple(each for each in query.terms if each not in answered)
    pk = keys.by_state(store.boundary, APPROVAL.name, user_id)
    plan = Plan(Index.STATE, pk, keys.children(state) if state else None, None, rest)
    return read_page(replace(store, scope=EVERYTHING), Approval, plan, query, bounded=bool(rest))


def _asks_for_the_same(standing: Approval, source: Source, wanted: ApprovalWanted) -> bool:
    before = (standing.title, standing.detail, standing.link, standing.source_record, standing.requested_by)
    return before == (wanted.title, wanted.detail, source.link, source.record_id, wanted.requested_by)


def _end(store: Store, approval: Approval) -> None:
    if approval.status == ApprovalState.PENDING:
        approval.status = str(ApprovalState.WITHDRAWN)
        store.update(approval, verb="withdrawn")
