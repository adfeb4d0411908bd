"""Where a record belongs: to an org unit of the tenant, and to one of its people."""

from typing import Any, Final

from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from chalicelib.store.scope import Placed

_NO_UNIT: Final = Text("There is no such org unit in your reach.", "该组织单元不存在或不在您的管辖范围内。")
_NOBODY: Final = Text("There is no such active user.", "没有这样的在职用户。")


def stand_in_unit(call: Call, record: Any, org_unit_id: str | None) -> None:
    """Write the org unit's id and path into the record: the named one's, else where it stands, else the caller's.

    Another unit must exist and lie in the caller's scope. Raises Invalid.
    """
    unit_id = org_unit_id or record.org_unit_id or call.principal.unit_id or None
    if unit_id == record.org_unit_id:
        return
    path = call.directory.unit_path(call.tenant_id, unit_id) if unit_id else None
    if path is not None and unit_id != call.principal.unit_id and not call.store.scope.reaches(path):
        path = None
    if unit_id and path is None:
        raise _no_unit()
    record.org_unit_id, record.unit_path = unit_id, path


def stay_in_reach(call: Call, record: Placed) -> None:
    """Refuse a record that its writer would not see any more: nobody writes out of their own scope. Raises Invalid."""
    if not call.store.scope.admits(record):
        raise _no_unit()


def be_known(call: Call, user_id: str, pointer: str) -> None:
    """Refuse whoever is no active user of the tenant. Raises Invalid."""
    if not call.directory.is_active_user(call.tenant_id, user_id):
        raise unknown_reference(pointer, _NOBODY)


def _no_unit() -> Invalid:
    return unknown_reference("org_unit_id", _NO_UNIT)


def unknown_reference(pointer: str, detail: Text) -> Invalid:
    """What a body names is not there, or not for this caller: the same answer."""
    return Invalid(errors=(FieldError(f"/{pointer}", "unknown_reference", detail),))
