"""Interactions, timeline and overview on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, PrivateAttr

from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.consents.schemas import WithdrawalOut
from modules.contacts.lines.schemas import LineOut
from modules.contacts.people.schemas import Channel, ContactOut, ExternalId
from modules.contacts.usage.schemas import BillOut

Known = Annotated[str | None, Field(min_length=1, max_length=200)]
Ref = Annotated[str, Field(min_length=1, max_length=255)]


class InteractionIn(Body):
    """One touch, over any channel, in either direction. Append-only."""

    channel: Channel = Field(examples=["phone"])
    direction: Literal["inbound", "outbound"] = Field(examples=["inbound"])
    title: str = Field(min_length=1, max_length=200, description="what it was about", examples=["Asks about the bill"])
    summary: str | None = Field(default=None, max_length=8000)
    agent: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="the service agent, as the source system names them"
    )
    outcome: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    occurred_at: AwareDatetime | None = Field(default=None, description="default: now")
    link: Ref | None = Field(default=None, description="the ticket, campaign or opportunity it belongs to")
    source: ExternalId | None = Field(
        default=None, description="what the source system calls it: the same one again is noted once"
    )


class ContactKey(Body):
    """A key that the source system knows a customer by: exactly one. Numbers in any format."""

    msisdn: Known = None
    iccid: Known = None
    imsi: Known = None
    account: Known = None
    contract: Known = None
    email: Known = None
    phone: Known = None
    external_id: Known = Field(default=None, description="system:id", examples=["billing:0002-ORFBO"])


class InteractionForContact(InteractionIn):
    """An interaction in a batch: it names its contact, by our id or by a key."""

    contact_id: str | None = Field(default=None, max_length=40)
    contact: ContactKey | None = None
    _meant: tuple[str, ...] = PrivateAttr(default=())

    @property
    def key(self) -> tuple[str, str] | None:
        """The one key that is given, by name; None when it is none or several, or there is an id too."""
        given = self.contact.model_dump(exclude_none=True) if self.contact else {}
        return next(iter(given.items())) if len(given) == 1 and self.contact_id is None else None

    @property
    def meant(self) -> tuple[str, ...]:
        """The ids of the contacts that it may mean, as far as they have been looked for."""
        return (self.contact_id,) if self.contact_id and not self.contact else self._meant

    def means(self, ids: tuple[str, ...]) -> None:
        """Say which contacts its key leads to."""
        self._meant = ids


class InteractionOut(Resource):
    """An interaction, as everybody reads it."""

    contact_id: str
    channel: Channel
    direction: Literal["inbound", "outbound"]
    title: str
    summary: str | None
    agent: str | None
    outcome: str | None
    occurred_at: datetime
    link: str | None
    source: ExternalId | None


class TimelineEntryOut(Shown):
    """Something that happened to a customer, whichever module tells it."""

    type: str
    occurred_at: datetime
    title: str
    module: str
    source_id: str
    link: str | None


class BadgeOut(Shown):
    """A short value that a module tells of the customer."""

    module: str
    name: str
    value: str
    severity: Literal["info", "warning", "critical"]


class Overview(Shown):
    """The page a service agent opens: customer, badges, level, lines, bills, the newest 20 timeline entries."""

    contact: ContactOut
    level: str | None = Field(description="the customer's level: contributed by a module, else the value tier")
    badges: list[BadgeOut]
    withdrawals: list[WithdrawalOut] = Field(description="what the customer has said no to, by channel and purpose")
    lines: list[LineOut]
    bills: list[BillOut] = Field(description="the newest month of each line and account, and of the customer as such")
    timeline: list[TimelineEntryOut]
