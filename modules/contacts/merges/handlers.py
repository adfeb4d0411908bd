"""The jobs behind a merge: everything that stands with one contact goes to the other, a transaction at a time.

    children → contacts below → every other module's on_merge → children once more → done

The loser's id leads to the winner before the first step, so what is written under it arrives at the winner; what had
read the loser before, and was late, is found by the second look. Each step commits with the job's progress, so a crash
loses the step that was not in and nothing else.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from chalicelib.access.principal import ANONYMOUS
from chalicelib.after_write import resolve
from chalicelib.changes.rewriting import protocols_of
from chalicelib.jobs.records import Job
from chalicelib.jobs.service import start_for
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index, Protocol
from chalicelib.store import keys
from chalicelib.store.reading import Part
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT, MERGE_DISPLACED, MERGE_ORIGINAL, MERGE_REFERENCES
from modules.contacts.merges.derived import Move, Moved, Place
from modules.contacts.merges.records import LOSER, References
from modules.contacts.merges.service import find_merge, is_child, original_of
from modules.contacts.people.records import Contact

A_PAGE: Final = 40
COUNTED: Final = 1000

Phase = Callable[[Work, Store], Step]


def merge_step(work: Work) -> Step:
    """One step of a merge's job; ``params`` name winner, loser and merge."""
    return _phase(work, (_children_over, _below_over, _modules(Protocol.ON_MERGE), _children_over, _merged))


def unmerge_step(work: Work) -> Step:
    """One step on the way back: what came with the loser goes back to it, what came since stays."""
    return _phase(work, (_children_back, _below_back, _modules(Protocol.ON_UNMERGE), _displaced_back, _separated))


def preview_step(work: Work) -> Step:
    """Count what a merge would re-point: the loser's children by kind, then what each other module says."""
    store, counted = _whole(work), Counter(work.checkpoint.get("children", {}))
    if "part" not in work.checkpoint:
        partition = keys.collection(store.boundary, CONTACT.name, work.params["loser"])
        raws, position = store.raws(Part(partition), COUNTED, work.checkpoint.get("position"))
        counted.update(each["kind"]["S"] for each in raws if is_child(each["sk"]["S"]))
        more = {"position": position} if position else {"part": 0, "modules": {}}
        return Step({**more, "children": counted}, counted.total())
    targets = list(_implementing(work, Protocol.ON_MERGE))
    number, modules = int(work.checkpoint["part"]), dict(work.checkpoint["modules"])
    if number == len(targets):
        result = {"children": dict(counted), "modules": modules}
        return Step(work.checkpoint, work.done, finished=True, result=result)
    module, target = targets[number]
    inner = replace(
        work, params={**work.params, "counting": True}, checkpoint=work.checkpoint.get("inner", {}), done=0, total=None
    )
    step: Step = resolve(target)(inner)
    modules[module] = modules.get(module, 0) + step.done
    here = {"part": number + 1} if step.finished else {"part": number, "inner": step.checkpoint}
    return Step({**here, "children": counted, "modules": modules}, work.done + step.done)


def take_over(store: Store, job: Job, checkpoint: dict[str, Any]) -> None:
    """Half a merge is none: one whose job was given up (its starter has left) is done in nobody's name, once."""
    del checkpoint
    if job.principal["kind"] == ANONYMOUS.kind.value:
        return
    again = start_for(replace(store, scope=EVERYTHING), ANONYMOUS, job.type, job.params, counted="items")
    contacts = store.beside("contacts", {"merge", CONTACT.name})
    made = find_merge(contacts, job.params["merge"])
    made.job_id = again.id
    contacts.update(made)


# -- phases


def _phase(work: Work, phases: tuple[Phase, ...]) -> Step:
    """One step of the phase that the job is in; a phase that is over makes way for the next one."""
    at = work.checkpoint
    number = int(at.get("phase", 0))
    inner = replace(work, checkpoint=at.get("inner", {}))
    step = phases[number](inner, _whole(work))
    if step.finished and number < len(phases) - 1:
        return Step({"phase": number + 1}, step.done)
    return replace(step, checkpoint={"phase": number, "inner": step.checkpoint})


def _whole(work: Work) -> Store:
    """All that stands with the contact goes along, whatever who has merged it can see."""
    return replace(work.call.store, scope=EVERYTHING)


def _children_over(work: Work, store: Store) -> Step:
    return _pages(work, _move(work, store, work.params["loser"], work.params["winner"]), everything=True)


def _children_back(work: Work, store: Store) -> Step:
    return _pages(work, _move(work, store, work.params["winner"], work.params["loser"]), everything=False)


def _move(work: Work, store: Store, of: str, to: str) -> Move:
    back = to == work.params["loser"]
    stood, stands = (_place(work, store, each) for each in (of, to))
    return Move(store, of, to, work.params["merge"], stood, stands, back=back)


