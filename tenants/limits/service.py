"""Use case of limits: all of them in one view."""

from datetime import UTC

from chalicelib.access import limits as rates
from chalicelib.call import Call
from chalicelib.settings import settings
from chalicelib.store.store import MAX_RECORD
from chalicelib.web.batch_models import MAX_OPERATIONS
from chalicelib.web.parsing import MAX_LIMIT, MAX_TERMS
from chalicelib.web.request import MAX_BODY
from tenants.lifecycle.records import Tenant, shelf
from tenants.limits.schemas import LimitsOut, QuotaOut, RateOut, SizesOut
from tenants.standing import plan_of, snapshot_of
from tenants.usage.records import Usage, UsageStock, between
from tenants.usage.rules import STOCKS, Amounts, month_of, next_month, plain


def limits(call: Call) -> LimitsOut:
    """Rates as this process knows them, quotas as they were counted last, and sizes."""
    drawn = rates.noted()
    return LimitsOut(
        rates=[
            RateOut(
                name=each.name,
                requests_per_second=each.rate.per_second,
                burst=each.rate.burst,
                remaining=each.remaining,
            )
            for each in (drawn.readings if drawn else ())
        ],
        quotas=_quotas(call),
        sizes=SizesOut(
            body_bytes=MAX_BODY,
            page=MAX_LIMIT,
            batch=MAX_OPERATIONS,
            filter_terms=MAX_TERMS,
            file_bytes=settings().files_max_bytes,
            record_bytes=MAX_RECORD,
        ),
    )


def _quotas(call: Call) -> list[QuotaOut]:
    """Three Queries: the tenant's shelf, the month's sums, the day's stocks."""
    on_shelf = list(call.store.query_all(shelf(call.tenant_id)))
    tenant = next(each for each in on_shelf if isinstance(each, Tenant))
    snapshot, today = snapshot_of(tenant, on_shelf), call.now.astimezone(UTC).date()
    used: dict[str, Amounts] = {}
    for period, grain in ((month_of(today), ""), (today.isoformat(), "stock")):
        items, _ = call.store.query(**between(call.tenant_id, period, period, grain))
        for each in items:
            if isinstance(each, Usage | UsageStock):
                used.setdefault(str(each.module), {}).update(each.amounts())
    found = []
    for module in (each.name for each in call.catalogue):
        plan = plan_of(snapshot, module, call.now)
        for meter, quota in plan.quotas.items() if plan else ():
            amount = plain({meter: used.get(module, {}).get(meter, 0)})[meter]
            resets = None if meter in STOCKS else next_month(today)
            found.append(
                QuotaOut(
                    module=module,
                    plan=plan.name if plan else "",
                    meter=meter,
                    limit=quota.limit,
                    hard=quota.hard,
                    used=amount,
                    resets_at=resets,
                )
            )
    return found
