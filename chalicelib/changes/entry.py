"""The entry of a table's stream: what is no event item is passed over, and nothing is lost when the store is down."""

from typing import Any

from chalicelib.background import Background
from chalicelib.changes.delivery import STOPS, Deliverer
from chalicelib.store.records import EventItem, Item


def event_in(record: dict[str, Any]) -> EventItem | None:
    """The event item that a stream record tells of; None for any other item, and for what TTL takes away.

    The same condition stands in the event source mapping's filter in the cloud.
    """
    image = record.get("dynamodb", {}).get("NewImage")
    if record.get("eventName") != "INSERT" or not image or image.get("kind") != {"S": "event"}:
        return None
    item = Item.from_raw_data(dict(image))
    return item if isinstance(item, EventItem) else None


def handle_stream(background: Background, event: dict[str, Any]) -> dict[str, Any]:
    """Deliver a batch; a store that does not answer brings all of it again (everything here may be repeated)."""
    records = event.get("Records", [])
    events = [found for record in records if (found := event_in(record)) is not None]
    try:
        Deliverer(background).deliver(events)
    except STOPS as error:
        background.report("stream.stopped", error, events=len(events))
        return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
