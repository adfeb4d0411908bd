"""The entry of a table's stream: what is no event item is passed over, and nothing is lost when the store is down."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from chalicelib.background import Background
from chalicelib.changes.delivery import STOPS, Deliverer
from chalicelib.clock import first_ulid_at
from chalicelib.store import keys
from chalicelib.store.records import EventItem, read_as

BATCH: Final = 100


def event_in(record: dict[str, Any]) -> EventItem | None:
    """The event item that a stream record tells of; None for any other item, and for what TTL takes away.

    The same condition stands in the event source mapping's filter in the cloud.
    """
    image = record.get("dynamodb", {}).get("NewImage")
    if record.get("eventName") != "INSERT" or not image or image.get("kind") != {"S": "event"}:
        return None
    return read_as(EventItem, dict(image))


def replay(background: Background, unit: str, since: str) -> int:
    """Deliver all event items of a unit since a time, tenant by tenant; how many there were."""
    deliverer, delivered = Deliverer(background), 0
    for tenant in background.directory.every_tenant():
        store = background.store(unit, tenant, "replay", "replay")
        day = datetime.fromisoformat(since).astimezone(UTC)
        first = first_ulid_at(day)
        while day.date() <= background.clock().date():
            at = keys.event(tenant, day, first)
            found = (each for each in store.query_all(at.pk) if isinstance(each, EventItem) and each.id >= first)
            while batch := list(islice(found, BATCH)):
                deliverer.deliver(batch)
                delivered += len(batch)
            day += timedelta(days=1)
    return delivered


def handle_stream(background: Background, event: dict[str, Any]) -> dict[str, Any]:
    """Deliver a batch; a store that does not answer brings all of it again (everything here may be repeated).

    ``{"replay": {"unit": …, "since": RFC 3339}}`` delivers again what a unit's event items tell since a time: for a
    stream whose place was lost by a long pause (architecture.md, Events).
    """
    if "replay" in event:
        return {"delivered": replay(background, **event["replay"])}
    records = event.get("Records", [])
    events = [found for record in records if (found := event_in(record)) is not None]
    try:
        Deliverer(background).deliver(events)
    except STOPS as error:
        background.report("stream.stopped", error, events=len(events))
        return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
