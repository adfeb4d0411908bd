"""The entitlement decision: a pure function of catalogue, the tenant's snapshot, and what is asked.

The order is control-plane.md's: (kill switch) → tenant state → module subscription → tenant override → plan →
catalogue default. The kill switch of the platform's operators comes with issue 3, as the first step. Nothing here
raises; what is not known is off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.access.principal import Decision
from chalicelib.modules import Catalogue, Feature, Manifest
from tenants.lifecycle.rules import LIVE, TenantState


class SubscriptionState(StrEnum):
    """First cut of the states of a subscription: on, catching up after a pause, or off."""

    ACTIVE = "active"
    ACTIVATING = "activating"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A tenant's subscription of a module, as the decision sees it."""

    state: SubscriptionState
    plan: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything about one tenant that decides: state, subscriptions by module, overrides by (module, feature)."""

    state: TenantState
    subscriptions: Mapping[str, Subscribed] = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], bool] = field(default_factory=dict)


PLANS: Final[Mapping[str, Mapping[str, bool]]] = {"basic": {}}
"""By plan: features (``module.feature``) that it switches on or off whatever the catalogue's default is."""


def decide(catalogue: Catalogue, snapshot: Snapshot, module: str, feature: str | None = None) -> Decision:
    """Whether a module, or one of its features, is on for the tenant; why, and which step decided."""
    manifest = catalogue.get(module)
    if manifest is None:
        return _off("unknown_module", "catalogue")
    declared = manifest.feature(feature) if feature is not None else None
    if feature is not None and declared is None:
        return _off("unknown_feature", "catalogue")
    if snapshot.state not in LIVE:
        return _off(str(snapshot.state), "tenant_state")
    of_module = _of_module(snapshot, manifest)
    return _of_feature(snapshot, module, declared) if of_module.enabled and declared else of_module


def _off(reason: str, decided_by: str) -> Decision:
    return Decision(enabled=False, reason=reason, decided_by=decided_by)


def _of_module(snapshot: Snapshot, manifest: Manifest) -> Decision:
    if manifest.always_on:
        return Decision(enabled=True, reason="always_on", decided_by="catalogue")
    subscribed = snapshot.subscriptions.get(manifest.name)
    if subscribed is None:
        return _off("not_subscribed", "module_subscription")
    on = subscribed.state is SubscriptionState.ACTIVE
    return Decision(enabled=on, reason=str(subscribed.state), decided_by="module_subscription")


def _of_feature(snapshot: Snapshot, module: str, feature: Feature) -> Decision:
    override = snapshot.overrides.get((module, feature.name))
    if override is not None:
        return Decision(enabled=override, reason="overridden", decided_by="tenant_override")
    subscribed = snapshot.subscriptions.get(module)
    planned = PLANS.get(subscribed.plan, {}).get(f"{module}.{feature.name}") if subscribed else None
    if planned is not None:
        return Decision(enabled=planned, reason="plan", decided_by="plan")
    return Decision(enabled=feature.default, reason="default", decided_by="catalogue_default")


def subscribed_modules(snapshot: Snapshot) -> frozenset[str]:
    """The modules that are on by subscription."""
    return frozenset(name for name, each in snapshot.subscriptions.items() if each.state is not SubscriptionState.OFF)


def missing_for(catalogue: Catalogue, active: frozenset[str], module: str) -> tuple[str, ...]:
    """What must be enabled before the module, first things first."""
    return tuple(
        each for each in catalogue.requirements_of(module) if each not in active and not _always_on(catalogue, each)
    )


def broken_without(catalogue: Catalogue, active: frozenset[str], module: str) -> tuple[str, ...]:
    """The enabled modules that would break without the module."""
    return tuple(sorted(each for each in catalogue.required_by(module) if each in active))


def _always_on(catalogue: Catalogue, module: str) -> bool:
    manifest = catalogue.get(module)
    return manifest is not None and manifest.always_on
