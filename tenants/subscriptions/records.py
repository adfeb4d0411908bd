"""Subscriptions as they are stored: on the tenant's shelf, so that the snapshot is one Query; their history beside."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.records import Item, Record
from tenants.kinds import SHELF, SUBSCRIPTION, SUBSCRIPTION_ENTRY
from tenants.plans.rules import plans
from tenants.subscriptions.rules import Span, SubscriptionState, Timeline, since


class Subscription(Record, discriminator="subscription"):
    """A tenant's subscription of one module.

    ``agreed`` decides (rules.py); ``status`` and ``plan`` are what events have told last. ``catch_up`` is the job that
    opens the module after a pause; ``entries`` counts its history. ``purge_job`` exports and deletes the data of a
    module that is off, or has done so; ``purging``: it has begun to delete; ``purged``: {job, at, counts by kind} of
    the last one that came to its end.
    """

    KIND: ClassVar[Kind] = SUBSCRIPTION

    module = UnicodeAttribute()
    plan = UnicodeAttribute()
    status = UnicodeAttribute()
    agreed = JsonAttribute(null=True)
    catch_up = UnicodeAttribute(null=True)
    entries = NumberAttribute(default=0)
    purge_job = UnicodeAttribute(null=True)
    purging = BooleanAttribute(null=True)
    purged = JsonAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """One for each module."""
        return keys.shelved(tenant, SHELF, "subscription", self.module)

    @property
    def timeline(self) -> Timeline:
        """What has been agreed. A record that is older than intervals tells of one: since it was made."""
        if self.agreed is None and self.plan in plans():
            ended = self.updated_at if self.status == SubscriptionState.OFF else None
            return since(plans()[self.plan], self.created_at, ended)
        return timeline_of(self.agreed or {})

    @property
    def is_purged(self) -> bool:
        """Whether its job has come to its end."""
        return bool(self.purged) and self.purged["job"] == self.purge_job

    def keep(self, timeline: Timeline) -> Self:
        """Hold another timeline."""
        self.agreed = _written(timeline)
        return self


class SubscriptionEntry(Item, discriminator="subscription_entry"):
    """One change of a subscription: what was asked, by whom, when. Never changed again."""

    module = UnicodeAttribute()
    what = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    by = UnicodeAttribute()
    plan = UnicodeAttribute(null=True)
    starts_at = UTCDateTimeAttribute(null=True)
    ends_at = UTCDateTimeAttribute(null=True)
    trial_days = NumberAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, module: str, number: int) -> Key:
        """In the order in which it happened."""
        return keys.shelved(tenant, SUBSCRIPTION_ENTRY.name, module, f"{number:08}")


def history_of(tenant: str, module: str) -> tuple[PartitionKey, SortKey]:
    """Where a module's entries stand."""
    return keys.shelf(tenant, SUBSCRIPTION_ENTRY.name), keys.children(module)


class SubscriptionsRevision(Item, discriminator="subscriptions_revision"):
    """Counts a tenant's subscription changes, so that of two at once the later sees the earlier.

    Without it «enable campaigns» and «disable contacts» could both find the other module as they need it.
    """

    number = NumberAttribute()


def revision_key(tenant: str) -> Key:
    """Where the count stands."""
    return keys.shelved(tenant, SHELF, "subscriptions_revision")


# -- a timeline as JSON


def _written(timeline: Timeline) -> dict[str, Any]:
    return {
        "spans": [
            {
                "start": each.start.isoformat(),
                "end": each.end.isoformat() if each.end else None,
                "plan": each.plan,
                "trial": each.trial,
                "grace_days": each.grace_days,
                "kept_days": each.kept_days,
                "agreed_at": each.agreed_at.isoformat(),
                "opened_at": each.opened_at.isoformat() if each.opened_at else None,
            }
            for each in timeline.spans
        ],
        "stops": [each.isoformat() for each in timeline.stops],
        "resumed": timeline.resumed,
    }


def timeline_of(written: Mapping[str, Any]) -> Timeline:
    """The timeline that was written; nothing agreed when that can't be read: what is not known is off."""
    try:
        return Timeline(
            tuple(
                Span(
                    _instant(each["start"]),
                    _instant(each["end"]) if each["end"] else None,
                    str(each["plan"]),
                    bool(each["trial"]),
                    int(each["grace_days"]),
                    int(each["kept_days"]),
                    _instant(each["agreed_at"]),
                    _instant(each["opened_at"]) if each["opened_at"] else None,
                )
                for each in written["spans"]
            ),
            tuple(map(_instant, written["stops"])),
            bool(written["resumed"]),
        )
    except (KeyError, TypeError, ValueError):
        return Timeline()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
