"""Jobs, their progress, and timers as stored, all in core's table but for the timers of a unit's own records."""

from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import ByIndex, ComputedFrom, Filter, Index, Kind, Listing, OneOf
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, ListedItem, Record

STATES: Final = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})

JOB: Final = Kind(
    "job",
    ByIndex(),
    prefix="job",
    listing=Listing(
        filters=(Filter("state", parse=OneOf(STATES), path="status"), Filter("type")), indexed={"state": Index.STATE}
    ),
    # Filters and words of a customer's file stand in it: events tell that there are some.
    personal=frozenset({"params"}),
)
JOB_PROGRESS: Final = Kind("job_progress", ComputedFrom("job"))
# It stands among the timers of all tenants, and by an index among its tenant's.
TIMER: Final = Kind("due", ByIndex(), everywhere=True, exported=False)
JOB_KINDS: Final = frozenset({JOB.name, JOB_PROGRESS.name})


class Job(Record, discriminator="job"):
    """What is to be done, for whom, and how it ended. ``principal`` and ``reach`` are its starter's, as they were."""

    KIND = JOB

    type = UnicodeAttribute()
    status = UnicodeAttribute()
    params = JsonAttribute()
    principal = JsonAttribute()
    reach = JsonAttribute()
    locale = UnicodeAttribute()
    started_by = UnicodeAttribute(null=True)
    result = JsonAttribute(null=True)
    reason = JsonAttribute(null=True)
    errors_file = UnicodeAttribute(null=True)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    def state(self) -> str:
        """Listed by state."""
        return str(self.status)

    def owner(self) -> str | None:
        """Who has started it."""
        return self.started_by


class JobProgress(Item, discriminator="job_progress"):
    """How far a job has come. ``fence`` rises with each worker that takes the job, and with a cancellation.

    ``step_takes``: the next step may take so many seconds, and its worker keeps the job for as long.
    """

    checkpoint = JsonAttribute()
    done = NumberAttribute(default=0)
    total = NumberAttribute(null=True)
    counted = UnicodeAttribute(default="rows")
    fence = NumberAttribute(default=0)
    lease_until = UTCDateTimeAttribute(null=True)
    failures = NumberAttribute(default=0)
    step_takes = NumberAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, job_id: str) -> Key:
        """Beside its job."""
        return keys.record(tenant, JOB.name, job_id, "progress")


class Timer(ListedItem, discriminator="due"):
    """Something of a tenant that is due at a time; it fires only if the record's version still matches."""

    tenant = UnicodeAttribute()
    name = UnicodeAttribute()
    record_id = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    place = JsonAttribute(null=True)
    expected = NumberAttribute(null=True)
    failures = NumberAttribute(default=0)

    def holder(self, key: Key) -> str:
        """The tenant that it names."""
        _ = key
        return str(self.tenant)


class Position(Item, discriminator="position"):
    """How far a reader of the platform's has come."""

    value = JsonAttribute()
