"""Modules on and off, features overridden, and the whole evaluated snapshot."""

from collections.abc import Iterable
from typing import Any

from chalicelib.access.principal import Decision
from chalicelib.call import Call
from chalicelib.changes.catching_up import CATCH_UP, missed_since
from chalicelib.jobs.records import Job
from chalicelib.jobs.service import start
from chalicelib.modules import Catalogue, Feature, Manifest, Meter, Permission
from chalicelib.problems import NotFound
from chalicelib.store.commit import Action
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.lifecycle.records import Tenant, shelf
from tenants.schemas import BothLanguages
from tenants.standing import snapshot_of
from tenants.subscriptions.errors import always_on, in_use, missing
from tenants.subscriptions.records import FeatureOverride, Subscription, SubscriptionsRevision, revision_key
from tenants.subscriptions.rules import (
    Snapshot,
    SubscriptionState,
    broken_without,
    decide,
    missing_for,
    subscribed_modules,
)
from tenants.subscriptions.schemas import (
    EntitlementOut,
    FeatureOut,
    MeterOut,
    ModuleOut,
    OverrideIn,
    OverrideOut,
    PermissionOut,
    SubscriptionIn,
    SubscriptionOut,
)

# -- what there is


def catalogue(call: Call) -> Listed[ModuleOut]:
    """Every module of the deployment, with this tenant's state of each."""
    snapshot = _Shelf(call.store).snapshot
    return Listed([_module_out(call.catalogue, snapshot, manifest) for manifest in call.catalogue])


def module(call: Call, name: str) -> ModuleOut:
    """One module. Raises NotFound."""
    return _module_out(call.catalogue, _Shelf(call.store).snapshot, _manifest(call.catalogue, name))


def entitlements(call: Call, explain: str | None) -> Listed[EntitlementOut]:
    """Every decision with its step, or the one that is asked for by ``module`` or ``module.feature``."""
    snapshot = _Shelf(call.store).snapshot
    if explain is not None:
        name, _, feature = explain.partition(".")
        asked: list[tuple[str, str | None]] = [(name, feature or None)]
    else:
        asked = [
            pair
            for manifest in call.catalogue
            for pair in ((manifest.name, None), *((manifest.name, each.name) for each in manifest.features))
        ]
    return Listed(
        [
            EntitlementOut(
                name=f"{name}.{feature}" if feature else name,
                module=name,
                feature=feature,
                **_said(decide(call.catalogue, snapshot, name, feature)),
            )
            for name, feature in asked
        ]
    )


# -- switching modules


def start_with(store: Store, known: Catalogue, modules: Iterable[str]) -> None:
    """Stage a new tenant's first subscriptions. Raises DependencyMissing."""
    wanted = list(dict.fromkeys(modules))
    for name in wanted:
        if needed := missing_for(known, frozenset(wanted), name):
            raise missing(name, needed)
    for name in wanted:
        store.create(Subscription.fresh(store.clock(), module=name, plan="basic", status=_ON))
    if wanted:
        _count(store, 0)


def subscribe(call: Call, name: str, body: SubscriptionIn, *, with_dependencies: bool) -> SubscriptionOut:
    """Enable a module at once; the same again changes nothing.

    Raises NotFound, StateConflict for what is always on, DependencyMissing unless dependencies are wanted too.
    """
    _switchable(call.catalogue, name)
    held = _Shelf(call.store)
    known = held.subscriptions.get(name)
    if known:
        call.check_version(known, {"plan": known.plan})
    needed = missing_for(call.catalogue, subscribed_modules(held.snapshot), name)
    if needed and not with_dependencies:
        raise missing(name, needed)
    changed = [_switch(call, held, each, "basic") for each in needed]
    changed.append(_switch(call, held, name, body.plan))
    if any(changed):
        _count(call.store, held.revision)
        forget_when_done(call, call.tenant_id)
    subscription = held.subscriptions[name]
    return SubscriptionOut(
        **common(subscription),
        module=name,
        plan=subscription.plan,
        state=subscription.status,
        catch_up_job=subscription.catch_up if subscription.status == SubscriptionState.ACTIVATING else None,
        also_enabled=list(needed),
    )


def unsubscribe(call: Call, name: str) -> None:
    """Switch a module off at once; its data stays. Off already: nothing changes.

    Raises NotFound, StateConflict for what is always on, DependencyInUse when an enabled module needs it.
    """
    _switchable(call.catalogue, name)
    held = _Shelf(call.store)
    subscription = held.subscriptions.get(name)
    if subscription is None:
        return
    call.check_version(subscription, {"plan": subscription.plan})
    if users := broken_without(call.catalogue, subscribed_modules(held.snapshot), name):
        raise in_use(name, users)
    subscription.status = str(SubscriptionState.OFF)
    if call.store.update(subscription, verb="ended"):
        _count(call.store, held.revision)
        forget_when_done(call, call.tenant_id)


