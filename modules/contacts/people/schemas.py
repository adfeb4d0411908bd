"""Contacts on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, EmailStr, Field

from chalicelib.web.render import MASK, Sensitive
from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.kinds import SENSITIVE

Status = Literal["prospect", "joined", "active", "suspended", "churned"]
ContactType = Literal["individual", "organization"]
DocumentType = Literal["id_card", "passport", "business_licence", "other"]
Channel = Literal["store", "phone", "email", "sms", "web", "app", "chat", "visit", "social"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=100)]

LAST_DIGITS = 4


SystemName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$", examples=["billing"])]
IdThere = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["0002-ORFBO"])]


class ExternalId(Body):
    """The contact's id in another system (billing, BOSS, call centre); unique within the tenant."""

    system: SystemName
    id: IdThere


class Geo(Body):
    """A position, WGS 84, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Address(Body):
    """A postal address; every part is optional, real feeds come without."""

    street: Name | None = None
    city: Word | None = Field(default=None, examples=["Frazier Park"])
    region: Word | None = None
    postal_code: str | None = Field(default=None, min_length=1, max_length=20, examples=["93225"])
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", examples=["US"])
    geo: Geo | None = None


class IdDocument(Body):
    """An identity document, as a caller writes it. The number is kept as a keyed hash, and never answered."""

    type: DocumentType
    number: str = Field(min_length=5, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["11010519491231002X"])


class IdDocumentOut(Shown):
    """What can be told of an identity document."""

    type: DocumentType
    last4: str | None = Field(description="the last four characters; null for a number of fewer than eight")


class ContactIn(Body):
    """A customer or prospect, as a caller writes it."""

    type: ContactType = "individual"
    name: Name | None = Field(default=None, examples=["José Núñez"])
    given_name: Name | None = None
    family_name: Name | None = None
    external_ids: list[ExternalId] = Field(default=[], max_length=10, json_schema_extra={"uniqueItems": True})
    status: Status = "active"
    churn_reason: Name | None = None
    churn_category: Word | None = None
    owner_id: str | None = Field(default=None, max_length=40, description="the user who looks after this contact")
    org_unit_id: str | None = Field(default=None, max_length=40, description="default: the caller's own unit")
    emails: list[EmailStr] = Field(default=[], max_length=5)
    phones: list[Annotated[str, Field(min_length=3, max_length=32)]] = Field(
        default=[], max_length=5, description="any format; answered as E.164", examples=[["+14155550101"]]
    )
    addresses: list[Address] = Field(default=[], max_length=5)
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47")
    birth_date: date | None = None
    gender: Literal["female", "male", "other"] | None = None
    preferred_channel: Channel | None = None
    preferred_hours: Word | None = None
    value_tier: Word | None = None
    tags: list[Word] = Field(default=[], max_length=50)
    parent_id: str | None = Field(default=None, max_length=40, description="the organization this contact belongs to")
    household_id: str | None = Field(default=None, max_length=40)
    id_document: IdDocument | None = Field(
        default=None,
        description="stays as it is unless it is named; null takes it away",
        json_schema_extra={"writeOnly": True},
    )
    source: Word | None = Field(default=None, description="where a prospect came from")
    interest: Name | None = Field(default=None, description="what a prospect asked for")
    qualification: Word | None = None
    do_not_contact: bool = Field(default=False, description="overrides every consent, over every channel")
    do_not_contact_reason: Name | None = None
    do_not_contact_since: AwareDatetime | None = Field(default=None, description="default: when it was first said")
    custom: dict[Annotated[str, Field(max_length=64)], Any] = Field(
        default={}, description="values of the tenant's custom fields, by name"
    )


def _mask_phones(numbers: list[str]) -> list[str]:
    return [MASK + number[-LAST_DIGITS:] if len(number) > LAST_DIGITS * 2 else MASK for number in numbers]


class ContactOut(Resource):
    """A contact, as everybody reads it."""

    type: ContactType
    display_name: str = Field(description="the name, else the first external id, else the id")
    name: str | None
    given_name: str | None
    family_name: str | None
    external_ids: list[ExternalId]
    status: Status
    churn_reason: str | None
    churn_category: str | None
    owner_id: str | None
    org_unit_id: str | None
    emails: list[str]
    phones: Annotated[list[str], Sensitive(SENSITIVE, _mask_phones)]
    addresses: list[Address]
    language: str | None
    birth_date: Annotated[date | None, Sensitive(SENSITIVE)]
    gender: str | None
    preferred_channel: str | None
    preferred_hours: str | None
    value_tier: str | None
    tags: list[str]
    parent_id: str | None
    household_id: str | None
    id_document: IdDocumentOut | None
    source: str | None
    interest: str | None
    qualification: str | None
    do_not_contact: bool
    do_not_contact_reason: str | None
    do_not_contact_since: datetime | None
    custom: dict[str, Any]