def _place(work: Work, store: Store, contact_id: str) -> Place:
    """Where a contact stands, or stood when it was merged."""
    contact = store.get(Contact, contact_id)
    if contact is None:
        contact = original_of(store, find_merge(store, work.params["merge"]), LOSER)
    return contact.unit_path, contact.owner_id


def _pages(work: Work, move: Move, *, everything: bool) -> Step:
    """A transaction's worth of what stands behind the checkpoint; the pass that reaches the end is over."""
    moved: Moved = move.page(work.checkpoint.get("position"), everything=everything)
    return Step({"position": moved.position}, work.done + moved.count, finished=moved.position is None)


def _below_over(work: Work, store: Store) -> Step:
    """Contacts that name the loser as their parent; no index knows them, so all are looked through."""
    winner, loser = work.params["winner"], work.params["loser"]
    if store.get(Contact, winner) is None:
        return Step(work.checkpoint, work.done, finished=True)
    page = int(work.checkpoint.get("page", 0))
    found, position = store.query(
        keys.by_kind(store.boundary, CONTACT.name),
        index=str(Index.CREATION),
        limit=A_PAGE,
        start=work.checkpoint.get("position"),
    )
    below = [each.stands_at() for each in found if isinstance(each, Contact) and each.parent_id == loser]
    changed = _under(store, [keys.root_id(at.pk) for at in below], loser, winner)
    if changed:
        note = References(contact_id=winner, merge_id=work.params["merge"], page=page, contacts=changed)
        store.put(note.place(store.boundary))
    return Step({"position": position, "page": page + bool(changed)}, work.done + len(changed), finished=not position)


def _below_back(work: Work, store: Store) -> Step:
    """They name the loser again, but for those that were given another parent since."""
    winner, loser = work.params["winner"], work.params["loser"]
    partition = keys.collection(store.boundary, CONTACT.name, winner)
    begins = keys.children(MERGE_REFERENCES.name, work.params["merge"])
    found, _ = store.query(partition, begins=begins, limit=1)
    if not found:
        return Step({}, work.done, finished=True)
    (note,) = found
    changed = _under(store, note.contacts, winner, loser) if isinstance(note, References) else []
    store.remove(note.stands_at())
    return Step({}, work.done + len(changed))


def _under(store: Store, ids: list[str], was: str, now: str) -> list[str]:
    """Give contacts another parent, those that still have the one that is named; which these are."""
    changed = []
    for each in ids:
        contact = store.get(Contact, each)
        if contact is not None and contact.parent_id == was:
            contact.parent_id = now
            store.update(contact)
            changed.append(each)
    return changed


def _modules(protocol: Protocol) -> Phase:
    def phase(work: Work, store: Store) -> Step:
        targets = [target for _, target in _implementing(work, protocol)]
        number = int(work.checkpoint.get("part", 0))
        if number == len(targets):
            return Step({}, work.done, finished=True)
        inner = replace(work, checkpoint=work.checkpoint.get("inner", {}), call=work.call.with_store(store))
        step: Step = resolve(targets[number])(inner)
        here = {"part": number + 1} if step.finished else {"part": number, "inner": step.checkpoint}
        return Step(here, step.done)

    return phase


def _implementing(work: Work, protocol: Protocol) -> list[tuple[str, str]]:
    catalogue = work.background.catalogue
    wanted = set(protocols_of(catalogue, protocol))
    return [(each.name, each.implements[protocol]) for each in catalogue if each.implements.get(protocol) in wanted]


def _displaced_back(work: Work, store: Store) -> Step:
    """What had to give way stands where it stood, on both sides."""
    restored = _move(work, store, work.params["winner"], work.params["loser"]).displaced(A_PAGE // 4)
    return Step({}, work.done + restored, finished=restored == 0)


def _merged(work: Work, store: Store) -> Step:
    return _end(work, store, "merged")


def _separated(work: Work, store: Store) -> Step:
    """What the merge kept for this is needed no more."""
    partition = keys.collection(store.boundary, CONTACT.name, work.params["winner"])
    for kind in (MERGE_ORIGINAL.name, MERGE_DISPLACED.name):
        for each in store.query_all(partition, keys.children(kind, work.params["merge"])):
            store.remove(each.stands_at())
    return _end(work, store, "unmerged")


def _end(work: Work, store: Store, status: str) -> Step:
    made = find_merge(store, work.params["merge"])
    made.status, made.result = status, {"moved": work.done}
    store.update(made)
    result = {"merge_id": made.id, "contact_id": made.contact_id, "loser_id": made.loser_id, "items": work.done}
    return Step({}, work.done, finished=True, result=result)
