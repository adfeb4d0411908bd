"""One well-kept customer: the youngest of all, with lines, a long timeline and badges; what the requests ask for."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from bench.after import events_of
from bench.budgets import SCANNED
from bench.customers import RARE_CITY, SYSTEM, bodies, external_id
from bench.errors import BenchError
from bench.house import UNIT, Answer, House
from bench.operations import SCOPED, Operation
from bench.spending import Spent
from chalicelib.changes.handling import Doors
from modules.contacts.public import BadgeValue, Source, contribute

LINES: Final = 3
TOUCHES: Final = 60
REQUESTS: Final = 5
ROLES: Final = {SCOPED: "area_manager"}
MSISDN: Final = "+14155550102"
ACCOUNT: Final = "A-probe"
DOCUMENT: Final = "P-00700700"
MONTHS: Final = [f"2025-{month:02d}" for month in range(1, 13)]


class Probe:
    """Fills the operations' placeholders and runs them."""

    def __init__(self, house: House, youngest: str) -> None:
        """Give the customer its lines, touches and badges, through the API and the port."""
        self._house = house
        self._people = {name: house.tenant.person(role, role) for name, role in ROLES.items()}
        first = next(bodies(1))
        where = f"/v1/contacts/{youngest}"
        lines = [house.tenant.call("POST", f"{where}/lines", body) for body in _lines()]
        touches = [house.tenant.call("POST", f"{where}/interactions", _touch(number)) for number in range(TOUCHES)]
        _tell(house, youngest)
        beside = _beside(house, youngest, lines[0]["id"])
        request = _requests(house, youngest)
        newest = house.tenant.call("GET", "/v1/contacts", limit="50")
        older = [each["id"] for each in newest["items"] if each["id"] not in {youngest, beside["group"]}]
        self._values = {
            **beside,
            "contact": youngest,
            "line": lines[0]["id"],
            "interaction": touches[0]["id"],
            "system": SYSTEM,
            "external_id": external_id(0),
            "email": first["emails"][0],
            "phone": first["phones"][0],
            "digits": first["phones"][0][-4:],
            "msisdn": MSISDN,
            "account": ACCOUNT,
            "cursor": newest["next_cursor"],
            "owner": newest["items"][0]["owner_id"],
            "since": newest["items"][-1]["created_at"],
            "city": "Los Angeles",
            "nowhere": RARE_CITY,
            "request": request,
            "other": older[0],
            "last": older[1],
            "run": "1",
        }

    def run(self, operation: Operation) -> Spent:
        """What the operation takes; raises BenchError when it is refused or does not say what it left out."""

        def ask() -> Answer:
            return self._house.ask(
                operation.method,
                self.path(operation),
                filled(operation.body, self._values),
                by=self._people.get(operation.by, ""),
                **{name: value.format_map(self._values) for name, value in operation.headers.items()},
            )

        spent, answer = self._house.cost(ask, ask if operation.reads else self._write_something)
        if operation.truncated and spent.queried >= SCANNED and not json.loads(answer["body"]).get("truncated_scan"):
            message = f"{operation.name}: no truncated_scan after {spent.queried} items"
            raise BenchError(message)
        return spent

    def path(self, operation: Operation) -> str:
        """The operation's path with this customer's values."""
        return operation.path.format_map({name: quote(value, safe="") for name, value in self._values.items()})

    def _write_something(self) -> None:
        """A write that fills the caches that writes ask."""
        self._house.ask("POST", "/v1/contacts", {"name": "Warm Up"})


def filled(body: Any, values: Mapping[str, str]) -> Any:
    """A body with the values in the places of their names."""
    if isinstance(body, str):
        return body.format_map(values)
    if isinstance(body, list):
        return [filled(each, values) for each in body]
    return {name: filled(each, values) for name, each in body.items()} if isinstance(body, dict) else body


def _lines() -> list[dict[str, Any]]:
    return [
        {"msisdn": MSISDN, "account": ACCOUNT},
        *({"contract": f"T-{number}", "product": "Fibre 500"} for number in range(1, LINES)),
    ]


def _touch(number: int) -> dict[str, Any]:
    at = datetime(2025, 1, 1, number % 24, number % 60, tzinfo=UTC)
    return {"channel": "phone", "direction": "inbound", "title": f"Call {number:02d}", "occurred_at": at.isoformat()}


def _beside(house: House, contact_id: str, line_id: str) -> dict[str, str]:
    """A household, a group, a document, a custom field, months and a segment: their ids, by what they are for."""
    call = house.tenant.call
    call("POST", "/v1/contacts/custom-fields", {"name": "tier", "type": "text", "filterable": True})
    household = call("POST", "/v1/contacts/households", {"name": "Probe"})["id"]
    group = call("POST", "/v1/contacts", {"type": "organization", "name": "Probe Holding"}, allow_duplicates="true")[
        "id"
    ]
    place = {"household_id": household, "parent_id": group, "custom": {"tier": "gold"}}
    document = {"type": "passport", "number": DOCUMENT}
    call("PATCH", f"/v1/contacts/{contact_id}", {**place, "id_document": document})
    for month in MONTHS:
        said = {"line_id": line_id, "invoice": {"amount": "65.60", "currency": "USD"}, "data_mb": "16384"}
        call("PUT", f"/v1/contacts/{contact_id}/usage/{month}", said)
    segment = call("POST", "/v1/segments", {"name": "Probe", "kind": "static"})["id"]
    house.run_job(house.ask("POST", f"/v1/segments/{segment}/members", {"add": [contact_id]}))
    return {"household": household, "group": group, "document": DOCUMENT, "segment": segment}


def _requests(house: House, contact_id: str) -> str:
    """The customer's requests of a month, counted: the id of one."""
    made = [
        house.tenant.call(
            "POST",
            "/v1/requests",
            {
                "type": "complaint",
                "title": "Charged twice",
                "area": ["Georgia", "Acworth"],
                "contact_id": contact_id,
                "opened_at": f"2026-04-{1 + number:02}T12:00:00Z",
            },
        )["id"]
        for number in range(REQUESTS)
    ]
    random.seed(REQUESTS)  # which shards of a cell are filled is chance: the same chance at every size
    house.deliver(events_of(house, *made, unit="service_analysis"))
    return str(made[0])


def _tell(house: House, contact_id: str) -> None:
    """Two badges, by the port."""
    for number in (1, 2):
        doors = Doors.of(house.background, UNIT, house.tenant_id)
        contribute(doors, Source(contact_id, f"bench{number}", 1), BadgeValue(f"badge{number}", str(number)))
        doors.store.commit()
