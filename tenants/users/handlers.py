"""The job by which a person's records are handed over to another one.

records of all kinds that name the person → what modules hold otherwise → once more until nothing is found
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.changes.rewriting import Rewriting, kinds_that, of_owner, pass_on, protocols_of
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Protocol
from chalicelib.store import keys
from chalicelib.store.records import Record
from chalicelib.store.scope import EVERYTHING
from chalicelib.work.kinds import APPROVAL
from chalicelib.work.records import Approval
from chalicelib.work.rules import ApprovalState
from tenants.users.records import User

REASSIGNED: Final = "reassigned"
A_PAGE: Final = 40
# Until a deactivation is known everywhere (4 s, chalicelib/cached.py) records can still be given to the person, by
# requests of up to 29 s (API Gateway) and steps of up to 30 s (a lease).
SETTLED: Final = timedelta(seconds=40)


def reassign_step(work: Work) -> Step:
    """One page of a pass through what the person looks after, as far as who asked can see it."""
    kinds: list[str] | None = work.params["kinds"]
    protocols = tuple(protocols_of(work.background.catalogue, Protocol.ON_OWNER_MOVED, kinds))
    passed = pass_on(work, work.call.store, _records(work, kinds), protocols)
    if not passed.over:
        return Step(passed.checkpoint, passed.done)
    if passed.found:
        return Step(passed.begin_again(), passed.done)
    if _may_still_be_given(work):
        return Step(passed.begin_again(), passed.done, paused=True)
    return Step({}, passed.done, finished=True, result={"records": passed.done})


def approvals_step(work: Work) -> Step:
    """Requests that wait for the person's decision (Protocol.ON_OWNER_MOVED of core).

    Whoever has asked does not decide: what the new person has asked for waits for anybody of the org unit.
    """
    kinds: list[str] | None = work.params["kinds"]
    if kinds is not None and APPROVAL.name not in kinds:
        return Step({}, work.done, finished=True)
    store = work.call.store
    pk = keys.by_state(store.boundary, APPROVAL.name, work.params["from"])
    begins = keys.children(ApprovalState.PENDING)
    start = work.checkpoint.get("position")
    found, position = store.query(pk, begins=begins, index=Index.STATE, limit=A_PAGE, start=start)
    raws = store.fetch([each.stands_at() for each in found]) if found else {}
    changed = 0
    # A request is seen by who is asked to decide it, wherever it stands.
    for at, raw in raws.items():
        approval = replace(store, scope=EVERYTHING).known(Approval, at, raw)
        waits = approval is not None and approval.status == ApprovalState.PENDING
        if approval is not None and waits and approval.approver_id == work.params["from"]:
            approval.approver_id = None if approval.requested_by == work.params["to"] else work.params["to"]
            changed += store.update(approval, verb=REASSIGNED)
    return Step({"position": position}, work.done + changed, finished=position is None)


def _records(work: Work, kinds: list[str] | None) -> Rewriting:
    giver, taker = work.params["from"], work.params["to"]

    def hand_over(record: Record) -> bool:
        return record.owner() == giver and record.hand_over(taker)

    all_kinds = kinds_that(work.background.catalogue, "hand_over")
    wanted = tuple((unit, kind) for unit, kind in all_kinds if kinds is None or kind in kinds)
    return Rewriting(wanted, of_owner(work.call.tenant_id, giver), hand_over, REASSIGNED)


def _may_still_be_given(work: Work) -> bool:
    """Whether the person has been deactivated so lately that somebody may not know it yet."""
    user = replace(work.call.store, scope=EVERYTHING).get(User, work.params["from"])
    return user is not None and not user.works and work.call.now - user.updated_at < SETTLED
