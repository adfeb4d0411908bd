"""What a record posts, and what a posting adds to which cells. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from chalicelib.after_write import Fact, Grain

COUNT: Final = "count"
TOTAL: Final = "total"
# Neighbouring boundaries are 4 % apart, so a value is at most 2 % from the middle of its step.
STEP: Final = math.log(1.04)

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Posting:
    """That a fact holds of a record: in which org unit, with which coordinates and measures, and for a flow when.

    ``day`` is the tenant's. ``unit_path`` is empty for what belongs to the whole tenant.
    """

    unit_path: str
    coordinates: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Number] = field(default_factory=dict)
    day: date | None = None


class CellPlace(NamedTuple):
    """Where a cell stands: its partition's dimensions and period, and within it day, values and org unit."""

    dimensions: str
    period: str
    day: str
    values: tuple[str, ...]
    unit_path: str


Sums = dict[CellPlace, dict[str, Number]]


def cells_of(fact: Fact, posting: Posting) -> Iterator[CellPlace]:
    """The cells that a posting is counted in: the whole, each dimension, and the declared pairs."""
    day, month = (posting.day.isoformat(), posting.day.strftime("%Y-%m")) if posting.day else ("", "")
    for grain in fact.grains:
        for names in combinations_of(fact, pairs=grain is not Grain.DAY):
            values = tuple(posting.coordinates.get(name, "") for name in names)
            period = TOTAL if grain is Grain.TOTAL else month
            yield CellPlace(dimensions(names), period, day if grain is Grain.DAY else "", values, posting.unit_path)


def combinations_of(fact: Fact, *, pairs: bool = True) -> list[tuple[str, ...]]:
    """What a fact has cells over: the whole, each dimension by itself, and the declared pairs."""
    return [(), *((each,) for each in fact.dimensions), *(fact.pairs if pairs else ())]


def dimensions(names: Iterable[str]) -> str:
    """A combination of dimensions as one word; the whole is ``all``."""
    return "+".join(names) or "all"


def change(fact: Fact, before: Posting | None, after: Posting | None) -> Sums:
    """What replacing one posting by another adds to each cell; what adds nothing is left out."""
    sums: defaultdict[CellPlace, defaultdict[str, Number]] = defaultdict(lambda: defaultdict(int))
    for posting, sign in ((before, -1), (after, 1)):
        if posting is None:
            continue
        amounts = {COUNT: 1, **{name: posting.measures[name] for name in fact.measures if name in posting.measures}}
        steps = {step_name(name, posting.measures[name]) for name in fact.histograms if name in posting.measures}
        for place in cells_of(fact, posting):
            for name, amount in amounts.items():
                sums[place][name] += sign * amount
            for step in steps:
                sums[place][step] += sign
    return without_zeros(sums)


def add(sums: Sums, more: Sums) -> Sums:
    """Both together, without zeros."""
    together: defaultdict[CellPlace, defaultdict[str, Number]] = defaultdict(lambda: defaultdict(int))
    for each in (sums, more):
        for place, amounts in each.items():
            for name, amount in amounts.items():
                together[place][name] += amount
    return without_zeros(together)


def without_zeros(sums: Mapping[CellPlace, Mapping[str, Number]]) -> Sums:
    """The sums that are not zero, of the cells that have any."""
    kept = {place: {name: amount for name, amount in amounts.items() if amount} for place, amounts in sums.items()}
    return {place: amounts for place, amounts in kept.items() if amounts}


def step_name(measure: str, value: Number) -> str:
    """The histogram step that a value falls into: boundaries are fixed powers of 1.04, zero and less is one step."""
    step = math.floor(math.log(value) / STEP) if value > 0 else "low"
    return f"{measure}~{step}"


def percentile(measure: str, amounts: Mapping[str, Number], share: float) -> float | None:
    """The value below which ``share`` (0 to 1) of the values lie, within 2 %; None when there are none."""
    prefix = f"{measure}~"
    counts = {name.removeprefix(prefix): int(count) for name, count in amounts.items() if name.startswith(prefix)}
    steps = sorted((-math.inf if step == "low" else int(step), count) for step, count in counts.items() if count > 0)
    # The nearest rank; 0.07 of 100 is 7.000000000000001 in binary, and means the seventh.
    wanted, seen = math.ceil(round(share * sum(count for _, count in steps), 9)), 0
    for step, count in steps:
        seen += count
        if seen >= wanted:
            return 0.0 if step == -math.inf else math.exp((step + 0.5) * STEP)
    return None
