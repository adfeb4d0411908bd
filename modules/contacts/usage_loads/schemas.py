"""Loads on the wire."""

from pydantic import Field

from chalicelib.web.wire import Resource


class UsageLoadOut(Resource):
    """What one transaction has loaded of one month."""

    month: str
    source: str | None
    contacts: int = Field(description="how many customers")
    new: int
    replaced: int
    late: int = Field(description="new months that are older than one that was known")
    restated: bool = Field(description="whether figures that had been said were replaced")
