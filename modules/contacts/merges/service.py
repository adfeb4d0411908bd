"""Use cases of merges: two contacts become one in one transaction, and a job re-points what stands with the loser."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.changes.records import Head
from chalicelib.jobs.records import JOB_KINDS, Job
from chalicelib.jobs.schemas import job_out
from chalicelib.jobs.service import start
from chalicelib.modules import CORE, Index
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.following import MOST_HOPS, follow
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.reader import SUBJECT_KEY, WITH_CHILDREN
from chalicelib.store.reading import Part
from chalicelib.store.records import Claim, ParentMark, Record, Redirect
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.wire import common
from modules.contacts.kinds import CONTACT, MERGE
from modules.contacts.merges import errors
from modules.contacts.merges.records import LOSER, SORTED, WINNER, Merge, Original
from modules.contacts.merges.rules import Outcome, given, merge, taken_apart
from modules.contacts.merges.schemas import ChildCount, FieldConflict, LeftOut, MergeIn, MergeOut, MergePlanOut
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out, lines_follow

# contacts.md: «unmerge within 30 days».
UNDONE_WITHIN: Final = timedelta(days=30)
# One look at what stands with the loser; the job counts all of it.
COUNTED: Final = 1000
UNDER_WAY: Final = ("moving", "unmerging")
# What stands in every contact's partition and is no child.
OWN: Final = frozenset({CONTACT.name, str(SUBJECT_KEY), str(WITH_CHILDREN)})
# A person's own attributes: what a contact has beyond every record.
NAMES: Final = frozenset(Contact.get_attributes()) - frozenset(Record.get_attributes()) - {"unit_path"}


@dataclass(frozen=True, slots=True)
class _Pair:
    winner: Contact
    loser: Contact


def values_of(record: Contact) -> dict[str, Any]:
    """What a contact says of itself, by attribute."""
    return {name: value for name in (*NAMES, "unit_path") if (value := getattr(record, name)) is not None}


def merge_contacts(call: Call, winner_id: str, body: MergeIn) -> Accepted[MergePlanOut]:
    """Make the loser one with the winner, or say what would come of it.

    Raises NotFound for a loser that is not there or not for this caller, NotMergeable, Invalid.
    """
    if body.loser_id == winner_id:
        raise errors.same_contact()
    pair = _pair(call, winner_id, body.loser_id)
    before, lost = values_of(pair.winner), values_of(pair.loser)
    outcome = merge(before, lost, body.fields, NAMES)
    _keep_hierarchy(call, pair, outcome)
    children, more = _children(call, pair.loser)
    for name, value in outcome.values.items():
        setattr(pair.winner, name, value)
    pair.winner.held_keys = sorted({*before.get("held_keys", ()), *lost.get("held_keys", ())}) or None
    params = {"winner": pair.winner.id, "loser": pair.loser.id}
    if body.dry_run:
        return _answer(body, pair, outcome, (children, more), start(call, "contacts.preview_merge", params))
    pair.winner.merged_ids = [*(pair.winner.merged_ids or ()), pair.loser.id]
    undone_until = call.now + UNDONE_WITHIN
    made = Merge.of(pair.winner, call.now, loser_id=pair.loser.id, status="moving", undone_until=undone_until)
    job = start(call, "contacts.merge", {**params, "merge": made.id}, counted="items")
    made.job_id = job.id
    _stage(call.store, pair, made, before, outcome.values)
    return _answer(body, pair, outcome, (children, more), job, made)


def _pair(call: Call, winner_id: str, loser_id: str) -> _Pair:
    winner, loser = call.store.get(Contact, winner_id), call.store.get(Contact, loser_id)
    for record, record_id in ((winner, winner_id), (loser, loser_id)):
        if record is None:
            leads_to = follow(call.store, CONTACT.name, record_id)
            raise errors.merged_already(leads_to) if leads_to and leads_to != record_id else NotFound
    if winner is None or loser is None:
        raise NotFound
    if winner.type != loser.type:
        raise errors.unlike(winner.type, loser.type)
    if any(loser.id in {each.contact_id, each.loser_id} for each in _under_way(call.store, loser.id)):
        raise errors.still_moving()
    return _Pair(winner, loser)


def is_under_way(store: Store, contact_id: str) -> bool:
    """Whether a merge of the contact, or its undoing, is not done."""
    return any(contact_id in {each.contact_id, each.loser_id} for each in _under_way(store, contact_id))


def _under_way(store: Store, contact_id: str) -> Iterator[Merge]:
    """Merges whose job is not done: those into the contact, and what the index knows of others."""
    yield from (each for each in merges_of(store, contact_id) if each.status in UNDER_WAY)
    for status in UNDER_WAY:
        found, _ = store.query(keys.by_state(store.boundary, MERGE.name, status), index=str(Index.STATE))
        yield from (each for each in found if isinstance(each, Merge))


def merges_of(store: Store, contact_id: str) -> list[Merge]:
    """The merges in which a contact is the winner."""
    partition = keys.collection(store.boundary, CONTACT.name, contact_id)
    return [each for each in store.query_all(partition, keys.children(SORTED)) if isinstance(each, Merge)]


def _keep_hierarchy(call: Call, pair: _Pair, outcome: Outcome) -> None:
    """No circle: the winner is nobody's parent above itself. Raises NotMergeable."""
    winner, loser = pair.winner.id, pair.loser.id
    above = _above(call.store, pair.winner.parent_id)
    if loser in above[1:]:
        raise errors.stands_above()
    wanted = outcome.values.get("parent_id")
    if wanted in {winner, loser} or (wanted and winner in _above(call.store, wanted)):
        outcome.values["parent_id"] = None


