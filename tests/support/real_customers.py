"""The real customers as the product loads them: each row through the import's own suggestion, plan and mapping."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.imports.compile import as_plan, compiled, new_fields
from chalicelib.imports.suggest import Sample, suggest
from chalicelib.imports.target import OwnField
from modules.contacts.imports.rules import document
from modules.contacts.imports.service import CONTACTS
from modules.contacts.people.records import Contact
from modules.contacts.segment_attributes.derived import facts_of
from modules.contacts.segment_rules.rules import Facts

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """The file's rows, names of columns without blanks around them."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [{name.strip(): value for name, value in row.items()} for row in csv.DictReader(stream)]


def mapped(rows: list[Row]) -> tuple[list[dict[str, Any]], list[OwnField]]:
    """The rows as bodies of contacts, and the custom fields that they need."""
    columns = list(rows[0])
    sample = Sample({name: [row[name].strip() for row in rows] for name in columns}, whole=True)
    wanted = as_plan(CONTACTS, suggest(sample, CONTACTS.fields, (), {}, CONTACTS.ignored))
    plan = compiled(CONTACTS, columns, wanted, (), system="billing", currency="USD")
    bodies = []
    for row in rows:
        parsed = plan.parse(list(row.values()))
        assert not parsed.errors, parsed.errors
        bodies.append(document(parsed.values, "billing", {}))
    return bodies, new_fields(wanted.mapping, plan)


def facts(bodies: Iterable[dict[str, Any]], at: datetime, zone: ZoneInfo) -> Iterator[Facts]:
    """What rules are decided by, of contacts made of these bodies."""
    for body in bodies:
        contact = Contact.fresh(at, **{"type": "individual", **body})
        contact.created_at = at
        yield facts_of(contact, (), zone)
