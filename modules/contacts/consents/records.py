"""Consents as stored: what stands in the overview's range of the contact's partition, the history behind it."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Self

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.keys import Key, PartitionKey, SortKey
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from modules.contacts.consents.rules import Decision, Status, overrides
from modules.contacts.kinds import CONSENT, CONSENT_EXPIRY, CONTACT
from modules.contacts.people.records import BesideContact, Contact, OfContact

# Behind the overview's range, as touches are.
TRAIL: Final = "trail"
# What a feed sends twice is the same: 60 bits tell decisions of one customer and instant apart.
_DIGITS: Final = 15
# A ULID's time, and its random part (github.com/ulid/spec).
_TIME, _RANDOM = 10, 16
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Consent(OfContact, discriminator="consent"):
    """The decision that stands for one channel and purpose. ``decided_at`` is the customer's time, not ours."""

    KIND = CONSENT
    SORTED_AS = CONSENT.name

    channel = UnicodeAttribute()
    purpose = UnicodeAttribute()
    status = UnicodeAttribute()
    decided_at = UTCDateTimeAttribute()
    source = UnicodeAttribute(null=True)
    legal_basis = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    evidence = UnicodeAttribute(null=True)
    evidence_file_id = UnicodeAttribute(null=True)

    @classmethod
    def first(cls, contact: Contact, at: datetime, channel: str, purpose: str) -> Self:
        """The first one for a channel and purpose.

        Its id follows from contact, channel and purpose, so that two first ones at once meet at one key; those that
        come with a merged contact have another one's, and stand beside.
        """
        digest = int.from_bytes(hashlib.sha256(f"{contact.id} {channel} {purpose}".encode()).digest()[:_TIME])
        letters = "".join(_CROCKFORD[(digest >> 5 * place) % len(_CROCKFORD)] for place in range(_RANDOM))
        born = contact.id.rpartition("_")[2][:_TIME]
        return cls.of(contact, at, id=f"{CONSENT.prefix}_{born}{letters}", channel=channel, purpose=purpose)

    def key(self, tenant: str) -> Key:
        """By channel and purpose in the contact's partition."""
        return keys.record(tenant, CONTACT.name, self.contact_id, self.SORTED_AS, self.channel, self.purpose, self.id)

    def remind_again(self, store: Store) -> None:
        """It ends at its time, wherever it stands by then."""
        from chalicelib.jobs.timers import remind  # noqa: PLC0415 - merges alone

        ends: datetime | None = self.expires_at
        if ends is not None and Status(self.status) is Status.GRANTED:
            remind(store, CONSENT_EXPIRY, self.id, ends, self)

    def decision(self) -> Decision:
        """What it says."""
        return Decision(
            self.channel, self.purpose, Status(self.status), self.decided_at, self.legal_basis, self.expires_at
        )


class ConsentDecision(BesideContact, discriminator="consent_decision"):
    """One decision as it was told: never changed, never taken away but with the person."""

    channel = UnicodeAttribute()
    purpose = UnicodeAttribute()
    status = UnicodeAttribute()
    decided_at = UTCDateTimeAttribute()
    source = UnicodeAttribute(null=True)
    legal_basis = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    evidence = UnicodeAttribute(null=True)
    evidence_file_id = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    recorded_at = UTCDateTimeAttribute()
    recorded_by = UnicodeAttribute()

    @classmethod
    def told(cls, contact_id: str, values: dict[str, Any], at: datetime, by: str) -> Self:
        """A decision that somebody (``by``) tells us at a time."""
        said = repr(sorted((name, str(value)) for name, value in values.items() if value is not None))
        digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]
        return cls(contact_id=contact_id, digest=digest, recorded_at=at, recorded_by=by, **values)

    def place(self, tenant: str) -> Self:
        """By the customer's time in the contact's partition; the same told twice stands once."""
        at = self.decided_at.astimezone(UTC).isoformat(timespec="milliseconds")
        return self.put_at(Key(trail_of(tenant, self.contact_id), keys.moment(TRAIL, at, self.digest)))


def trail_of(tenant: str, contact_id: str) -> PartitionKey:
    """The partition in which a contact's decisions stand."""
    return keys.collection(tenant, CONTACT.name, contact_id)


def those_for(channel: str = "", purpose: str = "") -> SortKey:
    """Begins the sort keys of a contact's consents: all, or those for a channel and purpose."""
    return keys.children(CONSENT.name, *(each for each in (channel, purpose) if each))


def standing(found: Iterable[Item]) -> list[Consent]:
    """Of a contact's consents those that count: one for each channel and purpose, also after a merge."""
    kept: dict[tuple[str, str], Consent] = {}
    for each in found:
        if isinstance(each, Consent):
            at = (each.channel, each.purpose)
            if at not in kept or overrides(each.decision(), kept[at].decision()):
                kept[at] = each
    return list(kept.values())
