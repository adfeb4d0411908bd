"""Whether a rule holds for a customer, why, and until when. Pure.

    {"all": [rule, …]}        every one holds
    {"any": [rule, …]}        at least one holds
    {"not": rule}             it does not hold
    {"any_line": rule}        it holds for one of the customer's lines (all of it on the same line)
    {"attribute": …, "is": …} what the customer is: one attribute, one operator

An attribute may have several values (cities, tags): a condition holds when it holds for any of them, ``is_not`` when it
holds for all. A value that nobody knows matches ``exists: false`` and nothing else, ``is_not`` neither: whose city is
unknown is not «not in Paris». ``not`` turns its answer round, so it holds for the unknown too.
"""

import operator
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from modules.contacts.segment_time.rules import (
    Answer,
    Today,
    age,
    anniversary_in,
    longer_ago,
    period,
    within_last,
    within_next,
)

Rule = Mapping[str, Any]
Value = str | bool | Decimal | date

AGE: Final = "age"
BIRTH_DATE: Final = "birth_date"
USAGE: Final = "usage."
NOT_OPERATORS: Final = frozenset({"attribute", "over"})
# Days behind this one have no instant in every time zone.
LAST_DAY: Final = date(9999, 12, 30)
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Month:
    """What a customer used in a month (YYYY-MM), summed over lines and accounts."""

    month: str
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a customer, or of one line: the values of each attribute, by the names that rules use.

    ``months`` are the customer's, the newest first. ``changes`` says of attributes when time alone changes them.
    """

    values: Mapping[str, Sequence[Value]]
    lines: tuple["Facts", ...] = ()
    months: tuple[Month, ...] = ()
    changes: Mapping[str, datetime] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a customer is in, and the instant before which time alone does not change that; None: never."""

    member: bool
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A node of a rule with what it says of a customer: ``seen`` are the values, ``parts`` the nodes below.

    ``line`` is the line that a part of ``any_line`` was asked of.
    """

    rule: Rule
    holds: bool
    changes_at: datetime | None
    parts: tuple["Judged", ...] = ()
    seen: tuple[Value, ...] = ()
    line: str = ""

    @property
    def kind(self) -> str:
        """``all``, ``any``, ``not``, ``any_line`` or ``attribute``."""
        return next(each for each in KINDS if each in self.rule)


KINDS: Final = ("all", "any", "not", "any_line", "attribute")


def decide(rule: Rule, facts: Facts, today: Today) -> Verdict:
    """Whether the rule holds, and until when at least."""
    judged = explain(rule, facts, today)
    return Verdict(judged.holds, judged.changes_at)


def explain(rule: Rule, facts: Facts, today: Today) -> Judged:
    """The rule with the verdict and the values of each of its nodes."""
    if "attribute" in rule:
        return _condition(rule, facts, today)
    if "not" in rule:
        inner = explain(rule["not"], facts, today)
        return Judged(rule, not inner.holds, inner.changes_at, (inner,))
    if "any_line" in rule:
        asked = [(line.id, explain(rule["any_line"], line, today)) for line in facts.lines]
        parts = tuple(Judged(each.rule, each.holds, each.changes_at, each.parts, each.seen, at) for at, each in asked)
    else:
        parts = tuple(explain(each, facts, today) for each in rule.get("all") or rule.get("any") or ())
    every = "all" in rule
    holds = (all if every else any)(each.holds for each in parts)
    return Judged(
        rule, holds, _when([(each.holds, each.changes_at) for each in parts], holds=holds, every=every), parts
    )


def operator_of(rule: Rule) -> tuple[str, Any]:
    """The operator of a condition and what it asks for."""
    return next((name, wanted) for name, wanted in rule.items() if name not in NOT_OPERATORS)


def _when(parts: Sequence[tuple[bool, datetime | None]], *, holds: bool, every: bool) -> datetime | None:
    """When the answer of several may change.

    One that all must give stands until the first of them changes; one that a single one gives, until the last one has:
    «all» is false as long as one is, and «any» true.
    """
    if holds == every:
        return min((at for _, at in parts if at is not None), default=None)
    deciding = [at for each, at in parts if each == holds]
    return None if None in deciding else max((at for at in deciding if at is not None), default=None)


def _condition(rule: Rule, facts: Facts, today: Today) -> Judged:
    name, wanted = operator_of(rule)
    seen, changes_at = _seen(rule, facts, today)
    if name == "exists":
        return Judged(rule, bool(seen) == wanted, changes_at, (), seen)
    every = name == "is_not"
    answers = [OPERATORS[name](each, wanted, today.day) for each in seen]
    holds = bool(answers) and (all if every else any)(each for each, _ in answers)
    parts = [(each, _instant(day, today)) for each, day in answers]
    by_time = _when(parts, holds=holds, every=every) if answers else None
    return Judged(rule, holds, _earlier(changes_at, by_time), (), seen)


def _seen(rule: Rule, facts: Facts, today: Today) -> tuple[tuple[Value, ...], datetime | None]:
    """The values that a condition is asked of, and when time alone changes them."""
    name: str = rule["attribute"]
    if name == AGE:
        aged = [age(each, today.day) for each in facts.values.get(BIRTH_DATE, ()) if isinstance(each, date)]
        birthday = next((day for _, day in aged), None)
        return tuple(Decimal(years) for years, _ in aged), _instant(birthday, today)
    if name.startswith(USAGE):
        return _used(name.removeprefix(USAGE), rule.get("over"), facts.months), None
    changes_at = facts.changes.get(name)
    later = changes_at if changes_at is not None and changes_at > today.now else None
    return tuple(facts.values.get(name, ())), later


def _used(figure: str, over: Rule | None, months: Sequence[Month]) -> tuple[Value, ...]:
    """The newest month's figure; or the sum or average of the months that are known of the last so many."""
    if not months:
        return ()
    if over is None:
        newest = months[0].figures.get(figure)
        return () if newest is None else (newest,)
    first = _number(months[0].month) - int(over["months"])
    found = [
        each.figures[figure] for each in months if _number(each.month) > first and each.figures.get(figure) is not None
    ]
    if not found:
        return ()
    total = sum(found, Decimal())
    return (total if over["figure"] == "sum" else total / len(found),)


