"""Pure decisions about consent: what stands, what comes too late, and whether somebody may be contacted.

do_not_contact ─yes→ no
      │ no
decision for channel and purpose ─withdrawn→ no    ─granted, not over→ yes
      │ none, or over
service → yes (the contract)      marketing, research, profiling → no
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

ConsentChannel = Literal["store", "phone", "email", "sms", "web", "app", "chat", "visit", "social", "post"]
Purpose = Literal["marketing", "service", "research", "profiling"]
LegalBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_interest", "legitimate_interests"
]
"""GDPR Art. 6 (1) (a) to (f); PIPL Art. 13 knows the same but the last."""

SERVICE: Final = "service"
CONTRACT: Final = "contract"


class Status(StrEnum):
    """What a decision says; a granted one is over by itself at its expiry."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why somebody may be contacted, or not."""

    DO_NOT_CONTACT = "do_not_contact"
    WITHDRAWN = "withdrawn"
    GRANTED = "granted"
    CONTRACT = "contract"
    EXPIRED = "expired"
    NO_CONSENT = "no_consent"


@dataclass(frozen=True, slots=True)
class Decision:
    """A customer's decision for one channel and purpose, made at ``at``."""

    channel: str
    purpose: str
    status: Status
    at: datetime
    legal_basis: str | None = None
    expires_at: datetime | None = None

    def standing(self, now: datetime) -> Status:
        """What it says at a time: a timer ends it within a minute, and readers before that."""
        over = self.status is Status.GRANTED and self.expires_at is not None and self.expires_at <= now
        return Status.EXPIRED if over else self.status


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether, why, on which legal basis, and since and until when that is so."""

    allowed: bool
    reason: Reason
    legal_basis: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def overrides(new: Decision, standing: Decision) -> bool:
    """Whether a decision takes the place of the one that stands.

    The younger one does, whichever was told first; of two of one instant the withdrawal does.
    """
    if new.at != standing.at:
        return new.at > standing.at
    return new.status is Status.WITHDRAWN or standing.status is not Status.WITHDRAWN


def may_contact(
    decisions: Iterable[Decision], channel: str, purpose: str, at: datetime, *, do_not_contact: bool
) -> Answer:
    """Whether a customer may be contacted over a channel for a purpose at a time.

    ``decisions`` may hold others too, and several for one channel and purpose (of merged contacts): the youngest
    counts.
    """
    if do_not_contact:
        return Answer(allowed=False, reason=Reason.DO_NOT_CONTACT)
    held = youngest(each for each in decisions if (each.channel, each.purpose) == (channel, purpose))
    status = held.standing(at) if held else None
    if held and status is Status.WITHDRAWN:
        return Answer(allowed=False, reason=Reason.WITHDRAWN, since=held.at)
    if held and status is Status.GRANTED:
        return Answer(True, Reason.GRANTED, held.legal_basis, held.at, held.expires_at)
    if purpose == SERVICE:
        return Answer(allowed=True, reason=Reason.CONTRACT, legal_basis=CONTRACT)
    if held:
        return Answer(allowed=False, reason=Reason.EXPIRED, since=held.expires_at)
    return Answer(allowed=False, reason=Reason.NO_CONSENT)


def youngest(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that stands among those for one channel and purpose."""
    found: Decision | None = None
    for each in decisions:
        if found is None or overrides(each, found):
            found = each
    return found
