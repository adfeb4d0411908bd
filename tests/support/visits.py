"""A house with one module folder more: visits (tests/support/more_modules/visits), and what its tests say often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import modules
from chalicelib.counters.postings import CellPlace, Sums, add
from chalicelib.counters.records import amounts_in
from chalicelib.store.records import EventItem, Item
from tests.support import units
from tests.support.application import Answer, Client
from tests.support.backstage import Backstage, Raw
from tests.support.engine import engine_client

FOLDER: Final = str(Path(__file__).parent / "more_modules")
UNITS: Final = (*units.UNITS, "visits")
NOON: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)

# What follows from records, and can be had again from them.
DERIVED: Final = frozenset(
    {
        "timeline_entry",
        "badge",
        "segment_attribute",
        "exclusion_reason",
        "customer_level",
        "visitor",
        "visit_word",
        "head",
        "posted",
        "posting",
        "cell",
    }
)


@contextmanager
def with_visits() -> Iterator[None]:
    """Let the folder be among those under modules/: a house that is built now has the module."""
    modules.__path__.append(FOLDER)
    try:
        yield
    finally:
        modules.__path__.remove(FOLDER)


def visit(contact_id: str, **more: Any) -> dict[str, Any]:
    """A visit as it is sent; ``day`` days after the tenth of March."""
    at = NOON + timedelta(days=more.pop("day", 0))
    return {"contact_id": contact_id, "visited_at": at.isoformat(), **more}


def made(answer: Answer) -> str:
    """The id of what was created."""
    assert answer.status == 201, answer  # noqa: PLR2004 - RFC 9110
    return str(answer.body["id"])


def event_of(behind: Backstage, subject: str, verb: str) -> EventItem:
    """The youngest event of that kind."""
    found = [Item.from_raw_data(dict(each)) for each in behind.events() if each["subject"]["S"] == subject]
    wanted = [each for each in found if isinstance(each, EventItem) and str(each.type).endswith(f".{verb}")]
    return wanted[-1]


def tally(behind: Backstage, client: Client, name: str) -> int:
    """How many a tally of visits has (more_modules/visits/records.py)."""
    found = [raw for raw in behind.of("visits", "tally") if raw["sk"]["S"] == name]
    return sum(int(raw["n"]["N"]) for raw in found if raw["pk"]["S"].startswith(client.tenant_id))


def told(behind: Backstage, client: Client) -> dict[str, Any]:
    """What stands in the tenant's tables of what follows from records, so that equal states are equal.

    Versions and times say when it was written; tombstones, cells of zeros and the spread over shards say how: left out.
    """
    found: dict[str, Any] = {}
    sums: Sums = {}
    for unit in behind.units:
        for raw in behind.of(unit, *DERIVED):
            if raw["pk"]["S"].partition(SEPARATOR)[0] != client.tenant_id or _empty(raw):
                continue
            if raw["kind"]["S"] == "cell" and "ttl" in raw:
                continue  # a recount's own
            if raw["kind"]["S"] == "cell":
                sums = add(sums, {_place(raw): amounts_in(raw)})
                continue
            kept = {name: value for name, value in raw.items() if name not in {"source_version", "ttl", "counted_at"}}
            if "places" in kept:
                kept["places"] = sorted(place[:2] for place in json.loads(raw["places"]["S"]))
            found[f"{unit} {raw['pk']['S']} {raw['sk']['S']}"] = kept
    return {**found, **{str(place): amounts for place, amounts in sums.items()}}


def clear(behind: Backstage, client: Client) -> int:
    """Take away all that follows from records, past the application; how many items that were."""
    engine = engine_client(behind.engine)
    number = 0
    for unit in behind.units:
        for raw in behind.of(unit, *DERIVED):
            of_contacts = raw["kind"]["S"] == "timeline_entry" and raw["module"]["S"] == "contacts"
            if raw["pk"]["S"].partition(SEPARATOR)[0] == client.tenant_id and not of_contacts:
                engine.delete_item(TableName=behind.table(unit), Key={"pk": raw["pk"], "sk": raw["sk"]})
                number += 1
    engine.close()
    return number


SEPARATOR: Final = chr(35)


def _empty(raw: Raw) -> bool:
    match raw["kind"]["S"]:
        case "head":
            return not json.loads(raw["places"]["S"])
        case "posted":
            return "unit_path" not in raw
        case _:
            return bool(raw.get("gone", {}).get("BOOL"))


def _place(raw: Raw) -> CellPlace:
    _, _, fact, dimensions, period = raw["pk"]["S"].split(SEPARATOR)
    values = tuple(json.loads(raw["values"]["S"]))
    return CellPlace(f"{fact} {dimensions}", period, raw["day"]["S"], values, raw["unit_path"]["S"])
