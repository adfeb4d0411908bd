"""What visits does when something changed."""

from collections.abc import Callable
from typing import Any, Final

from chalicelib.changes.handling import Doors, Handling
from chalicelib.changes.projections import put_in_place
from chalicelib.changes.rebuild import records_of
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.work import Step, Work
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.work.approvals import outcome_of
from modules.contacts.public import (
    AttributeValue,
    BadgeValue,
    Entry,
    Exclusion,
    Level,
    Source,
    contribute,
    tell,
    withdraw,
)
from modules.visits.records import Visit, Visitor, count

BROKEN: Final[set[str]] = set()
"""Ids of what these handlers can't handle at present: filled and emptied by tests."""

A_PAGE: Final = 7


class HandlerBrokenError(Exception):
    """What a handler that has a mistake in it raises."""


def _fails_for(subject: str) -> None:
    if subject in BROKEN:
        raise HandlerBrokenError(subject)


def tell_of_visit(handling: Handling) -> None:
    """Tell contacts of a visit through each of its ports."""
    _fails_for(str(handling.event.subject))
    visit = handling.subject()
    if isinstance(visit, Visit):
        _tell(handling, visit)


def tell_no_longer(handling: Handling) -> None:
    """Withdraw what was told of a visit that is gone."""
    source = Source(
        handling.event.changed["contact_id"][0], str(handling.event.subject), int(handling.event.subject_version)
    )
    _tell_no_longer(handling, source)


def _tell(doors: Doors, visit: Visit) -> None:
    source = Source(visit.contact_id, visit.id, int(visit.version))
    if visit.void:
        _tell_no_longer(doors, source)
        return
    tell(doors, source, Entry(f"visit_{visit.purpose}", visit.title, visit.visited_at, f"/v1/visits/{visit.id}"))
    contribute(doors, source, BadgeValue("mood", visit.mood, "warning" if visit.mood == "bad" else "info"))
    contribute(doors, source, AttributeValue("last_minutes", int(visit.minutes)))
    contribute(doors, source, Exclusion("marketing", f"visited {visit.outlet}", visit.visited_at))
    contribute(doors, source, Level(visit.mood, {"good": 1, "fair": 2}.get(visit.mood, 3)))


def _tell_no_longer(doors: Doors, source: Source) -> None:
    tell(doors, source, None)
    for kind in (BadgeValue, AttributeValue, Exclusion, Level):
        withdraw(doors, source, kind)


def know_visitor(handling: Handling) -> None:
    """Keep a copy of a contact's status."""
    _fails_for(str(handling.event.subject))
    contact: Any = handling.subject()
    if contact is not None:
        _know(handling, contact)


def _know(doors: Doors, contact: Any) -> None:
    put_in_place(doors.store, Visitor.of(doors.tenant, contact.id, contact.status), int(contact.version))


def forget_visitor(handling: Handling) -> None:
    """Forget a contact that is gone."""
    _fails_for(str(handling.event.subject))
    visitor = Visitor.of(handling.tenant, str(handling.event.subject), None)
    put_in_place(handling.store, visitor, int(handling.event.subject_version), gone=True)


def tally(handling: Handling) -> None:
    """Count what happened to a contact: an effect that does harm when it is done twice."""
    _fails_for(str(handling.event.subject))
    count(handling.store, str(handling.event.subject))


def hear(handling: Handling) -> None:
    """Count how a request of this module's has ended."""
    outcome = outcome_of(handling)
    if outcome is not None:
        count(handling.store, f"outcome.{outcome.source_id}.{outcome.state}")


def follow_up(firing: Firing) -> None:
    """Count that a timer has fired; for a visit, note it in its title too."""
    _fails_for(firing.record_id)
    count(firing.store, f"fired.{firing.record_id}")


def rebuild(work: Work) -> Step:
    """Tell of all visits again, then know all contacts again, page by page."""
    background, tenant = work.background, work.call.tenant_id
    if "contacts" not in work.checkpoint:
        visits, position = records_of(work, "visits", "visit", A_PAGE)
        for visit in visits:
            until_in(lambda visit=visit: _again(Doors.of(background, "visits", tenant), visit.stands_at()))
        return Step({"position": position} if position else {"contacts": None}, work.done + len(visits))
    reading = Doors.of(background, "visits", tenant).reading("contacts")
    found, position = reading.query(
        keys.by_kind(tenant, "contact"), index="gsi1", limit=A_PAGE, start=work.checkpoint["contacts"]
    )
    for contact in found:
        until_in(lambda contact=contact: _known_again(Doors.of(background, "visits", tenant), contact))
    return Step({"contacts": position}, work.done + len(found), finished=position is None)


def _again(doors: Doors, at: keys.Key) -> None:
    visit = doors.store.get_at(Visit, at)
    if visit is not None:
        _tell(doors, visit)
        doors.store.commit()


def _known_again(doors: Doors, contact: Any) -> None:
    _know(doors, contact)
    doors.store.commit()


def on_merge(work: Work) -> Step:
    """The loser's visits are the winner's; with ``counting`` only how many they are."""
    loser = work.params["loser"]
    return _repoint(work, lambda visit: visit.contact_id == loser, work.params["winner"], loser)


def on_unmerge(work: Work) -> Step:
    """Those that came with the loser are its own again."""
    loser = work.params["loser"]
    return _repoint(work, lambda visit: visit.merged_from == loser, loser, None)


def _repoint(work: Work, concerns: Callable[[Visit], bool], to: str, mark: str | None) -> Step:
    door = work.call.store.beside("visits", {"visit"})
    pk = keys.by_kind(door.boundary, "visit")
    found, position = door.query(pk, index="gsi1", limit=A_PAGE, start=work.checkpoint.get("position"))
    visits = [each for each in found if isinstance(each, Visit) and concerns(each)]
    for each in visits if not work.params.get("counting") else ():
        current = door.get(Visit, each.id)
        if current is not None and concerns(current):
            current.contact_id, current.merged_from = to, mark
            door.update(current)
    return Step({"position": position}, work.done + len(visits), finished=position is None)
