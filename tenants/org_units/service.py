"""Org units: created below another, renamed, moved."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.clock import new_id
from chalicelib.jobs.records import Job
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.modules import Index, Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.store.scope import as_moved
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed, Patch
from tenants.directory import forget_when_done
from tenants.kinds import ORG_UNIT
from tenants.org_units.records import OrgUnit, UnitMoves
from tenants.org_units.rules import MOST_LEVELS, MoveFault, child_path, move_fault, moved_path, touch
from tenants.org_units.schemas import MoveIn, OrgUnitIn, OrgUnitOut, OrgUnitPatch

MOVE: Final = "core.move_unit"
_DEEP: Final = Text(f"The tree has at most {MOST_LEVELS} levels", f"组织机构最多 {MOST_LEVELS} 级")
_FAULTS: Final[Mapping[MoveFault, Text]] = {
    MoveFault.ROOT: Text("The root of the tree stands below nothing", "根机构不能移动"),
    MoveFault.CYCLE: Text("A unit can't stand below itself", "不能移动到自身或其下级机构"),
    MoveFault.TOO_DEEP: _DEEP,
    MoveFault.THERE_ALREADY: Text("It stands there already", "已在该机构之下"),
}


def create(call: Call, body: OrgUnitIn) -> OrgUnitOut:
    """A new unit. Raises Invalid for a parent that is not there, not within reach, or too deep."""
    parent = _parent(call, body.parent_id)
    unit_id = new_id(ORG_UNIT.prefix, call.now)
    path = child_path(as_moved(parent.path, moves_of(call.store).branches()), unit_id)
    if path is None:
        raise Invalid(errors=(FieldError("/parent_id", "too_deep", _DEEP),))
    call.store.require(parent)
    unit = OrgUnit(id=unit_id, name=body.name, parent_id=parent.id, path=path)
    call.store.create(unit)
    return OrgUnitOut.of(unit)


def page(call: Call, query: ListQuery) -> Listed[OrgUnitOut]:
    """Units within the caller's reach."""
    found = list_records(call.store, OrgUnit, query)
    shown = [OrgUnitOut.of(each, call.tenant.moves) for each in found.items]
    return Listed(shown, found.next_position, found.truncated)


def get(call: Call, unit_id: str) -> OrgUnitOut:
    """One unit. Raises NotFound."""
    return OrgUnitOut.of(_load(call, unit_id), call.tenant.moves)


def rename(call: Call, unit_id: str, body: Patch[OrgUnitPatch]) -> OrgUnitOut:
    """Change a unit's name. Raises NotFound, VersionMismatch."""
    unit = _load(call, unit_id)
    current = {"name": unit.name}
    call.check_version(unit, {name: current[name] for name in body.touched if name in current})
    unit.name = body.apply(current).name
    call.store.update(unit)
    return OrgUnitOut.of(unit, call.tenant.moves)


def move(call: Call, unit_id: str, body: MoveIn) -> Accepted[JobOut]:
    """Let a branch stand elsewhere, and start the job by which its records follow.

    The unit's own path and the note of the move are one transaction: from then on the tree is the new one. Raises
    NotFound, VersionMismatch, Invalid for a place where it can't stand, StateConflict while its branch is being moved.
    """
    unit = _load(call, unit_id)
    known = moves_of(call.store)
    same = next((each for each in known.listed() if each["unit_id"] == unit.id), None)
    if same is not None and same["parent_id"] == body.parent_id:
        return _taken_up(call, known, same)
    call.check_version(unit, {"parent_id": unit.parent_id})
    parent = _parent(call, body.parent_id)
    old, above = (as_moved(each.path, known.branches()) for each in (unit, parent))
    new = moved_path(old, above)
    busy = next((each for each in known.listed() if touch((old, new), (each["old"], each["new"]))), None)
    if busy is not None:
        text = Text(
            f"This branch is being moved by the job {busy['job_id']}: wait for its end.",
            f"该机构正由作业 {busy['job_id']} 调整，请等待其完成。",
        )
        raise StateConflict(text, job=busy["job_id"])
    if (fault := move_fault(old, above, _paths_below(call.store, old))) is not None:
        raise Invalid(errors=(FieldError("/parent_id", str(fault), _FAULTS[fault]),))
    call.store.require(parent)
    unit.parent_id, unit.path = parent.id, new
    call.store.update(unit, verb="moved")
    entry = {"unit_id": unit.id, "parent_id": parent.id, "old": old, "new": new, "since": call.now.isoformat()}
    job = _begin(call, entry)
    keep_moves(call.store, known, [*known.listed(), {**entry, "job_id": job.id}], began=True)
    forget_when_done(call, call.tenant_id)
    return accepted(job)


def moves_of(store: Store) -> UnitMoves:
    """The moves under way, as they are now."""
    at = UnitMoves.key_of(store.boundary)
    return store.get_item(UnitMoves, at) or UnitMoves(moves=[], begun=0, revision=0).put_at(at)


def keep_moves(store: Store, known: UnitMoves, moves: list[dict[str, Any]], *, began: bool = False) -> None:
    """Stage other moves in the place of those that are known, unless somebody was faster."""
    revision, at = int(known.revision), known.stands_at()
    after = UnitMoves(moves=moves, begun=int(known.begun) + began, revision=revision + 1).put_at(at)
    unchanged = (UnitMoves.revision == revision) if revision else Item.pk.does_not_exist()
    store.put(after, Action(at, condition=unchanged))


def _taken_up(call: Call, known: UnitMoves, entry: dict[str, Any]) -> Accepted[JobOut]:
    """The job of a move that is under way; another one when that has ended without having done it."""
    job = call.store.get(Job, entry["job_id"])
    if job is not None and not job.ended:
        return accepted(job)
    again = _begin(call, entry)
    others = [each for each in known.listed() if each["unit_id"] != entry["unit_id"]]
    keep_moves(call.store, known, [*others, {**entry, "job_id": again.id}])
    return accepted(again)


def _begin(call: Call, entry: Mapping[str, Any]) -> Job:
    params = {name: entry[name] for name in ("unit_id", "old", "new", "since")}
    return start(call, MOVE, params, counted="records")


def _paths_below(store: Store, path: str) -> list[str]:
    """The paths of a branch's units. No move touches the branch, so all are stored as they are."""
    found: list[str] = []
    position: dict[str, Any] | None = None
    while True:
        at = keys.by_kind(store.boundary, ORG_UNIT.name)
        units, position = store.query(at, begins=keys.under_unit(path), index=Index.UNIT, start=position)
        found += [str(each.path) for each in units if isinstance(each, OrgUnit)]
        if position is None:
            return found


def _parent(call: Call, unit_id: str) -> OrgUnit:
    parent = call.store.get(OrgUnit, unit_id)
    if parent is None:
        text = Text("There is no such org unit within your reach", "在您的范围内没有该组织机构")
        raise Invalid(errors=(FieldError("/parent_id", "not_found", text),))
    return parent


def _load(call: Call, unit_id: str) -> OrgUnit:
    unit = call.store.get(OrgUnit, unit_id)
    if unit is None:
        raise NotFound
    return unit
