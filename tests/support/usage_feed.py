"""A billing feed like a carrier's: lines with numbers, and a row for each line and month.

feed = Feed(desk, lines=20)
content = feed.file(months=["2026-09", "2026-10"])
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.store import keys
from chalicelib.store.records import Claim
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact
from tests.support.desk import Desk

HEADER: Final = "Msisdn,Billing month,Monthly charge,Minutes,Data usage MB\n"
_A_BATCH: Final = 30  # three actions each


class Feed:
    """Customers with one line each, and what billing says of them."""

    def __init__(self, desk: Desk, lines: int) -> None:
        """Make the customers: their records and the claims of their numbers, past the API, which takes longer."""
        self.numbers = [f"+1415{5_000_000 + number:07}" for number in range(lines)]
        self.contacts: list[str] = []
        store = desk.background.store("contacts", desk.client.tenant_id, "test", "test")
        at = store.clock()
        stamp = {"created_at": at, "updated_at": at, "created_by": "test", "updated_by": "test", "version": 1}
        for start in range(0, lines, _A_BATCH):
            for number in self.numbers[start : start + _A_BATCH]:
                contact = Contact.fresh(at, type="individual", status="active", name=f"Customer {number}", **stamp)
                line = Line.of(contact, at, msisdn=number, status="active", **stamp)
                claimed = keys.claim(store.boundary, "msisdn", number)
                store.put(contact.place(store.boundary))
                store.put(line.place(store.boundary))
                store.put(Claim(record=line.claimant()).put_at(claimed))
                self.contacts.append(contact.id)
            store.commit()
            store.drop()

    def file(self, months: Sequence[str], *, by_line: bool = False) -> str:
        """The rows of these months, month by month or line by line."""
        pairs = [(number, month) for month in months for number in self.numbers]
        if by_line:
            pairs.sort()
        return HEADER + "".join(f"{number},{month},10.00,{120.5},{2048}\n" for number, month in pairs)


def loads_of(desk: Desk) -> list[dict[str, Any]]:
    """What the events of loads say, the oldest first."""
    told = [each.changed for each in desk.events("contacts") if each.type == "usage_load.created"]
    return [{name: _plain(new) for name, (_, new) in each.items()} for each in told]


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in {"[", "{"} else value