# -- switching features


def override(call: Call, name: str, feature: str, body: OverrideIn) -> OverrideOut:
    """Switch a feature for the tenant, whatever plan and catalogue say. Raises NotFound, VersionMismatch."""
    if _manifest(call.catalogue, name).feature(feature) is None:
        raise NotFound
    found = _load_override(call.store, name, feature)
    if found is None:
        found = FeatureOverride.fresh(call.now, module=name, feature=feature, enabled=body.enabled, reason=body.reason)
        call.store.create(found)
    else:
        call.check_version(found, {"enabled": found.enabled, "reason": found.reason})
        found.enabled, found.reason = body.enabled, body.reason
        call.store.update(found)
    forget_when_done(call, call.tenant_id)
    return OverrideOut(**common(found), module=name, feature=feature, enabled=bool(found.enabled), reason=found.reason)


def end_override(call: Call, name: str, feature: str) -> None:
    """Let plan and catalogue decide again. Raises NotFound, VersionMismatch."""
    found = _load_override(call.store, name, feature)
    if found is None:
        raise NotFound
    call.check_version(found, {"enabled": found.enabled, "reason": found.reason})
    call.store.delete(found)
    forget_when_done(call, call.tenant_id)


# -- inside

_ON = str(SubscriptionState.ACTIVE)


class _Shelf:
    """The tenant's snapshot as read by one Query, strongly when something is to be changed."""

    def __init__(self, store: Store) -> None:
        items = list(store.query_all(shelf(store.boundary)))
        tenant = next((each for each in items if isinstance(each, Tenant)), None)
        if tenant is None:
            raise NotFound
        self.snapshot: Snapshot = snapshot_of(tenant, items)
        self.subscriptions = {str(each.module): each for each in items if isinstance(each, Subscription)}
        self.revision = next((int(each.number) for each in items if isinstance(each, SubscriptionsRevision)), 0)


def _switch(call: Call, held: _Shelf, name: str, plan: str) -> bool:
    found = held.subscriptions.get(name)
    if found is None:
        held.subscriptions[name] = Subscription.fresh(call.now, module=name, plan=plan, status=_ON)
        call.store.create(held.subscriptions[name])
        return True
    found.plan = plan
    if found.status == str(SubscriptionState.OFF):
        found.status = _ON if missed_since(call.store, name) is None else str(SubscriptionState.ACTIVATING)
    if found.status == str(SubscriptionState.ACTIVATING) and not _catches_up(call, found):
        found.catch_up = start(call, CATCH_UP, {"module": name}, counted="records").id
    return call.store.update(found)


def _catches_up(call: Call, subscription: Subscription) -> bool:
    """Whether the job that opens the module is on its way; one that has failed is begun anew by the same request."""
    job = call.store.get(Job, subscription.catch_up) if subscription.catch_up else None
    return job is not None and not job.ended


def _count(store: Store, revision: int) -> None:
    key = revision_key(store.boundary)
    unchanged = (SubscriptionsRevision.number == revision) if revision else Item.pk.does_not_exist()
    store.put(SubscriptionsRevision(number=revision + 1).put_at(key), Action(key, condition=unchanged))


def _load_override(store: Store, name: str, feature: str) -> FeatureOverride | None:
    wanted = FeatureOverride(module=name, feature=feature)
    return store.get_at(FeatureOverride, wanted.key(store.boundary))


def _manifest(known: Catalogue, name: str) -> Manifest:
    found = known.get(name)
    if found is None:
        raise NotFound
    return found


def _switchable(known: Catalogue, name: str) -> None:
    if _manifest(known, name).always_on:
        raise always_on(name)


def _said(decision: Decision) -> dict[str, Any]:
    return {"enabled": decision.enabled, "reason": decision.reason, "decided_by": decision.decided_by}


def _titled(each: Permission | Feature | Meter) -> dict[str, Any]:
    return {"name": each.name, "titles": BothLanguages.of(each.titles)}


def _module_out(known: Catalogue, snapshot: Snapshot, manifest: Manifest) -> ModuleOut:
    subscribed = snapshot.subscriptions.get(manifest.name)
    return ModuleOut(
        name=manifest.name,
        titles=BothLanguages.of(manifest.titles),
        module_version=manifest.version,
        always_on=manifest.always_on,
        requires=list(manifest.requires),
        needed_by=list(known.required_by(manifest.name)),
        permissions=[PermissionOut(**_titled(each)) for each in manifest.permissions],
        meters=[MeterOut(**_titled(each), unit=each.unit) for each in manifest.meters],
        features=[
            FeatureOut(
                **_titled(each),
                default=each.default,
                **_said(decide(known, snapshot, manifest.name, each.name)),
            )
            for each in manifest.features
        ],
        plan=subscribed.plan if subscribed else None,
        **_said(decide(known, snapshot, manifest.name)),
    )
