"""What follows a write: search tokens and counters, by the function that gets the stream's events."""

from typing import Any, Final

from bench.budgets import PAGE
from bench.house import UNIT, House, purse, store_at
from bench.spending import Spent
from chalicelib.changes.records import Head
from chalicelib.clock import utc_now
from chalicelib.store import keys
from chalicelib.store.records import EventItem
from infra.sample_people import people
from modules.contacts.people.records import Contact

TOGETHER: Final = PAGE
SEED: Final = 7
WORDY_PERSON: Final = {
    "name": "María Fernanda de los Ángeles Fernández-Álvarez y Rodríguez de la Torre 欧阳张三丰",
    "external_ids": [{"system": f"s{number}", "id": f"{number}-ABCDEF-{number}"} for number in range(10)],
    "phones": [f"+1415555010{number}" for number in range(5)],
    "emails": [f"maria.{number}.fernandez@example.com" for number in range(5)],
}
WORDY_ORGANISATION: Final = {
    **WORDY_PERSON,
    "type": "organization",
    "name": "中国移动通信集团广东有限公司深圳分公司南山区科技园营业厅 Shenzhen Nanshan Science Park Branch Office Ltd",
    "external_ids": [{"system": f"o{number}", "id": f"{number}-GHIJKL-{number}"} for number in range(10)],
}


def events_of(house: House, *subjects: str, unit: str = UNIT) -> list[dict[str, Any]]:
    """The event items of today that tell of these records of a unit."""
    store = store_at(house, unit=unit)
    today = store.query_raw(keys.event(house.tenant_id, utc_now(), "").pk)
    return [raw for item, raw in today if isinstance(item, EventItem) and item.subject in subjects]


def _made(house: House, seed: int) -> list[str]:
    """New people: their ids."""
    return [
        house.tenant.call(
            "POST", "/v1/contacts", {"name": person.name, "phones": [person.phone]}, allow_duplicates="true"
        )["id"]
        for person in people(TOGETHER, seed)
    ]


def after_a_create(house: House) -> Spent:
    """What the events of new people take together, when they come in one batch."""
    made = _made(house, SEED)
    events = events_of(house, *made)
    house.deliver(events)  # a function that is warm has imported what it needs
    fresh = _made(house, SEED + 1)
    with purse() as taken:
        house.deliver(events_of(house, *fresh))
    return taken.spent


def most_tokens(house: House) -> tuple[int, int]:
    """How many search tokens a person and an organisation have who say as much of themselves as the API takes."""
    found = []
    for body in (WORDY_PERSON, WORDY_ORGANISATION):
        contact = house.tenant.call("POST", "/v1/contacts", body, allow_duplicates="true")["id"]
        house.deliver(events_of(house, contact))
        at = keys.head(Contact.key_of(house.tenant_id, contact), "search")
        head = store_at(house).get_item(Head, at)
        found.append(len(head.places) if head else 0)
    return found[0], found[1]
