"""Use cases of statements: what a month costs."""

from datetime import UTC, date
from decimal import Decimal

from chalicelib.call import Call
from chalicelib.modules import CORE, Text
from chalicelib.problems import FieldError, Invalid
from tenants.lifecycle.records import Tenant, shelf
from tenants.plans.rules import plans
from tenants.schemas import MoneyOut
from tenants.statements.rules import (
    Priced,
    PricedMonth,
    currency_of,
    highest_by_day,
    of_module,
    paused_days,
    plan_by_day,
    usage_lines,
)
from tenants.statements.schemas import ChargeOut, StatementOut
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import subscribed
from tenants.usage.rules import LATE, month_days, month_of, next_month, plain
from tenants.usage.service import by_module, days


def statement(call: Call, asked: str | None) -> StatementOut:
    """What a month (default: the present one) costs, by the plans that modules have on each of its days.

    Raises Invalid for a month that is none or has not begun.
    """
    month = asked or month_of(call.now.astimezone(UTC).date())
    first, last = _month(call, month)
    on_shelf = list(call.store.query_all(shelf(call.tenant_id)))
    tenant = next(each for each in on_shelf if isinstance(each, Tenant))
    of_month = month_days(month)
    blocked = paused_days(tenant.billing_pauses or [], of_month, call.now)
    agreed = sorted((each for each in on_shelf if isinstance(each, Subscription)), key=lambda each: str(each.module))
    charged_days = [day for day in of_month if day not in blocked]
    had = {str(each.module): plan_by_day(subscribed(each.timeline), charged_days) for each in agreed}
    # The control plane has no subscription of its own: on each day it goes with the highest plan.
    had[CORE] = highest_by_day(had.values())
    used = days(call.store, first, last)
    lines = []
    for module, by_day in had.items():
        for name in dict.fromkeys(by_day.values()):
            charged = {day for day, each in by_day.items() if each == name}
            part = PricedMonth(tenant.currency, len(of_month), len(charged))
            sums = by_module({at: amounts for at, amounts in used.items() if at[0] in charged}).get(module, {})
            lines += (usage_lines if module == CORE else of_module)(part, module, plans()[name], sums)
    currency = currency_of(tenant.currency, [plans()[each.plan] for each in lines])
    total = sum((each.amount for each in lines), Decimal("0.00"))
    return StatementOut(
        month=month,
        currency=currency,
        final=call.now >= next_month(first) + LATE,
        days_not_billed=sorted(blocked),
        lines=[_line(each, currency) for each in lines],
        total=MoneyOut(amount=f"{total:.2f}", currency=currency),
    )


# -- inside


def _month(call: Call, month: str) -> tuple[date, date]:
    try:
        wanted = month_days(month)
    except (ValueError, OverflowError) as error:  # the last month of all has no next one
        text = Text("A month as 2026-03", "月份格式如 2026-03")
        raise Invalid(errors=(FieldError("/query/month", "invalid", text),)) from error
    if month > month_of(call.now.astimezone(UTC).date()):
        text = Text("A month that has begun", "须为已开始的月份")
        raise Invalid(errors=(FieldError("/query/month", "in_the_future", text),))
    return wanted[0], wanted[-1]


def _line(line: Priced, currency: str) -> ChargeOut:
    return ChargeOut(
        module=line.module,
        plan=line.plan,
        item=line.item,
        quantity=plain({"": line.quantity})[""],
        included=line.included,
        unit_price=MoneyOut(amount=str(line.price), currency=currency),
        per=line.per,
        amount=MoneyOut(amount=f"{line.amount:.2f}", currency=currency),
    )
