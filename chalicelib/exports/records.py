"""Exports as stored, in core's table beside their jobs."""

from typing import Final

from pynamodb.attributes import UnicodeAttribute

from chalicelib.files.records import FILE
from chalicelib.jobs.records import JOB_KINDS
from chalicelib.modules import ByIndex, Index, Kind, Listing
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record

EXPORT: Final = Kind(
    "export",
    ByIndex(),
    prefix="exp",
    listing=Listing(indexed={"target": Index.STATE}),
    # Who is looked for may stand in a filter.
    personal=frozenset({"filters"}),
)
DOOR: Final = frozenset({EXPORT.name, FILE.name, *JOB_KINDS})


class Export(Record, discriminator="export"):
    """What was asked for; its job says how it is."""

    KIND = EXPORT

    target = UnicodeAttribute()
    format = UnicodeAttribute()
    filters = JsonAttribute()
    fields = JsonAttribute(null=True)
    job_id = UnicodeAttribute()
    owner_id = UnicodeAttribute()

    def state(self) -> str:
        """Listed by what is exported."""
        return str(self.target)

    def owner(self) -> str:
        """Who has asked."""
        return str(self.owner_id)
