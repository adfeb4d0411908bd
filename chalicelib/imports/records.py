"""Imports as stored, in core's table beside their jobs: what was asked for, and how it is to be read."""

from typing import Final

from pynamodb.attributes import UnicodeAttribute

from chalicelib.files.records import FILE
from chalicelib.jobs.records import JOB_KINDS
from chalicelib.modules import ByIndex, Index, Kind, Listing
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record

IMPORT: Final = Kind(
    "import",
    ByIndex(),
    prefix="imp",
    listing=Listing(indexed={"target": Index.STATE}),
    # Words of the file stand in it (what cells mean), which may be a person's: events tell that it changed.
    personal=frozenset({"mapping", "constants"}),
)
DOOR: Final = frozenset({IMPORT.name, FILE.name, *JOB_KINDS})
"""What an import needs of core's table."""


class Import(Record, discriminator="import"):
    """One file on its way in. A draft until it has a job; from then on the job says how it is."""

    KIND = IMPORT

    target = UnicodeAttribute()
    file_id = UnicodeAttribute()
    dictionary_file_id = UnicodeAttribute(null=True)
    system = UnicodeAttribute()
    mode = UnicodeAttribute()
    key_field = UnicodeAttribute(null=True)
    layout = JsonAttribute()
    mapping = JsonAttribute()
    constants = JsonAttribute(null=True)
    suggested = JsonAttribute()
    dates = JsonAttribute(null=True)
    job_id = UnicodeAttribute(null=True)
    revert_job_id = UnicodeAttribute(null=True)
    owner_id = UnicodeAttribute()

    def state(self) -> str:
        """Listed by what it is for."""
        return str(self.target)

    def owner(self) -> str:
        """Who has begun it."""
        return str(self.owner_id)
