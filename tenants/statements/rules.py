"""What a month's usage costs under a plan. Pure; Decimal throughout.

A line is rounded to the currency's cents, halves up, and the total is the sum of the rounded lines: what is printed
adds up. A line costs nothing below what is included, and beyond that in proportion, not by whole blocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from tenants.lifecycle.rules import Pause, is_paused
from tenants.plans.rules import Plan, highest
from tenants.subscriptions.rules import Subscribed, SubscriptionState
from tenants.usage.rules import METERS, Number

CENT: Final = Decimal("0.01")
MONTH: Final = "month"
"""The line of a module's monthly fee."""


CHARGED: Final = frozenset({SubscriptionState.ACTIVE, SubscriptionState.ACTIVATING})
"""What is tried, in grace or off costs nothing, nor does what was used then."""


@dataclass(frozen=True, slots=True)
class PricedMonth:
    """In which currency a month is priced, how many days it has, and on how many of them a plan is charged."""

    currency: str
    days: int
    charged: int

    @property
    def share(self) -> Decimal:
        """The part of a monthly fee, and of what is included, that belongs to the days that are charged."""
        return Decimal(self.charged) / self.days


def plan_by_day(module: Subscribed, days: Iterable[date]) -> dict[date, str]:
    """The plan by which a module is charged on each of some days (UTC): the one that held last on it."""
    found = {}
    for day in days:
        begins = datetime.combine(day, time(), UTC)
        ends = begins + timedelta(days=1)
        held = [
            each.plan for each in module.phases if each.start < ends and each.end > begins and each.state in CHARGED
        ]
        if held:
            found[day] = held[-1]
    return found


def highest_by_day(modules: Iterable[Mapping[date, str]]) -> dict[date, str]:
    """The highest plan of any module on each day."""
    found: dict[date, list[str]] = {}
    for module in modules:
        for day, plan in module.items():
            found.setdefault(day, []).append(plan)
    return {day: highest(plans).name for day, plans in sorted(found.items())}


def paused_days(pauses: Sequence[Pause], days: Iterable[date], now: datetime) -> frozenset[date]:
    """The days on which billing was blocked at any instant, of some. A pause is [from, until or, still, None]."""
    begun = ((day, datetime.combine(day, time(), UTC)) for day in days)
    return frozenset(
        day for day, begins in begun if begins <= now and is_paused(pauses, begins, begins + timedelta(days=1))
    )


@dataclass(frozen=True, slots=True)
class Priced:
    """One line: so much of an item, what of it is included, and what each ``per`` beyond that costs."""

    module: str
    plan: str
    item: str
    quantity: Number
    included: int
    price: Decimal
    per: int
    amount: Decimal


def of_module(month: PricedMonth, module: str, plan: Plan, used: Mapping[str, Number]) -> list[Priced]:
    """The lines of a module under a plan: its fee, and each meter that it used."""
    _, price = plan.price(month.currency)
    fee = Priced(module, plan.name, MONTH, 1, 0, price.month, 1, _cents(price.month * month.share))
    return [fee, *usage_lines(month, module, plan, used)]


def usage_lines(month: PricedMonth, module: str, plan: Plan, used: Mapping[str, Number]) -> list[Priced]:
    """The lines of what was used, those within what is included too: they say so."""
    _, price = plan.price(month.currency)
    lines = []
    for meter in METERS:
        if (quantity := used.get(meter)) and meter in price.units:
            amount, per, whole = price.units[meter]
            included = int(whole * month.share)
            beyond = max(Decimal(0), Decimal(str(quantity)) - included)
            lines.append(
                Priced(module, plan.name, meter, quantity, included, amount, per, _cents(beyond * amount / per))
            )
    return lines


def currency_of(wanted: str, plans: Iterable[Plan]) -> str:
    """The currency that all lines are in: the tenant's, or that of the price lists which have none in it."""
    return next((plan.price(wanted)[0] for plan in plans), wanted)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
