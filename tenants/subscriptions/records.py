"""Subscriptions and overrides as they are stored: on the tenant's shelf, so that the snapshot is one Query."""

from typing import ClassVar

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from tenants.manifest import FEATURE_OVERRIDE, SHELF, SUBSCRIPTION


class Subscription(Record, discriminator="subscription"):
    """A tenant's subscription of one module."""

    KIND: ClassVar[Kind] = SUBSCRIPTION

    module = UnicodeAttribute()
    plan = UnicodeAttribute()
    status = UnicodeAttribute()
    catch_up = UnicodeAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """One for each module."""
        return keys.shelved(tenant, SHELF, "subscription", self.module)


class FeatureOverride(Record, discriminator="feature_override"):
    """An admin's switch of one feature."""

    KIND: ClassVar[Kind] = FEATURE_OVERRIDE

    module = UnicodeAttribute()
    feature = UnicodeAttribute()
    enabled = BooleanAttribute()
    reason = UnicodeAttribute()

    def key(self, tenant: str) -> Key:
        """One for each feature."""
        return keys.shelved(tenant, SHELF, "feature", self.module, self.feature)


class SubscriptionsRevision(Item, discriminator="subscriptions_revision"):
    """Counts a tenant's subscription changes, so that of two at once the later sees the earlier.

    Without it «enable campaigns» and «disable contacts» could both find the other module as they need it.
    """

    number = NumberAttribute()


def revision_key(tenant: str) -> Key:
    """Where the count stands."""
    return keys.shelved(tenant, SHELF, "subscriptions_revision")
