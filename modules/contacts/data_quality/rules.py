"""What is looked at, what is wrong with it, and how that becomes a score. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

ALL: Final = ""
"""Stands for all sources together."""
NO_SOURCE: Final = "none"
OTHER_SOURCES: Final = "other"
MOST_SOURCES: Final = 12
# A report is one record of at most 64 KB: so many fields times sources, at some 20 bytes each.
MOST_OWN_FIELDS: Final = 100
WORST: Final = 50
REASONS: Final = 10
OLDEST: Final = timedelta(days=366 * 120)
MONTHS_OF_A_YEAR: Final = 12

MISSING: Final = "missing"
MALFORMED: Final = "malformed"
IMPOSSIBLE: Final = "impossible_date"
NEGATIVE: Final = "negative"
BELOW: Final = "below_expected"
ABOVE: Final = "above_expected"
UNFIT: Final = "custom_value"
BACKWARDS: Final = "ends_before_start"
SHARED: Final = "shared"

# RFC 5321 has room for more, and no carrier for it.
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@(?:[^@\s.]+\.)+[^@\s.\d][^@\s.]+")
# The forms that the Universal Postal Union lists for these countries; of others any form is taken.
_POSTAL: Final[Mapping[str, re.Pattern[str]]] = {
    country: re.compile(form)
    for country, form in {
        "US": r"\d{5}(-\d{4})?",
        "CN": r"\d{6}",
        "IN": r"[1-9]\d{2} ?\d{3}",
        "JP": r"\d{3}-?\d{4}",
        "KR": r"\d{5}",
        "DE": r"\d{5}",
        "FR": r"\d{5}",
        "IT": r"\d{5}",
        "ES": r"\d{5}",
        "MX": r"\d{5}",
        "AU": r"\d{4}",
        "CH": r"\d{4}",
        "AT": r"\d{4}",
        "NL": r"\d{4} ?[A-Z]{2}",
        "SE": r"\d{3} ?\d{2}",
        "BR": r"\d{5}-?\d{3}",
        "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
        "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
        "SG": r"\d{6}",
    }.items()
}

FORMULA_EN: Final = (
    "A field's score is 100 × (present − invalid) ÷ records × (1 − shared ÷ present). A source's score is 0.9 × the "
    "mean of its fields' scores + 0.1 × the share of its customers touched within the months asked for, × 100. "
    "Overall likewise, over all records."
)
FORMULA_ZH: Final = (
    "字段得分 = 100 ×（有值 − 无效）÷ 记录数 ×（1 − 共用 ÷ 有值）。来源得分 = 0.9 × 各字段得分的平均值 + 0.1 × "
    "在指定月数内更新过的客户占比 × 100。总分按全部记录同样计算。"
)


@dataclass(frozen=True, slots=True)
class Look:
    """One value: whether it is there, and what is wrong with it."""

    field: str
    present: bool
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class OwnField:
    """What is expected of a field that the tenant has declared."""

    name: str
    applies_to: frozenset[str]
    minimum: int | None = None
    maximum: int | None = None

    @property
    def ranged(self) -> bool:
        """Whether values are expected to lie anywhere."""
        return self.minimum is not None or self.maximum is not None


def contact_looks(
    held: Mapping[str, Any], own: Sequence[OwnField], unfit: frozenset[str], region: str, today: date
) -> Iterator[Look]:
    """What there is to say of a customer. ``unfit`` are custom fields whose values are none of their type."""
    yield Look("name", any(held.get(name) for name in ("name", "given_name", "family_name")))
    yield Look("external_ids", bool(held.get("external_ids")))
    yield _list("emails", held, lambda each: bool(_EMAIL.fullmatch(each)))
    yield _list("phones", held, is_number)
    yield from _address_looks(held.get("addresses") or [{}], region)
    if held.get("type") == "individual":
        yield _date("birth_date", held.get("birth_date"), today - OLDEST, today)
    if held.get("status") == "churned":
        yield Look("churn_reason", bool(held.get("churn_reason")))
    custom = held.get("custom") or {}
    for each in own:
        if held.get("type") in each.applies_to:
            yield _own(each, custom.get(each.name), unfit)


def _address_looks(addresses: Sequence[Mapping[str, Any]], region: str) -> Iterator[Look]:
    first = addresses[0]
    yield Look("addresses.city", bool(first.get("city")))
    code = first.get("postal_code")
    form = _POSTAL.get(first.get("country") or region)
    good = not code or form is None or form.fullmatch(code) is not None
    yield Look("addresses.postal_code", bool(code), "" if good else MALFORMED)


def line_looks(held: Mapping[str, Any], today: date, *, billed: bool) -> Iterator[Look]:
    """What there is to say of a line. ``billed``: itself, its account or its customer has a bill."""
    number, fee = held.get("msisdn"), held.get("monthly_fee")
    yield Look("lines.msisdn", bool(number), MALFORMED if number and not is_number(number) else "")
    yield Look("lines.product", bool(held.get("product")))
    yield Look("lines.monthly_fee", bool(fee), NEGATIVE if fee and Decimal(fee["amount"]) < 0 else "")
    start, end = held.get("starts_on"), held.get("ends_on")
    look = _date("lines.starts_on", start, today - OLDEST, today + timedelta(days=366))
    yield Look(look.field, look.present, look.wrong or (BACKWARDS if start and end and end < start else ""))
    yield Look("lines.bill", billed)


def bill_looks(figures: Mapping[str, str]) -> Iterator[Look]:
    """What there is to say of a newest month: of what is charged, below zero is worth a look."""
    for name in ("invoice", "payment", "arrears", "arpu"):
        value = figures.get(name)
        yield Look(f"bill.{name}", value is not None, NEGATIVE if value is not None and Decimal(value) < 0 else "")


def is_number(number: str) -> bool:
    """Whether a number is in its country's numbering plan."""
    import phonenumbers  # noqa: PLC0415 - 60 ms CPU, and only a report asks

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _list(name: str, held: Mapping[str, Any], good: Any) -> Look:
    values = held.get(name) or []
    return Look(name, bool(values), "" if all(map(good, values)) else MALFORMED)


