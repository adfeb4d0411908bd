"""What a request posts of itself: that it was opened, answered, ended, reopened, rated, and that it is open. Pure.

The agent of what was opened, has ended or is open is who works on it (and did last), so that a backlog can be reckoned
from the three; of an answer who took it first, of a rating who resolved it. Values are measured in seconds of the
calendar; working time is the service clocks' business.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Number, Posting
from chalicelib.store import keys
from modules.service_analysis.analysis.rules import DIMENSIONS
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Status

# A sort key takes 1,024 bytes: two values, an org unit's path, a day and a shard.
MOST_BYTES: Final = 300
SATISFIED: Final = 4
"""CSAT counts marks of 4 and 5 out of 5."""
PROMOTER: Final = 9
DETRACTOR: Final = 6
"""Net promoter score: 9 and 10 recommend, 0 to 6 do not."""


def opened(record: ServiceRequest, standing: Standing | None) -> Posting:
    """On the day when the customer said it."""
    in_time = record.held().get("response_in_time")
    measures = {"complaints": record.type == "complaint", "with_target": in_time is not None, "in_time": bool(in_time)}
    return _posting(record, record.handler_id, measures, day_in(standing, record.opened_at))


def answered(record: ServiceRequest, standing: Standing | None) -> Posting | None:
    """On the day of the first public reply."""
    at = record.held().get("responded_at")
    if at is None:
        return None
    measures = {"response_seconds": _seconds(record.opened_at, at)}
    return _posting(record, record.first_responder_id or record.handler_id, measures, day_in(standing, at))


def ended(record: ServiceRequest, standing: Standing | None) -> Posting | None:
    """On the day of the last resolution that stands; or when another request went on in its place."""
    held = record.held()
    resolved, in_time = held.get("resolved_at"), held.get("resolution_in_time")
    at = resolved or (held.get("closed_at") if record.merged_into else None)
    if at is None:
        return None
    measures: dict[str, Number] = {}
    if resolved:
        measures = {
            "resolved": 1,
            "resolution_seconds": _seconds(record.opened_at, resolved),
            "with_target": in_time is not None,
            "in_time": bool(in_time),
            "first_contact": first_contact(record),
            "reopened": int(record.reopened) > 0,
            "closed": record.status == Status.CLOSED,
            "rated": held.get("rated_at") is not None,
        }
    return _posting(record, record.handler_id, measures, day_in(standing, at))


def reopened(record: ServiceRequest, standing: Standing | None) -> Posting | None:
    """On the day when it was reopened last."""
    at = record.held().get("reopened_at")
    return _posting(record, record.handler_id, {}, day_in(standing, at)) if at else None


def rated(record: ServiceRequest, standing: Standing | None) -> Posting | None:
    """On the day when the customer rated it."""
    held = record.held()
    at = held.get("rated_at")
    if at is None:
        return None
    measures: dict[str, Number] = {}
    if (rating := held.get("rating")) is not None:
        measures |= {"rating": int(rating), "marked": 1, "satisfied": int(rating) >= SATISFIED}
    if (recommends := held.get("recommends")) is not None:
        for_it, against = int(recommends) >= PROMOTER, int(recommends) <= DETRACTOR
        measures |= {"recommending": 1, "promoters": for_it, "detractors": against}
    return _posting(record, record.resolver_id or record.handler_id, measures, day_in(standing, at))


def still_open(record: ServiceRequest, standing: Standing | None) -> Posting | None:
    """As long as somebody has still to do something."""
    del standing
    return _posting(record, record.handler_id, {}, None) if record.open else None


def first_contact(record: ServiceRequest) -> bool:
    """Solved at the first contact: at most one reply, no more word of the customer, in one hand, and for good."""
    return int(record.replies) <= 1 and not (int(record.messages) or int(record.handovers) or int(record.reopened))


def day_in(standing: Standing | None, at: datetime) -> date:
    """The tenant's day of an instant."""
    return at.astimezone(ZoneInfo(standing.time_zone) if standing else UTC).date()


def fitting(value: str) -> str:
    """A value as it fits a cell's key: of a long path the levels that fit, else as many characters."""
    while len(keys.sort_part(value).encode()) > MOST_BYTES:
        parts = value.strip("/").split("/")
        value = f"/{'/'.join(parts[:-1])}/" if value.startswith("/") and len(parts) > 1 else value[:-1]
    return value


def _seconds(start: datetime, end: datetime) -> int:
    return max(int((end - start).total_seconds()), 0)


def _posting(record: ServiceRequest, agent: str | None, measures: Mapping[str, Number], day: date | None) -> Posting:
    values = (record.category, record.area, record.channel, record.product, agent, record.customer_level)
    coordinates = {name: fitting(str(value)) for name, value in zip(DIMENSIONS, values, strict=True) if value}
    return Posting(record.unit_path or "", coordinates, {name: int(each) for name, each in measures.items()}, day)