def _above(store: Store, parent_id: str | None) -> list[str]:
    found: list[str] = []
    while parent_id is not None and parent_id not in found and len(found) < MOST_HOPS:
        found.append(parent_id)
        parent = store.get(Contact, parent_id)
        parent_id = parent.parent_id if parent else None
    return found


def _children(call: Call, loser: Contact) -> tuple[Counter[str], bool]:
    """How many items of which kind stand with the loser, in one look."""
    partition = keys.collection(call.tenant_id, CONTACT.name, loser.id)
    raws, position = call.store.raws(Part(partition), COUNTED)
    counted = Counter(raw["kind"]["S"] for raw in raws if is_child(raw["sk"]["S"]))
    return counted, position is not None


def is_child(sk: str) -> bool:
    """Whether what stands under a sort key in a contact's partition is a child of the contact's."""
    return sk not in OWN and not sk.startswith(keys.BEHIND)


def _stage(store: Store, pair: _Pair, made: Merge, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Everything that readers see at once: values, keys, the loser's id, and what taking apart needs."""
    winner, loser = pair.winner, pair.loser
    content = dict(store.stored(loser))
    store.update(winner, verb="merged")
    if (before.get("unit_path"), before.get("owner_id")) != (winner.unit_path, winner.owner_id):
        lines_follow(store, winner)
    store.redirect(loser, winner)
    store.create(made)
    mark = Key(winner.key(store.boundary).pk, WITH_CHILDREN)
    store.put(ParentMark().put_at(mark), Action(mark, shared=True))
    for side, values, changed in ((WINNER, before, given(before, after)), (LOSER, content, None)):
        kept = Original(contact_id=winner.id, merge_id=made.id, side=side, content=values, given=changed)
        store.put(kept.place(store.boundary))
    store.put(_trace(store, winner, loser.id, made.id))


def _trace(store: Store, winner: Contact, loser_id: str, merge_id: str) -> Head:
    """What is left at the loser's place, noted where the winner's erasure finds it."""
    left = Contact.key_of(store.boundary, loser_id)
    places = [[str(left.pk), sk, ""] for sk in sorted(OWN)]
    at = trace_at(store.boundary, winner.id, merge_id)
    return Head(source_version=1, places=places).put_at(at)


def trace_at(tenant: str, winner_id: str, merge_id: str) -> Key:
    """Where that is noted."""
    return keys.head(Contact.key_of(tenant, winner_id), f"merge.{merge_id}")


def _answer(
    body: MergeIn,
    pair: _Pair,
    outcome: Outcome,
    children: tuple[Counter[str], bool],
    job: Job,
    made: Merge | None = None,
) -> Accepted[MergePlanOut]:
    counted, more = children
    plan = MergePlanOut(
        dry_run=body.dry_run,
        merge_id=made.id if made else None,
        loser_id=pair.loser.id,
        winner=contact_out(pair.winner),
        conflicts=[
            FieldConflict.model_validate({"field": each, "taken": taken}) for each, taken in outcome.conflicts.items()
        ],
        left_out=[LeftOut(field=each, count=count) for each, count in outcome.left_out.items()],
        children=[ChildCount(kind=each, count=count) for each, count in sorted(counted.items())],
        more_children=more,
        job=job_out(job, None),
    )
    return Accepted(plan, f"/v1/jobs/{job.id}")


# -- taking apart


def unmerge_contacts(call: Call, merge_id: str) -> Accepted[MergeOut]:
    """Give both contacts back what was theirs. Raises NotFound, NotUnmergeable."""
    made = find_merge(call.store, merge_id)
    if made.status == "merged" and call.now > made.undone_until:
        raise errors.too_late()
    if made.status != "merged":
        raise errors.not_now(made.status)
    if made.merged_from:
        raise errors.merged_further(made.contact_id)
    winner = call.store.get(Contact, made.contact_id)
    if winner is None:
        raise NotFound
    if any(winner.id in {each.contact_id, each.loser_id} for each in _under_way(call.store, winner.id)):
        raise errors.still_moving()
    at = Contact.key_of(call.tenant_id, made.loser_id)
    leads = call.store.get_item(Redirect, at)
    loser = original_of(call.store, made, LOSER)
    if leads is None or leads.to != winner.id or not call.store.scope.admits(loser):
        raise NotFound
    old = _original(call.store, made, WINNER)
    values, kept = taken_apart(old.content, old.given or {}, values_of(winner))
    for name, value in values.items():
        setattr(winner, name, value)
    winner.merged_ids = [each for each in winner.merged_ids or () if each != loser.id] or None
    winner.held_keys = old.content.get("held_keys")
    _check_keys(call.store, loser, winner)
    params = {"winner": winner.id, "loser": loser.id, "merge": made.id}
    job = start(call, "contacts.unmerge", params, counted="items")
    call.store.revive(loser, leads)
    call.store.update(winner, verb="unmerged")
    if values.keys() & {"unit_path", "owner_id"}:
        lines_follow(call.store, winner)
    call.store.remove(trace_at(call.tenant_id, winner.id, made.id))
    made.status, made.kept, made.job_id = "unmerging", kept or None, job.id
    call.store.update(made)
    return Accepted(merge_out(made), f"/v1/contacts/merges/{made.id}")


def resume_merge(call: Call, merge_id: str) -> Accepted[MergeOut]:
    """Go on where the job of a merge, or of its undoing, has failed; where nothing has, nothing happens.

    Raises NotFound.
    """
    made = find_merge(call.store, merge_id)
    job = call.store.beside(CORE, JOB_KINDS).get(Job, made.job_id)
    if made.status in UNDER_WAY and (job is None or job.ended):
        params = {"winner": made.contact_id, "loser": made.loser_id, "merge": made.id}
        kind = "contacts.merge" if made.status == "moving" else "contacts.unmerge"
        made.job_id = start(call, kind, params, counted="items").id
        call.store.update(made)
    return Accepted(merge_out(made), f"/v1/contacts/merges/{made.id}")


def original_of(store: Store, made: Merge, side: str) -> Contact:
    """One of the two contacts as it was before."""
    return Contact.from_raw_data(dict(_original(store, made, side).content))


def _original(store: Store, made: Merge, side: str) -> Original:
    at = Original(contact_id=made.contact_id, merge_id=made.id, side=side, content={}).place(store.boundary)
    found = store.get_item(Original, at.stands_at())
    if found is None:
        raise NotFound
    return found


def _check_keys(store: Store, loser: Contact, winner: Contact) -> None:
    """What the loser was known by must be free, or the winner's and given back. Raises NotUnmergeable."""
    places = {keys.claim(store.boundary, *each): each for each in loser.claims()}
    taken = []
    for at, raw in store.fetch(places).items() if places else ():
        holder = raw["record"]["S"] if raw else None
        if holder not in {None, loser.id, winner.id} or (holder == winner.id and places[at] in winner.claims()):
            taken.append(places[at][0])
    if taken:
        raise errors.keys_taken(sorted(taken))


# -- reading


def find_merge(store: Store, merge_id: str) -> Merge:
    """The merge of that id, in whatever contact's partition it stands by now. Raises NotFound."""
    claim = store.get_item(Claim, keys.claim(store.boundary, MERGE.name, merge_id))
    contact_id = claim.record.partition("/")[0] if claim else ""
    found = store.get_at(Merge, Merge.place_of(store.boundary, contact_id, merge_id)) if claim else None
    if found is None:
        raise NotFound
    return found


def get_merge(call: Call, merge_id: str) -> MergeOut:
    """A merge as it is. Raises NotFound."""
    return merge_out(find_merge(call.store, merge_id))


def list_merges(call: Call, query: ListQuery) -> Listed[MergeOut]:
    """A page of merges."""
    page = list_records(call.store, Merge, query)
    return Listed([merge_out(each) for each in page.items], page.next_position, page.truncated)


def merge_out(record: Merge) -> MergeOut:
    """The merge as everybody reads it."""
    values = {name: getattr(record, name) for name in ("contact_id", "loser_id", "status", "job_id", "undone_until")}
    moved = (record.result or {}).get("moved")
    return MergeOut.model_validate({**common(record), **values, "kept": record.kept or [], "moved": moved})
