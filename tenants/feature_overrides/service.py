"""Switching features for a tenant, its roles and its org units."""

from datetime import UTC, datetime
from typing import Final

from chalicelib.call import Call
from chalicelib.clock import new_id
from chalicelib.problems import NotFound
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.feature_overrides.errors import TooManyOverrides, no_audience, over_already, unknown
from tenants.feature_overrides.records import EVERYBODY, FeatureOverride, key_of, overrides_of
from tenants.feature_overrides.schemas import AudienceOverrideIn, OverrideIn, OverrideOut
from tenants.kinds import FEATURE_OVERRIDE
from tenants.lifecycle.records import shelf
from tenants.own_roles.service import role_named

# All of a tenant's stand in the snapshot that each process reads every few seconds.
MOST: Final = 50


def switch(call: Call, module: str, feature: str, body: OverrideIn) -> OverrideOut:
    """Switch a feature for everybody, whatever plan and catalogue say. Raises NotFound, Invalid, VersionMismatch."""
    _known(call, module, feature)
    expires_at = _expiry(body.expires_at, call.now)
    found = _load(call.store, module, feature, EVERYBODY)
    if found is None:
        found = FeatureOverride.fresh(
            call.now, module=module, feature=feature, enabled=body.enabled, reason=body.reason, expires_at=expires_at
        )
        call.store.create(found)
    else:
        call.check_version(found, {"enabled": found.enabled, "reason": found.reason})
        found.enabled, found.reason, found.expires_at = body.enabled, body.reason, expires_at
        call.store.update(found)
    forget_when_done(call, call.tenant_id)
    return _out(found)


def end(call: Call, module: str, feature: str, override_id: str = EVERYBODY) -> None:
    """Take a switch away. Raises NotFound, VersionMismatch."""
    found = _load(call.store, module, feature, override_id)
    if found is None:
        raise NotFound
    call.check_version(found, {"enabled": found.enabled, "reason": found.reason})
    call.store.delete(found)
    forget_when_done(call, call.tenant_id)


def create(call: Call, module: str, feature: str, body: AudienceOverrideIn) -> OverrideOut:
    """Switch a feature for some. Raises NotFound, Invalid, TooManyOverrides."""
    _known(call, module, feature)
    if not body.roles and not body.org_unit_ids:
        raise no_audience()
    for place, role in enumerate(body.roles):
        if role_named(call.store, call.catalogue, role) is None:
            raise unknown(place, "roles")
    for place, unit in enumerate(body.org_unit_ids):
        if call.directory.unit_path(call.tenant_id, unit) is None:
            raise unknown(place, "org_unit_ids")
    if len(_all(call.store, module, feature)) >= MOST:
        raise TooManyOverrides
    override_id = new_id(FEATURE_OVERRIDE.prefix, call.now)
    made = FeatureOverride(
        id=override_id,
        audience=override_id,
        module=module,
        feature=feature,
        enabled=body.enabled,
        reason=body.reason,
        roles=sorted(set(body.roles)),
        units=sorted(set(body.org_unit_ids)),
        expires_at=_expiry(body.expires_at, call.now),
    )
    call.store.create(made)
    forget_when_done(call, call.tenant_id)
    return _out(made)


def page(call: Call, module: str, feature: str) -> Listed[OverrideOut]:
    """All switches of a feature, expired ones too. Raises NotFound."""
    _known(call, module, feature)
    return Listed([_out(each) for each in _all(call.store, module, feature)])


def get(call: Call, module: str, feature: str, override_id: str) -> OverrideOut:
    """One of them. Raises NotFound."""
    found = next((each for each in _all(call.store, module, feature) if each.id == override_id), None)
    if found is None:
        raise NotFound
    return _out(found)


def _known(call: Call, module: str, feature: str) -> None:
    manifest = call.catalogue.get(module)
    if manifest is None or manifest.feature(feature) is None:
        raise NotFound


def _expiry(at: datetime | None, now: datetime) -> datetime | None:
    if at is not None and at <= now:
        raise over_already()
    return at.astimezone(UTC) if at else None


def _load(store: Store, module: str, feature: str, audience: str) -> FeatureOverride | None:
    return store.get_at(FeatureOverride, key_of(store.boundary, module, feature, audience))


def _all(store: Store, module: str, feature: str) -> list[FeatureOverride]:
    found = store.query_all(shelf(store.boundary), overrides_of(module, feature))
    return [each for each in found if isinstance(each, FeatureOverride)]


def _out(override: FeatureOverride) -> OverrideOut:
    return OverrideOut(
        **common(override),
        module=override.module,
        feature=override.feature,
        enabled=bool(override.enabled),
        reason=override.reason,
        roles=override.roles or [],
        org_unit_ids=override.units or [],
        expires_at=override.expires_at,
    )
