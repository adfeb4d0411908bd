"""Usage as it is stored: sums by day and month, what is held, which log lines are counted, and what was warned of."""

from typing import Any, ClassVar

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.records import Item, Record
from tenants.kinds import QUOTA, SHELF, USAGE, USAGE_SOURCE
from tenants.usage.rules import FLOWS, Amounts, exact


class Usage(Item, discriminator="usage"):
    """What a module did for a tenant in one period, a UTC day (``2026-03-01``) or month: a sum for each meter."""

    period = UnicodeAttribute()
    module = UnicodeAttribute()
    api_requests = NumberAttribute(null=True)
    events_handled = NumberAttribute(null=True)
    messages_sent = NumberAttribute(null=True)
    import_rows = NumberAttribute(null=True)
    compute_ms = NumberAttribute(null=True)
    read_units = NumberAttribute(null=True)
    write_units = NumberAttribute(null=True)

    def amounts(self) -> Amounts:
        """The sums by meter; without those that are nothing."""
        return {meter: exact(amount) for meter in FLOWS if (amount := getattr(self, meter))}


class UsageStock(Item, discriminator="usage_stock"):
    """The most that was held on a UTC day."""

    period = UnicodeAttribute()
    module = UnicodeAttribute()
    records = NumberAttribute(default=0)
    storage_bytes = NumberAttribute(default=0)

    def amounts(self) -> Amounts:
        """What was held by meter; without what is nothing."""
        held = {"records": int(self.records), "storage_bytes": int(self.storage_bytes)}
        return {meter: amount for meter, amount in held.items() if amount}


class UsageSource(Item, discriminator="usage_source"):
    """The numbers of a process's lines that have been counted, as ranges; committed with what they added."""

    ranges = JsonAttribute()
    revision = NumberAttribute()

    @staticmethod
    def key_of(source: str) -> Key:
        """One for each process that ever wrote lines; the platform's."""
        return keys.record(keys.PLATFORM, USAGE_SOURCE.name, source)


class Quota(Record, discriminator="quota"):
    """A quota that was nearly or wholly used up when it was looked at last. It stands on the tenant's shelf.

    ``threshold`` is the percentage that has been passed, 0 again when it is not any more; ``warned`` the highest that
    was told of in the month. ``resets_at`` is absent for what is held.
    """

    KIND: ClassVar[Kind] = QUOTA

    module = UnicodeAttribute()
    meter = UnicodeAttribute()
    month = UnicodeAttribute()
    threshold = NumberAttribute()
    warned = NumberAttribute()
    used = NumberAttribute()
    limit = NumberAttribute()
    hard = BooleanAttribute()
    resets_at = UTCDateTimeAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """One for each module and meter."""
        return keys.shelved(tenant, SHELF, QUOTA.name, self.module, self.meter)


def addition(tenant: str, period: str, module: str, amounts: Amounts) -> Action:
    """The action that adds to the sums of a day or a month."""
    key = usage_key(tenant, period, module)
    item = Usage(period=period, module=module).put_at(key)
    return Action(key, item.raw(), add={meter: amount for meter, amount in amounts.items() if amount})


def usage_key(tenant: str, period: str, module: str) -> Key:
    """Where a day's or a month's sums stand; all on one shelf, in order."""
    return keys.shelved(tenant, USAGE.name, _grain(period), period, module)


def stock_key(tenant: str, day: str, module: str) -> Key:
    """Where it stands what was held on a day."""
    return keys.shelved(tenant, USAGE.name, "stock", day, module)


def between(tenant: str, first: str, last: str, grain: str = "") -> dict[str, Any]:
    """The sums (with ``grain="stock"``: the stocks) of a range of days, or of months, as arguments of a query."""
    low = keys.shelved(tenant, USAGE.name, grain or _grain(first), first)
    high: SortKey = keys.shelved(tenant, USAGE.name, grain or _grain(last), last, keys.ABOVE).sk
    return {"pk": low.pk, "between": (low.sk, high)}


def _grain(period: str) -> str:
    return "day" if len(period) == len("2026-03-01") else "month"
