"""What time does to consents."""

from chalicelib.jobs.timers import Firing
from modules.contacts.consents.records import Consent, ConsentDecision
from modules.contacts.consents.rules import Status


def expire(firing: Firing) -> None:
    """End a consent that is over, once: others hear ``consent.expired``."""
    consent = firing.record
    if not isinstance(consent, Consent) or consent.decision().standing(firing.store.clock()) is not Status.EXPIRED:
        return
    if consent.status == Status.EXPIRED:
        return
    consent.status = str(Status.EXPIRED)
    firing.store.update(consent, verb="expired")
    values = {
        "channel": consent.channel,
        "purpose": consent.purpose,
        "status": consent.status,
        "decided_at": consent.expires_at,
        "legal_basis": consent.legal_basis,
        "expires_at": consent.expires_at,
    }
    told = ConsentDecision.told(consent.contact_id, values, firing.store.clock(), firing.store.actor)
    firing.store.put(told.place(firing.tenant))
