"""Steps of the protocols that cross all modules: a customer's requests, found by look-up entries.

An erased customer's requests stay as figures: what was wrong, where and how long it took, and no word of whose it was.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from chalicelib.holdings.export import line_of
from chalicelib.holdings.walk import Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.store import keys
from chalicelib.store.records import Claim
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.service_analysis.entries.records import Entry
from modules.service_analysis.kinds import ENTRY, REQUEST, SURVEY
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.surveys.service import survey_of

UNIT: Final = "service_analysis"
OF_CONTACT: Final = "request_of_contact"
A_PAGE: Final = 20
"""Requests, or entries of one: each is rewritten with its event and its look-up entries, four of a hundred actions."""
ERASED: Final = Text("Erased", "已删除")
_SAID: Final = frozenset({REQUEST.name, ENTRY.name, SURVEY.name})
_OF_THE_PERSON: Final = (
    "description",
    "solution",
    "external_id",
    "attachments",
    "contact_id",
    "line_id",
    "merged_from",
)


def export_step(work: Work) -> Step:
    """One request with its history and its survey, as lines of JSON."""
    door = _door(work)
    holdings = Holdings(work.call.catalogue, door)
    place = int(work.checkpoint.get("contact", 0))
    contacts: list[str] = work.params["contact_ids"]
    if place == len(contacts):
        return Step(done=work.done, finished=True)
    ids, position = _page(door, contacts[place], work.checkpoint.get("position"), limit=1)
    rows: dict[str, list[str]] = {}
    for each in ids:
        survey = survey_of(door, each)
        roots = [(REQUEST.name, each), *([(SURVEY.name, str(survey.id))] if survey else [])]
        for page in (
            page for root in roots for page in holdings.partition(UNIT, keys.collection(door.boundary, *root))
        ):
            for found in page:
                if found.kind in _SAID:
                    rows.setdefault(f"{UNIT}.{found.kind}", []).append(line_of(holdings, found))
    at = {"contact": place, "position": position} if position else {"contact": place + 1}
    return Step(at, work.done + len(ids), result={"rows": rows})


def erase_step(work: Work) -> Step:
    """Blank a page of what a request says of the person; requests that say nothing more are found no more."""
    door = _door(work)
    for record in _requests(door, work.params["contact_ids"]):
        entries = list(_wordy(door, record))[:A_PAGE]
        for entry in entries:
            entry.text = entry.attachments = entry.contact_id = None
            door.update(entry, verb="erased")
        if len(entries) == A_PAGE:
            return Step({}, work.done, result={"rewritten": {ENTRY.name: len(entries)}, "ids": [record.id]})
        record.title = ERASED.en
        for name in _OF_THE_PERSON:
            setattr(record, name, None)
        door.update(record, verb="erased")
        told: dict[str, Any] = {REQUEST.name: 1} | ({ENTRY.name: len(entries)} if entries else {})
        survey = survey_of(door, record.id)
        if survey is not None:
            # The ratings stay as figures; its links count no more.
            survey.comment = survey.contact_id = survey.nonce = None
            door.update(survey, verb="erased")
            told[SURVEY.name] = 1
        return Step({}, work.done + 1, result={"rewritten": told, "ids": [record.id]})
    return Step({}, work.done, finished=True)


def on_merge(work: Work) -> Step:
    """The loser's requests are the winner's; with ``counting`` only how many they are."""
    loser = work.params["loser"]
    door = _door(work)
    if work.params.get("counting"):
        ids, position = _page(door, loser, work.checkpoint.get("position"), limit=A_PAGE)
        return Step({"position": position}, work.done + len(ids), finished=position is None)
    return _repoint(door, work, loser, work.params["winner"], lambda record: record.contact_id == loser, loser)


def on_unmerge(work: Work) -> Step:
    """Those that came with the loser are its own again."""
    loser = work.params["loser"]
    return _repoint(_door(work), work, work.params["winner"], loser, lambda record: record.merged_from == loser, None)


def _repoint(door: Store, work: Work, of: str, to: str, concerns: Any, mark: str | None) -> Step:
    ids, position = _page(door, of, work.checkpoint.get("position"), limit=A_PAGE)
    raws = door.fetch([ServiceRequest.key_of(door.boundary, each) for each in ids]) if ids else {}
    records = [known for at, raw in raws.items() if (known := door.known(ServiceRequest, at, raw))]
    moving = [each for each in records if concerns(each)]
    for each in moving:
        each.contact_id, each.merged_from = to, mark
        door.update(each, verb="moved_to")
    return Step({"position": position}, work.done + len(moving), finished=position is None)


def _door(work: Work) -> Store:
    kinds = {REQUEST.name, ENTRY.name, SURVEY.name}
    return replace(work.call.store, scope=EVERYTHING).beside(UNIT, kinds)


def _page(door: Store, contact_id: str, start: Any, limit: int) -> tuple[list[str], Any]:
    partition = keys.lookup_partition(door.boundary, OF_CONTACT, contact_id)
    found, position = door.query(partition, limit=limit, start=start)
    return [str(each.record) for each in found if isinstance(each, Claim)], position


def _requests(door: Store, contact_ids: list[str]) -> Iterator[ServiceRequest]:
    for contact_id in contact_ids:
        for each in _page(door, contact_id, None, limit=A_PAGE)[0]:
            record = door.get(ServiceRequest, each)
            if record is not None:
                yield record


def _wordy(door: Store, record: ServiceRequest) -> Iterator[Entry]:
    partition = keys.collection(door.boundary, REQUEST.name, record.id)
    for each in door.query_all(partition, keys.children(ENTRY.name)):
        if isinstance(each, Entry) and (each.text or each.attachments or each.contact_id):
            yield each
