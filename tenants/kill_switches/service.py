"""Switching modules and features for all tenants at once."""

from datetime import UTC

from chalicelib.call import Call
from chalicelib.modules import Catalogue, Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.store import keys
from chalicelib.web.results import Listed
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.kill_switches.records import KillSwitchRecord, switches_shelf
from tenants.kill_switches.rules import SwitchMode, target_of
from tenants.kill_switches.schemas import KillSwitchIn, KillSwitchOut


def switch(call: Call, target: str, body: KillSwitchIn) -> KillSwitchOut:
    """Set a switch, at once here and within 5 s everywhere. Raises NotFound, Invalid, StateConflict."""
    _known(call.catalogue, target, body.mode)
    expires_at = body.expires_at.astimezone(UTC) if body.expires_at else None
    if expires_at is not None and expires_at <= call.now:
        text = Text("In the future", "须为将来的时间")
        raise Invalid(errors=(FieldError("/expires_at", "out_of_range", text),))
    found = _load(call, target)
    if found is None:
        mode = str(body.mode)
        found = KillSwitchRecord.fresh(call.now, target=target, mode=mode, reason=body.reason, expires_at=expires_at)
        call.store.create(found)
    else:
        call.check_version(found, {"mode": found.mode, "reason": found.reason})
        found.mode, found.reason, found.expires_at = str(body.mode), body.reason, expires_at
        call.store.update(found)
    forget_when_done(call, keys.PLATFORM)
    return _out(call, found)


def lift(call: Call, target: str) -> None:
    """Take a switch away; where there is none nothing changes. Raises VersionMismatch."""
    found = _load(call, target)
    if found is None:
        return
    call.check_version(found, {"mode": found.mode, "reason": found.reason})
    call.store.delete(found)
    forget_when_done(call, keys.PLATFORM)


def page(call: Call) -> Listed[KillSwitchOut]:
    """All switches, expired ones too."""
    found = call.store.query_all(switches_shelf())
    return Listed([_out(call, each) for each in found if isinstance(each, KillSwitchRecord)])


def _known(known: Catalogue, target: str, mode: SwitchMode) -> None:
    module, feature = target_of(target)
    manifest = known.get(module)
    if manifest is None or (feature is not None and manifest.feature(feature) is None):
        raise NotFound
    if manifest.always_on and feature is None and mode is SwitchMode.OFF:
        text = Text(
            f"{module} can be read-only, but not off: nobody would get in.", f"{module} 可设为只读，但不能停用。"
        )
        raise StateConflict(text, module=module)


def _load(call: Call, target: str) -> KillSwitchRecord | None:
    return call.store.get_at(KillSwitchRecord, KillSwitchRecord.key_at(call.store.boundary, target))


def _out(call: Call, record: KillSwitchRecord) -> KillSwitchOut:
    rule = record.as_rule()
    return KillSwitchOut(
        **common(record),
        target=record.target,
        module=rule.module,
        feature=rule.feature,
        mode=rule.mode,
        reason=record.reason,
        expires_at=record.expires_at,
        in_force=rule.in_force(call.now),
    )
