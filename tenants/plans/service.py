"""The plans of the deployment, to be seen."""

from chalicelib.web.results import Listed
from tenants.plans.rules import Plan, Price, plans
from tenants.plans.schemas import (
    FeatureOfPlanOut,
    PlanOut,
    PlanQuotaOut,
    PriceOut,
    PrivilegesOut,
    UnitPriceOut,
)
from tenants.schemas import BothLanguages, MoneyOut


def page() -> Listed[PlanOut]:
    """All plans, the lowest first."""
    return Listed([_out(each) for each in sorted(plans().values(), key=lambda plan: plan.rank)])


def _out(plan: Plan) -> PlanOut:
    given = plan.privileges
    return PlanOut(
        name=plan.name,
        titles=BothLanguages.of(plan.titles),
        rank=plan.rank,
        trial_days=plan.trial_days,
        grace_days=plan.grace_days,
        kept_days=plan.kept_days,
        privileges=PrivilegesOut(
            requests_per_second=given.requests_per_second,
            burst=given.burst,
            webhooks=given.webhooks,
            own_roles=given.own_roles,
        ),
        features=[FeatureOfPlanOut(feature=name, enabled=on) for name, on in sorted(plan.features.items())],
        quotas=[
            PlanQuotaOut(meter=name, limit=each.limit, hard=each.hard) for name, each in sorted(plan.quotas.items())
        ],
        prices=[_price_out(currency, each) for currency, each in plan.prices.items()],
    )


def _price_out(currency: str, price: Price) -> PriceOut:
    return PriceOut(
        month=MoneyOut(amount=str(price.month), currency=currency),
        units=[
            UnitPriceOut(meter=meter, price=MoneyOut(amount=str(amount), currency=currency), per=per, included=included)
            for meter, (amount, per, included) in sorted(price.units.items())
        ],
    )
