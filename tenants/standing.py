"""A tenant as the gate sees it, made of the items of its shelf."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.access.principal import Decision, Principal
from chalicelib.clock import Clock
from chalicelib.modules import Catalogue
from chalicelib.store.records import Item
from chalicelib.store.scope import Move
from tenants.entitlements.rules import Asked, Snapshot, decide
from tenants.feature_overrides.records import FeatureOverride
from tenants.feature_overrides.rules import NOBODY, Override, Viewer
from tenants.kill_switches.rules import KillSwitch
from tenants.lifecycle.records import Tenant
from tenants.lifecycle.rules import Blocks
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import READABLE, subscribed


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

    def plans(self) -> dict[str, str]:
        """The plans of the modules that can at least be read now, by module."""
        now = self.at or self.clock()
        phases = {module: each.at(now) for module, each in self.snapshot.subscriptions.items()}
        return {module: each.plan for module, each in phases.items() if each and each.state in READABLE}

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """The entitlement decision; never raises."""
        asked = Asked(self.at or self.clock(), self.switches, self.viewer)
        return decide(self.catalogue, self.snapshot, asked, module, feature)

    def seen_by(self, principal: Principal) -> "TenantStanding":
        """The same at this instant, as somebody sees it."""
        return replace(self, viewer=viewer_of(principal), at=self.clock())


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
