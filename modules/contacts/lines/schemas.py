"""Lines on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.render import MASK, Sensitive
from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.kinds import SENSITIVE

LineStatus = Literal["active", "suspended", "ended"]
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Money(Shown):
    """An amount as a decimal string, never a float (api.md, Shape)."""

    amount: str = Field(pattern=r"^-?\d{1,15}(\.\d{1,6})?$", examples=["12.30"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])


class LineIn(Body):
    """What a customer subscribes to, as a caller writes it."""

    msisdn: str | None = Field(default=None, min_length=3, max_length=32, description="any format; answered as E.164")
    iccid: str | None = Field(default=None, pattern=r"^\d{18,22}$")
    imsi: str | None = Field(default=None, pattern=r"^\d{14,15}$")
    imei: str | None = Field(default=None, pattern=r"^\d{14,16}$")
    account: Key | None = Field(default=None, description="broadband or billing account; lines may share it")
    contract: Key | None = None
    product: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    monthly_fee: Money | None = None
    status: LineStatus = Field(default="active", description="an ended line gives its numbers free")
    outlet_id: str | None = Field(default=None, max_length=40, description="the outlet that activated the line")
    custom: dict[Annotated[str, Field(max_length=64)], Any] = Field(
        default={}, description="values of the tenant's custom fields of lines, by name"
    )


def _tail(number: str) -> str:
    return MASK + number[-4:]


class LineOut(Resource):
    """A line, as everybody reads it."""

    contact_id: str
    msisdn: Annotated[str | None, Sensitive(SENSITIVE, _tail)]
    iccid: Annotated[str | None, Sensitive(SENSITIVE, _tail)]
    imsi: Annotated[str | None, Sensitive(SENSITIVE, _tail)]
    imei: Annotated[str | None, Sensitive(SENSITIVE, _tail)]
    account: str | None
    contract: str | None
    product: str | None
    starts_on: date | None
    ends_on: date | None
    monthly_fee: Money | None
    status: LineStatus
    outlet_id: str | None
    custom: dict[str, Any]
    ended_at: datetime | None = Field(description="since when its numbers are free")


class TransferIn(Body):
    """To whom a line's numbers go over, and from when on."""

    to: str = Field(max_length=40, description="the contact who has them from then on")
    at: AwareDatetime | None = Field(default=None, description="default: now; not in the future")
    custom: dict[Annotated[str, Field(max_length=64)], Any] = Field(
        default={}, description="values of custom fields of the new owner's line"
    )
