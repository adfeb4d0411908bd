"""Org units: created below another, renamed."""

from chalicelib.call import Call
from chalicelib.clock import new_id
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.web.results import Listed, Patch
from tenants.manifest import ORG_UNIT
from tenants.org_units.records import OrgUnit
from tenants.org_units.rules import MOST_LEVELS, child_path
from tenants.org_units.schemas import OrgUnitIn, OrgUnitOut, OrgUnitPatch


def create(call: Call, body: OrgUnitIn) -> OrgUnitOut:
    """A new unit. Raises Invalid for a parent that is not there, not within reach, or too deep."""
    parent = call.store.get(OrgUnit, body.parent_id)
    if parent is None:
        text = Text("There is no such org unit within your reach", "在您的范围内没有该组织机构")
        raise Invalid(errors=(FieldError("/parent_id", "not_found", text),))
    unit_id = new_id(ORG_UNIT.prefix, call.now)
    path = child_path(parent.path, unit_id)
    if path is None:
        text = Text(f"The tree has at most {MOST_LEVELS} levels", f"组织机构最多 {MOST_LEVELS} 级")
        raise Invalid(errors=(FieldError("/parent_id", "too_deep", text),))
    call.store.require(parent)
    unit = OrgUnit(id=unit_id, name=body.name, parent_id=parent.id, path=path)
    call.store.create(unit)
    return OrgUnitOut.of(unit)


def page(call: Call, query: ListQuery) -> Listed[OrgUnitOut]:
    """Units within the caller's reach."""
    found = list_records(call.store, OrgUnit, query)
    return Listed([OrgUnitOut.of(each) for each in found.items], found.next_position, found.truncated)


def get(call: Call, unit_id: str) -> OrgUnitOut:
    """One unit. Raises NotFound."""
    return OrgUnitOut.of(_load(call, unit_id))


def rename(call: Call, unit_id: str, body: Patch[OrgUnitPatch]) -> OrgUnitOut:
    """Change a unit's name. Raises NotFound, VersionMismatch."""
    unit = _load(call, unit_id)
    current = {"name": unit.name}
    call.check_version(unit, {name: current[name] for name in body.touched if name in current})
    unit.name = body.apply(current).name
    call.store.update(unit)
    return OrgUnitOut.of(unit)


def _load(call: Call, unit_id: str) -> OrgUnit:
    unit = call.store.get(OrgUnit, unit_id)
    if unit is None:
        raise NotFound
    return unit
