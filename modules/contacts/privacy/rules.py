"""What of a contact's items tells who somebody is, and what accounting keeps of them. Pure."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

Raw = Mapping[str, Mapping[str, Any]]

MERGED: Final = "merged_ids"
"""The ids that lead to a contact since others were merged into it; taken apart, they are gone from there."""
EVIDENCE: Final = "evidence_file_id"
SNAPSHOT: Final = "usage_snapshot"
KEPT_FIGURES: Final = ("invoice", "payment")
"""What tax law has tenants keep: what was billed and what was paid, by month. Nothing of how a line was used."""


def merged_in(raws: Iterable[Raw]) -> list[str]:
    """The ids of contacts that were made one with this one, and are no more on their own."""
    return [each for raw in raws if MERGED in raw for each in json.loads(raw[MERGED]["S"])]


def households_in(raws: Iterable[Raw]) -> list[str]:
    """The ids of households that the person belongs to."""
    return [raw["household_id"]["S"] for raw in raws if "household_id" in raw]


def evidence_in(raws: Iterable[Raw]) -> list[str]:
    """The ids of files that show what the person has said."""
    return [raw[EVIDENCE]["S"] for raw in raws if EVIDENCE in raw]


def ids_in(raws: Iterable[Raw]) -> list[str]:
    """The ids of records."""
    return [raw["id"]["S"] for raw in raws if "id" in raw]


def figures_in(raws: Iterable[Raw]) -> list[list[str]]:
    """[month, currency, figure, amount] of what accounting keeps."""
    return [
        [raw["month"]["S"], raw.get("currency", {}).get("S", ""), name, str(figures[name])]
        for raw in raws
        if raw["kind"]["S"] == SNAPSHOT
        for figures in [json.loads(raw["figures"]["S"])]
        for name in KEPT_FIGURES
        if name in figures
    ]


def by_month(figures: Iterable[Iterable[str]]) -> dict[str, dict[str, str]]:
    """The sums of all lines and accounts: ``{"2026-10 EUR": {"invoice": "30.00"}}``."""
    sums: dict[str, dict[str, Decimal]] = {}
    for month, currency, name, amount in figures:
        held = sums.setdefault(f"{month} {currency}".strip(), {})
        held[name] = held.get(name, Decimal()) + Decimal(amount)
    return {month: {name: str(amount) for name, amount in held.items()} for month, held in sums.items()}


def says_nothing(raw: Raw) -> bool:
    """Whether an item only remembers, for a while, that something is over: an id and a version."""
    return "gone" in raw or raw["kind"]["S"] == "posted" or raw.get("places", {}).get("S") == "[]"
