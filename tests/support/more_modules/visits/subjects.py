"""What visits holds of a person. Visits have no index by contact: all are looked through."""

from dataclasses import replace
from typing import Final

from chalicelib.holdings.export import line_of
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.visits.manifest import MANIFEST, VISIT
from modules.visits.records import Visit

A_PAGE: Final = 5


def export_step(work: Work) -> Step:
    """A page of the person's visits, as lines of JSON."""
    found, position = _page(work)
    holdings = Holdings(work.call.catalogue, _door(work))
    rows = {"visits.visit": [line_of(holdings, Found("visits", each.raw())) for each in found]}
    return Step({"position": position}, work.done + len(found), finished=position is None, result={"rows": rows})


def erase_step(work: Work) -> Step:
    """Delete a page of the person's visits; their ids lead core to the work that they have made."""
    found, position = _page(work)
    door = _door(work)
    for each in found:
        door.known(Visit, each.stands_at(), each.raw())
        door.delete(each, with_children=True)
    result = {"deleted": {VISIT.name: len(found)}, "ids": [each.id for each in found]}
    return Step({"position": position}, work.done + len(found), finished=position is None, result=result)


def _door(work: Work) -> Store:
    return replace(work.call.store, scope=EVERYTHING).beside("visits", {each.name for each in MANIFEST.kinds})


def _page(work: Work) -> tuple[list[Visit], dict[str, object] | None]:
    door = _door(work)
    at = keys.by_kind(door.boundary, VISIT.name)
    found, position = door.query(at, index=Index.CREATION, limit=A_PAGE, start=work.checkpoint.get("position"))
    raws = door.fetch([each.stands_at() for each in found]) if found else {}
    visits = [each for at, raw in raws.items() if (each := door.known(Visit, at, raw))]
    return [each for each in visits if each.contact_id in work.params["contact_ids"]], position
