"""The tenant as it is stored, and the platform's registry of names, sign-ins and issuers."""

from typing import ClassVar, Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key, PartitionKey
from chalicelib.store.records import ListedItem, Record
from tenants.kinds import SHELF, TENANT
from tenants.lifecycle.rules import Blocks, TenantState


def shelf(tenant_id: str) -> PartitionKey:
    """Where tenant, subscriptions and overrides stand together: the whole snapshot is one Query."""
    return keys.shelf(tenant_id, SHELF)


class Tenant(Record, discriminator="tenant"):
    """A regional operator: its state and settings. Its record stands in its own partition.

    ``erasing``: what is left when the erasure has begun, under the platform's keys: the id, the state, the times, and
    which offboarding it was. ``billing_pauses``: when nothing was billed (rules.Pause).
    """

    KIND: ClassVar[Kind] = TENANT

    name = UnicodeAttribute(null=True)
    region = UnicodeAttribute(null=True)
    default_phone_region = UnicodeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    block_sign_in = BooleanAttribute(default=False)
    block_changes = BooleanAttribute(default=False)
    block_billing = BooleanAttribute(default=False)
    reason = UnicodeAttribute(null=True)
    root_unit_id = UnicodeAttribute(null=True)
    billing_pauses = JsonAttribute(null=True)
    offboarding_id = UnicodeAttribute(null=True)
    erasing = BooleanAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """The tenant's profile, on the shelf of its snapshot; of one that is being erased, the platform's."""
        return remains_of(self.id) if self.erasing else keys.shelved(tenant, SHELF, "profile")

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """The profile of the tenant whose partition it is: there is no other one in it."""
        del record_id
        return keys.shelved(tenant, SHELF, "profile")

    def place(self, tenant: str) -> Self:
        """Stand in the operators' lists too, which are the platform's and not the tenant's."""
        super().place(tenant)
        self.gsi1pk, self.gsi1sk = keys.by_kind(keys.PLATFORM, self.KIND.name), keys.creation(self.id)
        self.gsi3pk = keys.by_state(keys.PLATFORM, self.KIND.name, self.status)
        self.gsi3sk = keys.creation(self.id)
        return self

    @property
    def lifecycle(self) -> TenantState:
        """The state as a rule takes it."""
        return TenantState(self.status)

    @property
    def suspension(self) -> Blocks:
        """The switches of its suspension, as they stand."""
        return Blocks(bool(self.block_sign_in), bool(self.block_changes), bool(self.block_billing))


def remains_of(tenant_id: str) -> Key:
    """Where the platform keeps that there was a tenant."""
    return keys.record(keys.PLATFORM, TENANT.name, tenant_id)


class RegistryEntry(ListedItem, discriminator="registry"):
    """Tells which tenant, and which record of it, a sign-in or an issuer belongs to. Platform-only."""

    tenant = UnicodeAttribute()
    record = UnicodeAttribute()
    detail = JsonAttribute(null=True)

    def holder(self, key: Key) -> str:
        """The tenant that it points to."""
        _ = key
        return str(self.tenant)
