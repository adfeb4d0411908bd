"""How far the platform's own readers have come: the scheduler's minute, the poller's place in a stream."""

from typing import Any

from chalicelib.background import Background
from chalicelib.jobs.records import Position
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.keys import PLATFORM


def load(background: Background, unit: str, reader: str) -> Any:
    """The position that was saved last; None before the first."""
    kept = background.store(unit, PLATFORM, reader, reader).get_item(Position, keys.position(reader))
    return kept.value if kept else None


def save(background: Background, unit: str, reader: str, value: Any) -> None:
    """Save a position in the unit's table."""
    store = background.store(unit, PLATFORM, reader, reader)
    store.put(Position(value=value).put_at(keys.position(reader)))
    until_in(store.commit)  # two readers may save at one moment
