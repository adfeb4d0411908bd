"""Surveys as stored: one for each request that was closed."""

from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.records import Record
from modules.service_analysis.kinds import SURVEY
from modules.service_analysis.surveys.rules import SurveyStatus

OF_REQUEST: Final = "survey_of_request"
OF_CONTACT: Final = "survey_of_contact"


class Survey(Record, discriminator="survey"):
    """What a customer is asked about a request, and what they have answered.

    ``closed_at`` is the closing that it asks about. ``nonce`` is in the only links that count; without one none does.
    ``rating`` is 1 to 5, ``recommends`` 0 to 10. ``handler_id`` is who worked on the request when it was closed. The
    words by which surveys are counted follow their request.
    """

    KIND = SURVEY

    request_id = UnicodeAttribute()
    contact_id = UnicodeAttribute(null=True)
    status = UnicodeAttribute(default=SurveyStatus.WAITING.value)
    nonce = UnicodeAttribute(null=True)
    closed_at = UTCDateTimeAttribute()
    expires_at = UTCDateTimeAttribute()
    answered_at = UTCDateTimeAttribute(null=True)
    rating = NumberAttribute(null=True)
    recommends = NumberAttribute(null=True)
    comment = UnicodeAttribute(null=True)
    follow_up = UnicodeAttribute(null=True)
    handler_id = UnicodeAttribute(null=True)
    type = UnicodeAttribute()
    category = UnicodeAttribute(null=True)
    area = UnicodeAttribute(null=True)
    channel = UnicodeAttribute()
    product = UnicodeAttribute(null=True)
    customer_level = UnicodeAttribute(null=True)
    org_unit_id = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def owner(self) -> str | None:
        """Whose work it is about: it stays theirs, whoever has their customers later."""
        return self.handler_id

    def org_unit(self) -> str | None:
        """The path of the request's org unit."""
        return self.unit_path

    def about(self) -> frozenset[str]:
        """The customer."""
        return frozenset({str(self.contact_id)} if self.contact_id else ())

    def claims(self) -> frozenset[tuple[str, str]]:
        """A request has one survey."""
        return frozenset({(OF_REQUEST, str(self.request_id))})

    def lookups(self) -> frozenset[tuple[str, str]]:
        """The customer's."""
        return frozenset({(OF_CONTACT, str(self.contact_id))} if self.contact_id else ())

    def follow(self, request: Any) -> None:
        """Take over what surveys are found and counted by from the request as it is now."""
        for name in FOLLOWED:
            setattr(self, name, getattr(request, name))


FOLLOWED: Final = (
    "contact_id",
    "type",
    "category",
    "area",
    "channel",
    "product",
    "customer_level",
    "org_unit_id",
    "unit_path",
)
