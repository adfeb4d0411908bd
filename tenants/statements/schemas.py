"""Statements on the wire."""

from datetime import date

from chalicelib.web.wire import Shown
from tenants.schemas import MoneyOut


class ChargeOut(Shown):
    """One line: ``item`` is ``month`` (the fee) or a meter; beyond ``included``, each ``per`` costs ``unit_price``."""

    module: str
    plan: str
    item: str
    quantity: int | float
    included: int
    unit_price: MoneyOut
    per: int
    amount: MoneyOut


class StatementOut(Shown):
    """What a month costs. Lines are rounded to cents, halves up; the total is their sum.

    ``final``: no late line changes it any more (7 days after the month). Nothing is charged for ``days_not_billed``, on
    which billing was blocked: not their usage, nor their part of monthly fees.
    """

    month: str
    currency: str
    final: bool
    days_not_billed: list[date]
    lines: list[ChargeOut]
    total: MoneyOut
