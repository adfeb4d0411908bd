"""Entries as stored: in their request's partition, in the order in which they were written."""

from datetime import datetime
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import ENTRY, REQUEST
from modules.service_analysis.requests.records import ServiceRequest


class Entry(Record, discriminator="request_entry"):
    """One line of a request's history; nobody changes it.

    ``type``: a ``note`` for the staff alone, a ``reply`` to the customer, a ``message`` of the customer's, or a
    ``step``: what was done to the request, with ``details`` of it.
    """

    KIND = ENTRY

    request_id = UnicodeAttribute()
    contact_id = UnicodeAttribute(null=True)
    type = UnicodeAttribute()
    text = UnicodeAttribute(null=True)
    action = UnicodeAttribute(null=True)
    details = JsonAttribute(null=True)
    attachments = JsonAttribute(null=True)

    @classmethod
    def of(cls, request: ServiceRequest, at: datetime, entry_type: str, text: str | None = None, **values: Any) -> Self:
        """A new entry of a request."""
        about: dict[str, Any] = {"request_id": request.id, "contact_id": request.contact_id}
        return cls.fresh(at, **about, type=entry_type, text=text, **values)

    @classmethod
    def place_of(cls, tenant: str, request_id: str, entry_id: str) -> Key:
        """Beside the request."""
        return keys.record(tenant, REQUEST.name, request_id, ENTRY.name, entry_id)

    def key(self, tenant: str) -> Key:
        """Beside the request."""
        return self.place_of(tenant, self.request_id, self.id)

    def claimant(self) -> str:
        """The request's id leads to it."""
        return f"{self.request_id}/{self.id}"

    def about(self) -> frozenset[str]:
        """The request's customer."""
        return frozenset({str(self.contact_id)} if self.contact_id else ())
