"""A tenant as the gate sees it, made of the items of its shelf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.access.limits import Rate
from chalicelib.access.principal import Decision, Principal
from chalicelib.access.quotas import Spent
from chalicelib.call import Call
from chalicelib.clock import Clock
from chalicelib.modules import CORE, Catalogue
from chalicelib.store.records import Item
from chalicelib.store.scope import Move
from tenants.entitlements.rules import Asked, Snapshot, decide
from tenants.feature_overrides.records import FeatureOverride
from tenants.feature_overrides.rules import NOBODY, Override, Viewer
from tenants.kill_switches.rules import KillSwitch
from tenants.lifecycle.records import Tenant
from tenants.lifecycle.rules import Blocks
from tenants.plans.rules import Plan, Privileges, highest, plans
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import subscribed
from tenants.usage.records import Quota


@dataclass(frozen=True, slots=True)
class Noted:
    """How much of a meter was used when a quota was looked at last, and when it begins anew (None: it is held)."""

    used: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class TenantStanding:
    """A tenant as the gate sees it (access.principal.Standing), by everybody at any time or by ``viewer`` ``at`` one.

    Snapshot and switches are as they were read; what time alone changes is decided by the clock.
    """

    tenant_id: str
    locale: str
    time_zone: str
    default_region: str
    currency: str
    blocks: Blocks
    snapshot: Snapshot
    catalogue: Catalogue
    clock: Clock
    moves: tuple[Move, ...] = ()
    tree: int = 0
    switches: tuple[KillSwitch, ...] = ()
    quotas: Mapping[tuple[str, str], Noted] = field(default_factory=dict)
    viewer: Viewer = NOBODY
    at: datetime | None = None

    @property
    def sign_in_blocked(self) -> bool:
        """Whether nobody gets in."""
        return self.blocks.sign_in

    @property
    def changes_blocked(self) -> bool:
        """Whether nothing may be changed."""
        return self.blocks.changes

    def plans(self) -> tuple[str, ...]:
        """The plans of all modules that the tenant has now."""
        return self.snapshot.plans(self.at or self.clock())

    @property
    def rate(self) -> Rate:
        """How many requests the tenant may make: what its highest plan gives."""
        given = highest(self.plans()).privileges
        return Rate(given.requests_per_second, given.burst)

    def spent(self, module: str, meter: str, at: datetime) -> Spent | None:
        """The hard quota of a module (of ``core``: of the highest plan) that is used up at an instant, or None."""
        noted = self.quotas.get((module, meter))
        plan = plan_of(self.snapshot, module, at)
        quota = plan.quotas.get(meter) if plan else None
        if noted is None or plan is None or quota is None or not quota.hard or noted.used < quota.limit:
            return None
        if noted.resets_at is not None and at >= noted.resets_at:
            return None
        return Spent(module, meter, plan.name, noted.used, quota.limit, noted.resets_at)

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """The entitlement decision; never raises."""
        asked = Asked(self.at or self.clock(), self.switches, self.viewer)
        return decide(self.catalogue, self.snapshot, asked, module, feature)

    def seen_by(self, principal: Principal) -> "TenantStanding":
        """The same at this instant, as somebody sees it."""
        return replace(self, viewer=viewer_of(principal), at=self.clock())


def privileges_of(call: Call) -> Privileges:
    """What the highest plan of the caller's tenant lets it do."""
    return highest(call.standing.plans() if isinstance(call.standing, TenantStanding) else ()).privileges


def viewer_of(principal: Principal) -> Viewer:
    """For whom a decision is asked when this principal calls."""
    return Viewer(principal.roles, principal.unit_path)


def snapshot_of(tenant: Tenant, shelf_items: Sequence[Item]) -> Snapshot:
    """What decides a tenant's entitlements, from the items of its shelf."""
    overrides: dict[tuple[str, str], tuple[Override, ...]] = {}
    for each in shelf_items:
        if isinstance(each, FeatureOverride):
            of_feature = (str(each.module), str(each.feature))
            overrides[of_feature] = (*overrides.get(of_feature, ()), each.as_rule())
    return Snapshot(
        tenant.lifecycle,
        {str(each.module): subscribed(each.timeline) for each in shelf_items if isinstance(each, Subscription)},
        overrides,
    )


def plan_of(snapshot: Snapshot, module: str, now: datetime) -> Plan | None:
    """The plan that a module's quotas come from; the control plane has those of the highest. None without one."""
    return highest(snapshot.plans(now)) if module == CORE else plans().get(snapshot.plan_of(module, now) or "")


def quotas_of(shelf_items: Sequence[Item]) -> dict[tuple[str, str], Noted]:
    """What has been noted of quotas that are nearly or wholly used up."""
    return {
        (each.module, each.meter): Noted(int(each.used), each.resets_at)
        for each in shelf_items
        if isinstance(each, Quota)
    }
