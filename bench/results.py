"""What was measured and whether it is within its budget. Pure."""

from dataclasses import dataclass, field

from bench.budgets import grown
from bench.operations import Operation
from bench.spending import Spent


@dataclass(frozen=True, slots=True)
class Cost:
    """One operation at every size, smallest first."""

    operation: Operation
    spent: tuple[Spent, ...]

    @property
    def least(self) -> Spent:
        """At the smallest size."""
        return self.spent[0]

    @property
    def most(self) -> Spent:
        """At the largest size, where it costs most if it differs."""
        return self.spent[-1]

    @property
    def growth(self) -> str:
        """How it has grown; empty for not at all."""
        return grown(self.least, self.most)

    @property
    def broken(self) -> list[str]:
        """What is over its budget, at any size."""
        over = [said for each in self.spent for said in self.operation.budget.broken(each)]
        may_grow = self.operation.grows or not self.operation.reads
        return list(dict.fromkeys([*over, *([] if may_grow or not self.growth else [f"grows: {self.growth}"])]))


@dataclass(frozen=True, slots=True)
class Measure:
    """Something else that has a budget: what it came to, and what is over it (empty for nothing)."""

    name: str
    value: str
    budget: str
    broken: str = ""


@dataclass(slots=True)
class Results:
    """Everything that was measured, at these numbers of customers."""

    sizes: tuple[int, ...]
    reads: list[Cost] = field(default_factory=list)
    writes: list[Cost] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    unmeasured: tuple[str, ...] = ()

    @property
    def broken(self) -> list[str]:
        """One line for each budget that is broken."""
        costs = [f"{cost.operation.name}: {said}" for cost in [*self.reads, *self.writes] for said in cost.broken]
        return costs + [f"{each.name}: {each.value}, {each.broken}" for each in self.measures if each.broken]
