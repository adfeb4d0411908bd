"""What a plan gives and costs: quotas, typed privileges, features and a price list (control-plane.md, Metering).

The plans themselves are data, ``plans.json`` beside this file: another one is another entry there, and no code.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from chalicelib.modules import Text

TRIAL: Final = "trial"
BASIC: Final = "basic"


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of a meter a module may use under the plan: in a month, or at any time for what is held.

    A soft quota warns by an event; a hard one answers 402 ``quota_exceeded``.
    """

    limit: int
    hard: bool


@dataclass(frozen=True, slots=True)
class Privileges:
    """What the plan lets a tenant do beside features. A tenant has those of its highest plan.

    Requests are per tenant and second; ``burst`` is what its bucket holds. A key has half of both.
    """

    requests_per_second: int
    burst: int
    webhooks: int
    own_roles: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a module costs under the plan, in one currency: a month, and each so many units of a meter.

    ``units`` holds (amount, per how many units, how many are included in a month) by meter.
    """

    month: Decimal
    units: Mapping[str, tuple[Decimal, int, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. Days are counted from the instant that a subscription's interval ends."""

    name: str
    titles: Text
    rank: int
    trial_days: int
    grace_days: int
    kept_days: int
    privileges: Privileges
    features: Mapping[str, bool]
    quotas: Mapping[str, Quota]
    prices: Mapping[str, Price]

    def price(self, currency: str) -> tuple[str, Price]:
        """The price list in a currency, or in the plan's first one when there is none in it."""
        known = currency if currency in self.prices else next(iter(self.prices))
        return known, self.prices[known]


def read(data: Mapping[str, Any]) -> dict[str, Plan]:
    """The plans that a JSON document describes, by name. Raises KeyError, TypeError or ValueError for a bad one."""
    found = {each["name"]: _plan(each) for each in data["plans"]}
    if len({plan.rank for plan in found.values()}) < len(data["plans"]):
        message = "every plan has a name and a rank of its own"
        raise ValueError(message)
    return found


@cache
def plans() -> Mapping[str, Plan]:
    """The plans of this deployment, by name."""
    return read(json.loads((Path(__file__).parent / "plans.json").read_text(encoding="utf-8")))


def highest(names: Iterable[str]) -> Plan:
    """The plan of the highest rank among some; the lowest of all when there is none."""
    known = plans()
    return max((known[each] for each in names if each in known), key=_rank, default=min(known.values(), key=_rank))


def _rank(plan: Plan) -> int:
    return plan.rank


def _plan(data: Mapping[str, Any]) -> Plan:
    return Plan(
        name=data["name"],
        titles=Text(**data["titles"]),
        rank=int(data["rank"]),
        trial_days=int(data["trial_days"]),
        grace_days=int(data["grace_days"]),
        kept_days=int(data["kept_days"]),
        privileges=Privileges(**data["privileges"]),
        features=dict(data["features"]),
        quotas={meter: Quota(**each) for meter, each in data["quotas"].items()},
        prices={currency: _price(each) for currency, each in data["prices"].items()},
    )


def _price(data: Mapping[str, Any]) -> Price:
    units = {
        meter: (Decimal(each["amount"]), int(each["per"]), int(each["included"]))
        for meter, each in data["units"].items()
    }
    return Price(Decimal(data["month"]), units)
