"""When memberships are looked at again: events, timers, what modules tell, and the jobs that go over many customers."""

from datetime import datetime
from typing import Any, Final

from chalicelib.background import Background
from chalicelib.changes.handling import Handling
from chalicelib.jobs.records import Job
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.store import keys
from chalicelib.store.following import follow
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT, SEGMENT
from modules.contacts.memberships.records import MEMBER, Assessment, SegmentMembership, members, memberships_in
from modules.contacts.memberships.service import enlist, reassess, unassessed
from modules.contacts.segments.records import Segment
from modules.contacts.usage_loads.records import UsageLoad

# A page of customers a step: some transactions of their own, a second's work.
A_PAGE: Final = 100
STATIC: Final = "static"
MOST_SIZES: Final = 90
CLEAR: Final = "contacts.clear_segment"


def reassess_subject(handling: Handling) -> None:
    """The contact of an event, or of a line's or a merge's event, as it stands now.

    One that was merged into another leaves the lists that it was on to that one.
    """
    if handling.event.place:
        pk, _ = handling.event.place
        contact_id = keys.root_id(pk)
        heir = follow(handling.store, CONTACT.name, contact_id)
        if heir is not None and heir != contact_id:
            _inherit(handling, contact_id, heir)
        reassess(handling.background, handling.tenant, [contact_id])


def _inherit(handling: Handling, contact_id: str, heir: str) -> None:
    store = handling.store
    held = memberships_in(store.get_item(Assessment, Assessment.key_of(handling.tenant, contact_id)))
    for segment_id in held:
        segment = store.get(Segment, segment_id)
        if segment is not None and segment.rests_on == STATIC:
            enlist(handling.background, handling.tenant, segment_id, [heir], member=True)


def reassess_used(handling: Handling) -> None:
    """The contacts of whom one load has told a month's usage."""
    load = handling.subject()
    if isinstance(load, UsageLoad):
        reassess(handling.background, handling.tenant, load.contacts)


def wake(firing: Firing) -> None:
    """A contact of whom time alone may have changed something, unless another time has been set since."""
    assessed = firing.store.get_item(Assessment, Assessment.key_of(firing.tenant, firing.record_id))
    wakes_at: datetime | None = assessed.wakes_at if assessed else None
    if wakes_at is not None and wakes_at <= firing.store.clock():
        reassess(firing.background, firing.tenant, [firing.record_id])


def reassess_after_all(firing: Firing) -> None:
    """A contact of which a module has told something: whether or not the errand was run that was sent for it."""
    reassess(firing.background, firing.tenant, [firing.record_id])


def reassess_told(background: Background, tenant: str, contact_id: str) -> None:
    """A contact of which a module has told something; a timer comes after it, should this be lost."""
    reassess(background, tenant, [contact_id])


def build_step(work: Work) -> Step:
    """The next page of all customers, by the rules in force; at the end the segment is ready.

    Another job that has been started for the segment since takes this one's place.
    """
    segment = work.call.store.get(Segment, work.params["segment_id"])
    if segment is None or segment.job_id != work.job_id:
        return Step(work.checkpoint, work.done, finished=True, result={"superseded": True})
    store = work.background.store("contacts", work.call.tenant_id, "segments", work.job_id)
    found, position = store.query(
        keys.by_kind(store.boundary, CONTACT.name), index="gsi1", limit=A_PAGE, start=work.checkpoint.get("position")
    )
    ids = [keys.root_id(each.pk) for each in found]
    # Who has been assessed by this rule since it was written need not be again: another segment's job has come by.
    edition = work.params.get("edition")
    reassess(work.background, store.boundary, unassessed(store, ids, edition) if edition else ids)
    done = work.done + len(found)
    if position is not None:
        return Step({"position": position}, done)
    segment.status = "ready"
    work.call.store.update(segment, verb="built")
    return Step({}, done, done, finished=True, result={"customers": done})


def build_given_up(store: Store, job: Job, checkpoint: dict[str, Any]) -> None:
    """Say of a segment that not all customers have been looked at."""
    del checkpoint
    contacts = store.beside("contacts", {SEGMENT.name})
    segment = contacts.get(Segment, job.params["segment_id"])
    if segment is not None and segment.job_id == job.id and segment.status == "building":
        segment.status = "incomplete"
        contacts.update(segment)


def change_members_step(work: Work) -> Step:
    """Put the next customers on a list, then take others off it."""
    segment_id, at = work.params["segment_id"], int(work.checkpoint.get("at", 0))
    asked = [(each, True) for each in work.params["add"]] + [(each, False) for each in work.params["remove"]]
    if work.call.store.get(Segment, segment_id) is None:
        return Step(work.checkpoint, work.done, finished=True, result={"superseded": True})
    page = asked[at : at + A_PAGE]
    for member in (True, False):
        ids = [each for each, joins in page if joins is member]
        enlist(work.background, work.call.tenant_id, segment_id, ids, member=member)
    at += len(page)
    return Step({"at": at}, at, len(asked), finished=at == len(asked), result={"customers": at})


def clear_step(work: Work) -> Step:
    """Take the next members out of a segment that is gone."""
    segment_id = work.params["segment_id"]
    store = work.background.store("contacts", work.call.tenant_id, "segments", work.job_id)
    ids = _members_left(store, segment_id)
    enlist(work.background, store.boundary, segment_id, ids, member=False, told=False)
    done = work.done + len(ids)
    return Step({}, done, finished=not ids, result={"customers": done})


def clear(firing: Firing) -> None:
    """Take away what is left of a segment that is gone: who was put in by somebody who did not know, and its sizes."""
    if ids := _members_left(firing.store, firing.record_id):
        enlist(firing.background, firing.tenant, firing.record_id, ids, member=False, told=False)
        remind(firing.store, CLEAR, firing.record_id, firing.store.clock())
        return
    left, position = firing.store.query(members(firing.tenant, firing.record_id), limit=MOST_SIZES)
    for item in left:
        firing.store.remove(item.stands_at())
    if position is not None:
        remind(firing.store, CLEAR, firing.record_id, firing.store.clock())


def _members_left(store: Store, segment_id: str) -> list[str]:
    found, _ = store.query(members(store.boundary, segment_id), begins=keys.children(MEMBER), limit=A_PAGE)
    return [str(each.contact_id) for each in found if isinstance(each, SegmentMembership)]
