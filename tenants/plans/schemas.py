"""Plans on the wire."""

from chalicelib.web.wire import Shown
from tenants.schemas import BothLanguages, MoneyOut


class PlanQuotaOut(Shown):
    """How much of a meter a module may use; soft ones warn, hard ones refuse with 402."""

    meter: str
    limit: int
    hard: bool


class PrivilegesOut(Shown):
    """What a plan lets a tenant do beside features."""

    requests_per_second: int
    burst: int
    webhooks: int
    own_roles: int


class UnitPriceOut(Shown):
    """What each ``per`` units of a meter cost beyond those that are ``included`` in a month."""

    meter: str
    price: MoneyOut
    per: int
    included: int


class PriceOut(Shown):
    """The price list of one module in one currency."""

    month: MoneyOut
    units: list[UnitPriceOut]


class FeatureOfPlanOut(Shown):
    """A feature that the plan switches, whatever its default."""

    feature: str
    enabled: bool


class PlanOut(Shown):
    """A plan: what it gives and costs. A lapsed subscription is read-only for ``grace_days``, its data then kept."""

    name: str
    titles: BothLanguages
    rank: int
    trial_days: int
    grace_days: int
    kept_days: int
    privileges: PrivilegesOut
    features: list[FeatureOfPlanOut]
    quotas: list[PlanQuotaOut]
    prices: list[PriceOut]
