"""Many customers quickly: the items of the product's own use cases, written in batches past its transactions.

Each customer is staged by `create_contact` at a time of its own in the past (every tenth with a line), so records,
claims, look-up entries and wrapped keys are exactly what the product would have written. Event items are left out: the
reads that are measured never touch them, and what follows from the records comes from the rebuild job.

The youngest customers are the same whatever the number, so a page of the newest holds the same records at every size.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from bench.customers import bodies
from bench.house import UNIT, House, store_at
from chalicelib.clock import utc_now
from chalicelib.store.connection import connection, table_name
from chalicelib.store.records import EventItem, Item
from chalicelib.store.store import Store
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact
from modules.contacts.people.schemas import ContactIn
from modules.contacts.people.service import create_contact

APART: Final = timedelta(seconds=20)
WITH_LINE: Final = 10
BATCH: Final = 25  # AWS, BatchWriteItem
WRITERS: Final = 2
TOGETHER: Final = 8 * BATCH

Raw = dict[str, Any]


def load(house: House, count: int) -> str:
    """Write `count` customers and rebuild what follows from them; answers the id of the youngest."""
    now = utc_now()
    ids: list[str] = []
    with ThreadPoolExecutor(WRITERS) as writers:
        items = _items(house, count, now, ids)
        while some := list(islice(items, TOGETHER)):
            list(writers.map(_put, _batches(some)))
    return ids[0]


def rebuild(house: House) -> None:
    """Write search tokens and counters by the product's own job."""
    house.run_job(house.ask("POST", f"/v1/modules/{UNIT}/rebuild", {}))


def _items(house: House, count: int, now: datetime, ids: list[str]) -> Iterator[Raw]:
    for number, body in enumerate(bodies(count)):
        store = store_at(house, now - number * APART)
        made = create_contact(house.call_at(store), ContactIn.model_validate(body)).value
        ids.append(made.id)
        yield from _staged(store)
        if number % WITH_LINE == 0:
            yield from _line(house, number, now - number * APART, made.id)


def _line(house: House, number: int, at: datetime, contact_id: str) -> Iterator[Raw]:
    """A line of the contact, with its claim and look-up entry."""
    store = store_at(house, at)
    contact = Contact(id=contact_id)
    principal = house.call_at(store).principal
    contact.unit_path, contact.owner_id = principal.unit_path, principal.user_id
    line = Line.of(contact, at, msisdn=f"+1415777{number:07d}", account=f"A-{number:06d}", status="active")
    store.create(line)
    yield from _staged(store)


def _staged(store: Store) -> Iterator[Raw]:
    for action in store.actions():
        if action.item and not isinstance(Item.from_raw_data(action.item), EventItem):
            yield action.item


def _batches(items: list[Raw]) -> Iterable[list[Raw]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _put(batch: list[Raw]) -> None:
    left: Any = {table_name(UNIT): [{"PutRequest": {"Item": each}} for each in batch]}
    while left:
        left = connection().dispatch("BatchWriteItem", {"RequestItems": left}).get("UnprocessedItems")
