"""Customers who complain again, on the wire."""

from pydantic import Field

from chalicelib.web.wire import Shown


class ComplainerOut(Shown):
    """A customer who has complained several times in a month or year."""

    contact_id: str
    period: str
    complaints: int = Field(description="in the org units that the caller sees")
