"""Which SLA policy holds for a request, and why the others do not. Pure.

A policy applies when everything that it asks for is so. Of those that apply the one that asks for most things wins,
then the one whose category lies deepest in the tree, then the one that was declared first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Category = tuple[str, ...]
"""A path in the tree of categories, the root first; empty: none yet, and for a policy any."""


class Reason(StrEnum):
    """Why a policy was not chosen."""

    CUSTOMER_LEVEL = "customer_level"
    CATEGORY = "category"
    SEVERITY = "severity"
    PRIORITY = "priority"
    LESS_SPECIFIC = "less_specific"
    """It applies, but another one that applies asks for more, or for a deeper category."""
    DECLARED_LATER = "declared_later"
    """It applies and is as specific as the one that was chosen, which stands before it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy asks for. An empty set or path asks for nothing; a category holds for all that is below it."""

    id: str
    customer_levels: frozenset[str] = frozenset()
    category: Category = ()
    severities: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()

    @property
    def specificity(self) -> tuple[int, int]:
        """How many things it asks for, and how deep its category lies."""
        asked = (self.customer_levels, self.category, self.severities, self.priorities)
        return sum(map(bool, asked)), len(self.category)


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a request policies ask for; None: not known, which is in no set."""

    customer_level: str | None = None
    category: Category = ()
    severity: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A policy that was not chosen, with every reason."""

    policy_id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The policy that holds, None when none applies, and all others in declared order."""

    policy: Policy | None
    others: tuple[Passed, ...]


def choose(policies: Sequence[Policy], facts: Facts) -> Choice:
    """The policy that holds for a request. policies: as the tenant has ordered them."""
    misses = [_misses(each, facts) for each in policies]
    applying = [each for each, missed in zip(policies, misses, strict=True) if not missed]
    # max answers with the first of equals: the declared order.
    chosen = max(applying, key=lambda each: each.specificity, default=None)
    others = tuple(
        Passed(each.id, missed or _beaten(each, chosen))
        for each, missed in zip(policies, misses, strict=True)
        if each is not chosen
    )
    return Choice(chosen, others)


def _misses(policy: Policy, facts: Facts) -> tuple[Reason, ...]:
    fits = {
        Reason.CUSTOMER_LEVEL: not policy.customer_levels or facts.customer_level in policy.customer_levels,
        Reason.CATEGORY: facts.category[: len(policy.category)] == policy.category,
        Reason.SEVERITY: not policy.severities or facts.severity in policy.severities,
        Reason.PRIORITY: not policy.priorities or facts.priority in policy.priorities,
    }
    return tuple(reason for reason, fit in fits.items() if not fit)


def _beaten(policy: Policy, chosen: Policy | None) -> tuple[Reason, ...]:
    as_specific = chosen is not None and policy.specificity == chosen.specificity
    return (Reason.DECLARED_LATER if as_specific else Reason.LESS_SPECIFIC,)
