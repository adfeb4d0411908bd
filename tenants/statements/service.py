"""Use cases of statements: what a month costs."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from chalicelib.call import Call
from chalicelib.modules import CORE, Text
from chalicelib.problems import FieldError, Invalid
from tenants.lifecycle.records import Tenant, shelf
from tenants.plans.rules import Plan, highest, plans
from tenants.statements.rules import Priced, PricedMonth, currency_of, of_module, usage_lines
from tenants.statements.schemas import ChargeOut, MoneyOut, StatementOut
from tenants.subscriptions.records import Subscription
from tenants.usage.rules import LATE, month_days, month_of, next_month, plain
from tenants.usage.service import by_module, days


def statement(call: Call, asked: str | None) -> StatementOut:
    """What a month (default: the present one) costs, by the plans that the modules had in it. Raises Invalid."""
    month = asked or month_of(call.now.astimezone(UTC).date())
    first, last = _month(call, month)
    on_shelf = list(call.store.query_all(shelf(call.tenant_id)))
    tenant = next(each for each in on_shelf if isinstance(each, Tenant))
    found, blocked = days(call.store, first, last)
    charged = {place: amounts for place, amounts in found.items() if place[0] not in blocked}
    had = plans_in_month((each for each in on_shelf if isinstance(each, Subscription)), first)
    used = by_module(charged)
    known = PricedMonth(tenant.currency, len(month_days(month)), len(blocked))
    lines = [line for module, plan in had.items() for line in of_module(known, module, plan, used.get(module, {}))]
    if had:
        whole = highest(plan.name for plan in had.values())
        lines += usage_lines(known, CORE, whole, used.get(CORE, {}))
    currency = currency_of(tenant.currency, had.values())
    total = sum((each.amount for each in lines), Decimal("0.00"))
    return StatementOut(
        month=month,
        currency=currency,
        final=call.now >= next_month(first) + LATE,
        days_not_billed=sorted(blocked),
        lines=[_line(each, currency) for each in lines],
        total=MoneyOut(amount=f"{total:.2f}", currency=currency),
    )


def plans_in_month(subscriptions: Iterable[Subscription], first: date) -> dict[str, Plan]:
    """The plan of each module that was subscribed to on any day of the month that begins so.

    As the records stand: a module's subscription began when it was created, and ended with its last change if it is
    off. A plan that was changed counts for the whole month in which it is changed.
    """
    begins, ends = datetime(first.year, first.month, 1, tzinfo=UTC), next_month(first)
    return {
        str(each.module): plans()[each.plan]
        for each in sorted(subscriptions, key=lambda each: str(each.module))
        if each.created_at < ends and (each.status != "off" or each.updated_at >= begins) and each.plan in plans()
    }


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
