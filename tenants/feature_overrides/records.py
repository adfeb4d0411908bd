"""Overrides as they are stored: on the tenant's shelf, so that the snapshot is one Query."""

from typing import ClassVar

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.records import Record
from tenants.feature_overrides.rules import Override
from tenants.kinds import FEATURE_OVERRIDE, SHELF

EVERYBODY = "everybody"


class FeatureOverride(Record, discriminator="feature_override"):
    """A switch of one feature. ``audience`` is its id, or EVERYBODY for the one that is for everybody."""

    KIND: ClassVar[Kind] = FEATURE_OVERRIDE

    module = UnicodeAttribute()
    feature = UnicodeAttribute()
    audience = UnicodeAttribute(default=EVERYBODY)
    enabled = BooleanAttribute()
    reason = UnicodeAttribute()
    roles = JsonAttribute(null=True)
    units = JsonAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """One for everybody for each feature, and any others by their ids."""
        return key_of(tenant, self.module, self.feature, self.audience)

    def as_rule(self) -> Override:
        """What the decision takes."""
        return Override(
            str(self.id),
            bool(self.enabled),
            frozenset(self.roles or ()),
            frozenset(self.units or ()),
            self.expires_at,
            self.updated_at,
        )


def key_of(tenant: str, module: str, feature: str, audience: str) -> Key:
    """Where an override stands."""
    return keys.shelved(tenant, SHELF, "feature", module, feature, audience)


def overrides_of(module: str, feature: str) -> SortKey:
    """The prefix of all overrides of one feature on the shelf."""
    return keys.children("feature", module, feature)
