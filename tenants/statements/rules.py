"""What a month's usage costs under a plan. Pure; Decimal throughout.

A line is rounded to the currency's cents, halves up, and the total is the sum of the rounded lines: what is printed
adds up. A line costs nothing below what is included, and beyond that in proportion, not by whole blocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from tenants.plans.rules import Plan
from tenants.usage.rules import METERS, Number

CENT: Final = Decimal("0.01")
MONTH: Final = "month"
"""The line of a module's monthly fee."""


@dataclass(frozen=True, slots=True)
class PricedMonth:
    """In which currency a month is priced, how many days it has, and on how many of them billing was blocked."""

    currency: str
    days: int
    blocked: int = 0

    @property
    def share(self) -> Decimal:
        """The part of a monthly fee, and of what is included, that belongs to the days that are billed."""
        return Decimal(self.days - self.blocked) / self.days


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
    """The lines of a module that was subscribed to in the month: its fee, and each meter that it used."""
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
