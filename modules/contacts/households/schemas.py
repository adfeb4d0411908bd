"""Households on the wire."""

from pydantic import Field

from chalicelib.web.wire import Body, Resource
from modules.contacts.people.schemas import Address, Name


class HouseholdIn(Body):
    """People who live together, as a caller writes it. A contact says itself which household it belongs to."""

    name: Name | None = Field(default=None, examples=["Núñez, Frazier Park"])
    address: Address | None = None
    owner_id: str | None = Field(default=None, max_length=40, description="the user who looks after this household")
    org_unit_id: str | None = Field(default=None, max_length=40, description="default: the caller's own unit")


class HouseholdOut(Resource):
    """A household, as everybody reads it."""

    name: str | None
    address: Address | None
    owner_id: str | None
    org_unit_id: str | None
