"""What two contacts come to as one, and what is given back when they are taken apart. Pure.

Values are those of a contact's attributes by name, as they are stored; a name that is missing has none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modules.contacts.merges.errors import not_a_list, too_many, unknown_choice
from modules.contacts.merges.records import LOSER, WINNER

BOTH: Final = "both"
CHOICES: Final = (WINNER, LOSER, BOTH)

# How many a contact may have (people/schemas.py, ContactIn).
LIMITS: Final[Mapping[str, int]] = {"external_ids": 10, "emails": 5, "phones": 5, "addresses": 5, "tags": 50}
# A feed finds its customer by these: none is left out unasked.
NEVER_LEFT_OUT: Final = frozenset({"external_ids"})
# Values that mean something only together: they come from one of the two, by what was chosen for the first.
TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("churn_reason", "churn_category"),
    "org_unit_id": ("unit_path",),
}
# The contact's own story, and what follows from its other values.
NOT_CHOSEN: Final = frozenset(
    {"type", "held_keys", "merged_ids", *(name for each in TOGETHER.values() for name in each)}
)

Values = Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What comes of a merge: the values, whose they are where the two differ, and how many did not fit."""

    values: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def merge(winner: Values, loser: Values, choices: Mapping[str, str], names: Iterable[str]) -> Outcome:
    """The values of both as one; ``names`` are the attributes that a contact has of its own.

    Without a choice a list and the custom fields have what either has, a truth is true when it is true of either, and
    of anything else the winner's value stays, or the loser's where the winner has none. Raises Invalid.
    """
    chosen = sorted(set(names) - NOT_CHOSEN)
    for name in choices.keys() - set(chosen):
        raise unknown_choice(name, chosen)
    outcome = Outcome()
    for name in chosen:
        _decide(outcome, name, (winner.get(name), loser.get(name)), choices.get(name))
        for other in TOGETHER.get(name, ()):
            outcome.values[other] = (loser if choices.get(name) == LOSER else winner).get(other)
    return outcome


def _decide(outcome: Outcome, name: str, pair: tuple[Any, Any], choice: str | None) -> None:
    first, second = pair
    if choice == BOTH and not _can_hold_both(name, pair):
        raise not_a_list(name)
    if choice in {WINNER, LOSER}:
        outcome.values[name] = first if choice == WINNER else second
    elif name in LIMITS:
        outcome.values[name] = _united(outcome, name, first or [], second or []) or None
    elif isinstance(first, dict) or isinstance(second, dict):
        outcome.values[name] = {**(second or {}), **(first or {})} or None
    elif _is_truth(pair):
        outcome.values[name] = bool(first or second)
    elif name in TOGETHER:
        outcome.values[name] = first
    else:
        outcome.values[name] = first if first is not None else second
    if first is not None and second is not None and first != second:
        outcome.conflicts[name] = choice or (BOTH if _can_hold_both(name, pair) else WINNER)


def _can_hold_both(name: str, pair: tuple[Any, Any]) -> bool:
    return name in LIMITS or any(isinstance(each, dict) for each in pair) or _is_truth(pair)


def _is_truth(pair: tuple[Any, Any]) -> bool:
    return any(isinstance(each, bool) for each in pair)


def _united(outcome: Outcome, name: str, first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    known = {_same(each) for each in first}
    found = [*first, *(each for each in second if _same(each) not in known)]
    most = LIMITS[name]
    if len(found) > most and name in NEVER_LEFT_OUT:
        raise too_many(name, most)
    if len(found) > most:
        outcome.left_out[name] = len(found) - most
    return found[:most]


def _same(value: Any) -> str:
    return value.casefold() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def given(before: Values, after: Values) -> dict[str, Any]:
    """What a merge has made of those values that it has changed."""
    return {name: value for name, value in after.items() if value != before.get(name)}


def taken_apart(before: Values, made: Values, now: Values) -> tuple[dict[str, Any], list[str]]:
    """The winner's values without the merge, and the names of those that were edited since and stay.

    ``made`` is what the merge had made of the values that it changed. Of an edited list only what came with the merge
    goes; of edited custom fields likewise.
    """
    values: dict[str, Any] = {}
    kept = []
    for name, after in made.items():
        old, current = before.get(name), now.get(name)
        if current == after:
            values[name] = old
            continue
        kept.append(name)
        if name in LIMITS:
            values[name] = _without(old or [], after or [], current or []) or None
        elif isinstance(after, dict) or isinstance(old, dict):
            values[name] = _fields_without(old or {}, after or {}, current or {}) or None
    return values, sorted(kept)


def _without(old: Sequence[Any], after: Sequence[Any], current: Sequence[Any]) -> list[Any]:
    came = {_same(each) for each in after} - {_same(each) for each in old}
    left = [each for each in current if _same(each) not in came]
    went = {_same(each) for each in old} - {_same(each) for each in after} - {_same(each) for each in left}
    return [*left, *(each for each in old if _same(each) in went)]


def _fields_without(old: Values, after: Values, current: Values) -> dict[str, Any]:
    found = {}
    for name in {**old, **current}:
        value = old.get(name) if current.get(name) == after.get(name) else current.get(name)
        if value is not None:
            found[name] = value
    return found


def again_of(merged_from: str | None) -> tuple[str, str | None]:
    """With which contact an item came here last (empty: it did not), and what it said of the time before."""
    before, _, last = (merged_from or "").rpartition("/")
    return last, before or None


def now_from(merged_from: str | None, loser_id: str) -> str:
    """What an item says that comes along with a contact."""
    return f"{merged_from}/{loser_id}" if merged_from else loser_id
