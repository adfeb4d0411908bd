"""What follows from a visit. Pure."""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Posting
from modules.visits.records import Visit, VisitWord


def made(record: Visit, standing: Standing | None) -> Posting | None:
    """That a visit was made, on the tenant's day; a void one was not."""
    if record.void:
        return None
    zone = ZoneInfo(standing.time_zone if standing else "UTC")
    return Posting(
        record.unit_path or "",
        {"outlet": record.outlet, "purpose": record.purpose, "mood": record.mood},
        {"minutes": int(record.minutes), "spent": Decimal(record.spent)},
        record.visited_at.astimezone(zone).date(),
    )


def held(record: Visit, standing: Standing | None) -> Posting:
    """That the visit is stored."""
    _ = standing
    return Posting(record.unit_path or "", {"outlet": record.outlet, "purpose": record.purpose})


def words(record: Visit, standing: Standing | None) -> Iterator[VisitWord]:
    """The words of its title."""
    if standing is not None:
        yield from (VisitWord.of(standing.tenant_id, word, record.id) for word in set(record.title.lower().split()))
