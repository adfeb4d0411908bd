"""Use cases of usage: what was done and held, by day."""

from collections.abc import Callable
from datetime import UTC, date
from typing import Final

from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound
from chalicelib.store.store import Store
from tenants.lifecycle.records import Tenant
from tenants.usage.records import Usage, UsageStock, between
from tenants.usage.rules import METERS, STOCKS, Amounts, Number, plain
from tenants.usage.schemas import UsageOut, UsedOut

# A quarter and some days: 13 modules make 1,200 entries of it, one Query and 200 kB.
LONGEST: Final = 100
DEFAULT: Final = 30

Days = dict[tuple[date, str], Amounts]


def usage(
    call: Call,
    first: date | None,
    last: date | None,
    module: str | None,
    meter: str | None,
    tenant_id: str | None = None,
) -> UsageOut:
    """What a tenant has used on some days (default: the last 30). Raises Invalid, and NotFound for no tenant."""
    today = call.now.astimezone(UTC).date()
    last = last or today
    first = first or date.fromordinal(max(1, last.toordinal() - DEFAULT + 1))
    if not 0 <= (last - first).days < LONGEST:
        text = Text(f"A range of 1 to {LONGEST} days", f"日期范围为 1 至 {LONGEST} 天")
        raise Invalid(errors=(FieldError("/query/to", "range", text),))
    if meter is not None and meter not in METERS:
        text = Text(f"One of {', '.join(METERS)}", f"应为 {', '.join(METERS)} 之一")
        raise Invalid(errors=(FieldError("/query/meter", "unknown_meter", text),))
    store = store_of(call, tenant_id)
    found = days(store, first, last)
    wanted = {
        place: {name: amount for name, amount in amounts.items() if meter in {None, name}}
        for place, amounts in sorted(found.items())
        if module in {None, place[1]}
    }
    shown = [UsedOut(day=day, module=name, meters=plain(amounts)) for (day, name), amounts in wanted.items() if amounts]
    return UsageOut(first=first, last=last, days=shown, totals=_totals(wanted))


def days(store: Store, first: date, last: date) -> Days:
    """What was used and held, by day and module. Two Queries."""
    found: Days = {}
    for grain in ("", "stock"):
        start = None
        while True:
            asked = between(store.boundary, first.isoformat(), last.isoformat(), grain)
            items, start = store.query(**asked, start=start)
            for each in items:
                if isinstance(each, Usage | UsageStock):
                    day = date.fromisoformat(each.period)
                    found.setdefault((day, str(each.module)), {}).update(each.amounts())
            if start is None:
                break
    return found


def store_of(call: Call, tenant_id: str | None) -> Store:
    """The caller's own store, or an operator's door to a tenant's. Raises NotFound."""
    if tenant_id is None:
        return call.store
    store = call.store.inside(tenant_id)
    if store.get(Tenant, tenant_id) is None:
        raise NotFound
    return store


def by_module(found: Days) -> dict[str, Amounts]:
    """What days add up to, by module: sums of what was done, and the most that was held."""
    used: dict[str, Amounts] = {}
    for (_, module), amounts in found.items():
        sums = used.setdefault(module, {})
        for meter, amount in amounts.items():
            together: Callable[..., Number] = max if meter in STOCKS else _plus
            sums[meter] = together(sums.get(meter, 0), amount)
    return used


def _plus(one: Number, other: Number) -> Number:
    return one + other


def _totals(found: Days) -> list[UsedOut]:
    used = sorted(by_module(found).items())
    return [UsedOut(day=None, module=module, meters=plain(amounts)) for module, amounts in used if amounts]