def _number(month: str) -> int:
    year, _, number = month.partition("-")
    return int(year) * MONTHS + int(number)


def _instant(day: date | None, today: Today) -> datetime | None:
    return None if day is None or day >= LAST_DAY else today.begins(day)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


# -- operators: a value, what the rule asks for, and the day


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Without case and accents, as search compares: «NÚÑEZ» is «nunez»."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def typed(value: Value, wanted: Any) -> Any:
    """What a rule asks for as a value of the same type; None for what is none."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return wanted if isinstance(wanted, bool) and isinstance(value, bool) else None
    if isinstance(value, Decimal):
        return Decimal(str(wanted)) if isinstance(wanted, int | float) else None
    if not isinstance(wanted, str):
        return None
    return _day(wanted) if isinstance(value, date) else wanted


@lru_cache(maxsize=1024)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _same(value: Value, wanted: Any, _: date) -> Answer:
    return typed(value, wanted) == value, None


def _other(value: Value, wanted: Any, _: date) -> Answer:
    return typed(value, wanted) != value, None


def _one_of(value: Value, wanted: Sequence[Any], _: date) -> Answer:
    return any(typed(value, each) == value for each in wanted), None


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Any, date], Answer]:
    def check(value: Value, wanted: Any, _: date) -> Answer:
        than = typed(value, wanted)
        return than is not None and compare(value, than), None

    return check


def _between(value: Value, wanted: Sequence[Any], _: date) -> Answer:
    low, high = (typed(value, each) for each in wanted)
    return low is not None and high is not None and low <= value <= high, None


def _begins(value: Value, wanted: str, _: date) -> Answer:
    return folded(str(value)).startswith(folded(wanted)), None


def _contains(value: Value, wanted: str, _: date) -> Answer:
    return folded(wanted) in folded(str(value)), None


def _within(value: Value, wanted: str, _: date) -> Answer:
    return f"/{wanted}/" in str(value), None


def _by_day(ask: Callable[..., Answer], read: Callable[[Any], Any]) -> Callable[[Value, Any, date], Answer]:
    def check(value: Value, wanted: Any, day: date) -> Answer:
        # Dates of custom fields are stored as texts.
        found = value if isinstance(value, date) else _day(str(value))
        return ask(found, read(wanted), day) if found else (False, None)

    return check


OPERATORS: Final[Mapping[str, Callable[[Any, Any, date], Answer]]] = {
    "is": _same,
    "is_not": _other,
    "is_one_of": _one_of,
    "has": _same,
    "has_one_of": _one_of,
    "less_than": _compared(operator.lt),
    "at_most": _compared(operator.le),
    "more_than": _compared(operator.gt),
    "at_least": _compared(operator.ge),
    "between": _between,
    "begins_with": _begins,
    "contains": _contains,
    "is_within": _within,
    "before": _compared(operator.lt),
    "after": _compared(operator.gt),
    "more_than_ago": _by_day(longer_ago, period),
    "within_last": _by_day(within_last, period),
    "within_next": _by_day(within_next, period),
    "anniversary_in_days": _by_day(anniversary_in, int),
}
