"""Consents on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.consents.rules import ConsentChannel, LegalBasis, Purpose
from modules.contacts.people.schemas import ExternalId

Text1000 = Annotated[str, Field(min_length=1, max_length=1000)]


class ConsentKey(Body):
    """Where a decision stands."""

    channel: ConsentChannel
    purpose: Purpose


class ConsentIn(Body):
    """A customer's decision, as a caller tells it."""

    status: Literal["granted", "withdrawn"]
    decided_at: AwareDatetime | None = Field(
        default=None, description="when the customer decided; default: now. An older decision never overrides a newer"
    )
    source: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="how it reached us", examples=["web shop, check-out"]
    )
    legal_basis: LegalBasis | None = Field(default=None, description="of a granted one; default: consent")
    expires_at: AwareDatetime | None = Field(default=None, description="of a granted one; a withdrawal has none")
    evidence: Text1000 | None = Field(default=None, description="what was said or ticked, in words")
    evidence_file_id: str | None = Field(default=None, max_length=40, description="a file that shows it")


class ConsentForContact(ConsentIn):
    """A decision in a batch: it names the contact, by its id or by one in another system, channel and purpose."""

    contact_id: str | None = Field(default=None, max_length=40)
    external_id: ExternalId | None = None
    channel: ConsentChannel
    purpose: Purpose


class ConsentOut(Resource):
    """The decision that stands for a channel and purpose. ``updated_by`` has told it."""

    contact_id: str
    channel: ConsentChannel
    purpose: Purpose
    status: Literal["granted", "withdrawn", "expired"]
    decided_at: datetime
    source: str | None
    legal_basis: LegalBasis | None
    expires_at: datetime | None
    evidence: str | None
    evidence_file_id: str | None


class ConsentDecisionOut(Shown):
    """A decision as it was told, whether it stands or came too late."""

    channel: ConsentChannel
    purpose: Purpose
    status: Literal["granted", "withdrawn", "expired"]
    decided_at: datetime
    source: str | None
    legal_basis: LegalBasis | None
    expires_at: datetime | None
    evidence: str | None
    evidence_file_id: str | None
    recorded_at: datetime
    recorded_by: str


class ContactabilityOut(Shown):
    """Whether a customer may be contacted over a channel for a purpose, and why.

    Without a decision, service is allowed on the basis of the contract, and nothing else is.
    """

    contact_id: str
    channel: ConsentChannel
    purpose: Purpose
    at: datetime
    allowed: bool
    reason: Literal["do_not_contact", "withdrawn", "granted", "contract", "expired", "no_consent"]
    legal_basis: LegalBasis | None
    since: datetime | None = Field(description="since when that is so, if it was decided")
    until: datetime | None = Field(description="when the consent is over")


class WithdrawalOut(Shown):
    """A channel and purpose that the customer has said no to."""

    channel: ConsentChannel
    purpose: Purpose
    since: datetime
