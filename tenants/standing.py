"""A tenant as the gate sees it, made of the items of its shelf."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.access.principal import Decision
from chalicelib.modules import Catalogue
from chalicelib.store.records import Item
from chalicelib.store.scope import Move
from tenants.lifecycle.records import Tenant
from tenants.lifecycle.rules import Blocks
from tenants.subscriptions.records import FeatureOverride, Subscription
from tenants.subscriptions.rules import Snapshot, Subscribed, SubscriptionState, decide


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
    moves: tuple[Move, ...] = ()
    tree: int = 0

    @property
    def sign_in_blocked(self) -> bool:
        """Whether nobody gets in."""
        return self.blocks.sign_in

    @property
    def changes_blocked(self) -> bool:
        """Whether nothing may be changed."""
        return self.blocks.changes

    def plans(self) -> list[str]:
        """The plans of the modules that are on."""
        held = self.snapshot.subscriptions
        return [each.plan for module, each in held.items() if self.decide(module).enabled]

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