def _date(name: str, value: str | None, first: date, last: date) -> Look:
    if not value:
        return Look(name, present=False)
    try:
        possible = first <= date.fromisoformat(value) <= last
    except ValueError:
        possible = False
    return Look(name, present=True, wrong="" if possible else IMPOSSIBLE)


def _own(field_: OwnField, value: Any, unfit: frozenset[str]) -> Look:
    name = f"custom.{field_.name}"
    if value is None or value in ("", []):
        return Look(name, present=False)
    if field_.name in unfit:
        return Look(name, present=True, wrong=UNFIT)
    amount = value.get("amount") if isinstance(value, Mapping) else value
    if isinstance(amount, bool) or not isinstance(amount, int | float | str) or not field_.ranged:
        return Look(name, present=True)
    number = Decimal(str(amount))
    if field_.minimum is not None and number < field_.minimum:
        return Look(name, present=True, wrong=BELOW)
    if field_.maximum is not None and number > field_.maximum:
        return Look(name, present=True, wrong=ABOVE)
    return Look(name, present=True)


def fresh_since(today: date, months: int) -> date:
    """The day so many months ago; of a shorter month its last one."""
    total = today.year * MONTHS_OF_A_YEAR + today.month - 1 - months
    year, month = divmod(total, MONTHS_OF_A_YEAR)
    for day in range(today.day, 0, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise ValueError(months)


@dataclass(slots=True)
class Tally:
    """Counts in values of JSON.

    ``cells``: by field and source how many records, values that are there, that are wrong, and that others share too.
    ``codes``: by field what is wrong, how often. ``sources``: how many customers, and how many of them are fresh.
    ``worst``: the records with the most findings, as [wrong, missing, id, reasons].
    """

    cells: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    codes: dict[str, dict[str, int]] = field(default_factory=dict)
    sources: dict[str, list[int]] = field(default_factory=dict)
    worst: list[list[Any]] = field(default_factory=list)
    shared_values: dict[str, int] = field(default_factory=dict)
    looked_at: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Tally":
        """The tally that was written so."""
        names = ("cells", "codes", "sources", "worst", "shared_values", "looked_at")
        return cls(**{name: written[name] for name in names if name in written})

    def written(self) -> dict[str, Any]:
        """As values of JSON."""
        return {
            "cells": self.cells,
            "codes": self.codes,
            "sources": self.sources,
            "worst": self.worst,
            "shared_values": self.shared_values,
            "looked_at": self.looked_at,
        }

    def known_sources(self, systems: Iterable[str]) -> list[str]:
        """Under which names a record's sources are counted: at most so many, all others under one."""
        found = []
        for each in sorted(set(systems)) or [NO_SOURCE]:
            if each not in self.sources and len(self.sources) > MOST_SOURCES:
                each = OTHER_SOURCES  # noqa: PLW2901 - counted so
            if each not in found:
                found.append(each)
        return found

    def add_customer(self, sources: Sequence[str], *, fresh: bool) -> None:
        """Count a customer of these sources."""
        for source in (ALL, *sources):
            counts = self.sources.setdefault(source, [0, 0])
            counts[0] += 1
            counts[1] += fresh

    def add(self, record_id: str, kind: str, sources: Sequence[str], looks: Iterable[Look]) -> list[Look]:
        """Count what was seen of a record; what is wrong with it."""
        wrong, missing = [], []
        self.looked_at[kind] = self.looked_at.get(kind, 0) + 1
        for look in looks:
            of_field = self.cells.setdefault(look.field, {})
            for source in (ALL, *sources):
                cell = of_field.setdefault(source, [0, 0, 0, 0])
                cell[0] += 1
                cell[1] += look.present
                cell[2] += bool(look.wrong)
            if look.wrong:
                codes = self.codes.setdefault(look.field, {})
                codes[look.wrong] = codes.get(look.wrong, 0) + 1
                wrong.append(look)
            elif not look.present:
                missing.append(look)
        self._rank(record_id, wrong, missing)
        return wrong

    def share(self, name: str, sources: Iterable[str]) -> None:
        """Count a value of a record that others have too."""
        for source in (ALL, *sources):
            self.cells[name][source][3] += 1

    def _rank(self, record_id: str, wrong: Sequence[Look], missing: Sequence[Look]) -> None:
        if not wrong and not missing:
            return
        reasons = [f"{each.field}: {each.wrong}" for each in wrong] + [f"{each.field}: {MISSING}" for each in missing]
        entry = [len(wrong), len(missing), record_id, reasons[:REASONS]]
        if len(self.worst) == WORST and entry[:2] <= self.worst[-1][:2]:
            return
        self.worst.append(entry)
        self.worst.sort(key=lambda each: (-each[0], -each[1], each[2]))
        del self.worst[WORST:]


@dataclass(frozen=True, slots=True)
class Scored:
    """A cell with its shares (0 to 100, two places) and its score."""

    records: int
    present: int
    invalid: int
    shared: int

    @property
    def completeness(self) -> float:
        """How many of the records have a value."""
        return _percent(self.present, self.records)

    @property
    def validity(self) -> float:
        """How many of the values are right."""
        return _percent(self.present - self.invalid, self.present)

    @property
    def score(self) -> float:
        """The share of the records whose value is there and right, less what is shared."""
        unshared = 1 - min(1, self.shared / self.present) if self.present else 1
        return round(_percent(self.present - self.invalid, self.records) * unshared, 2)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 100.0


def score_of(tally: Tally, source: str) -> float | None:
    """The score of a source, or of all; None when nothing was looked at."""
    scores = [Scored(*cells[source]).score for cells in tally.cells.values() if source in cells]
    if not scores:
        return None
    records, fresh = tally.sources.get(source, [0, 0])
    return round(0.9 * sum(scores) / len(scores) + 0.1 * _percent(fresh, records), 2)
