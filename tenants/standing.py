"""A tenant as the gate sees it, made of the items of its shelf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.access.limits import Rate
from chalicelib.access.principal import Decision
from chalicelib.access.quotas import Spent
from chalicelib.modules import CORE, Catalogue
from chalicelib.store.records import Item
from tenants.lifecycle.records import Tenant
from tenants.lifecycle.rules import Blocks
from tenants.plans.rules import Plan, highest, plans
from tenants.subscriptions.records import FeatureOverride, Subscription
from tenants.subscriptions.rules import Snapshot, Subscribed, SubscriptionState, decide
from tenants.usage.records import Quota


@dataclass(frozen=True, slots=True)
class Noted:
    """How much of a meter was used when a quota was looked at last, and when it begins anew (None: it is held)."""

    used: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class TenantStanding:
    """A tenant as the gate sees it (access.principal.Standing)."""

    tenant_id: str
    locale: str
    time_zone: str
    default_region: str
    currency: str
    blocks: Blocks
    snapshot: Snapshot
    catalogue: Catalogue
    quotas: Mapping[tuple[str, str], Noted] = field(default_factory=dict)

    @property
    def sign_in_blocked(self) -> bool:
        """Whether nobody gets in."""
        return self.blocks.sign_in

    @property
    def changes_blocked(self) -> bool:
        """Whether nothing may be changed."""
        return self.blocks.changes

    @property
    def rate(self) -> Rate:
        """How many requests the tenant may make: what its highest plan gives."""
        given = highest(plans_in_force(self.snapshot)).privileges
        return Rate(given.requests_per_second, given.burst)

    def spent(self, module: str, meter: str, at: datetime) -> Spent | None:
        """The hard quota of a module (of ``core``: of the highest plan) that is used up at an instant, or None."""
        noted = self.quotas.get((module, meter))
        plan = plan_of(self.snapshot, module)
        quota = plan.quotas.get(meter) if plan else None
        if noted is None or plan is None or quota is None or not quota.hard or noted.used < quota.limit:
            return None
        if noted.resets_at is not None and at >= noted.resets_at:
            return None
        return Spent(module, meter, plan.name, noted.used, quota.limit, noted.resets_at)

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """The entitlement decision; never raises."""
        return decide(self.catalogue, self.snapshot, module, feature)


def snapshot_of(tenant: Tenant, shelf_items: Sequence[Item]) -> Snapshot:
    """What decides a tenant's entitlements, from the items of its shelf."""
    subscriptions = [each for each in shelf_items if isinstance(each, Subscription)]
    overrides = [each for each in shelf_items if isinstance(each, FeatureOverride)]
    return Snapshot(
        tenant.lifecycle,
        {each.module: Subscribed(SubscriptionState(each.status), each.plan) for each in subscriptions},
        {(each.module, each.feature): bool(each.enabled) for each in overrides},
    )


def plans_in_force(snapshot: Snapshot) -> list[str]:
    """The names of the plans that the tenant has at present."""
    return [each.plan for each in snapshot.subscriptions.values() if each.state is not SubscriptionState.OFF]


def plan_of(snapshot: Snapshot, module: str) -> Plan | None:
    """The plan that a module's quotas come from; the control plane has those of the highest. None without one."""
    if module == CORE:
        return highest(plans_in_force(snapshot))
    subscribed = snapshot.subscriptions.get(module)
    return plans().get(subscribed.plan) if subscribed and subscribed.state is not SubscriptionState.OFF else None


def quotas_of(shelf_items: Sequence[Item]) -> dict[tuple[str, str], Noted]:
    """What has been noted of quotas that are nearly or wholly used up."""
    return {
        (each.module, each.meter): Noted(int(each.used), each.resets_at)
        for each in shelf_items
        if isinstance(each, Quota)
    }
