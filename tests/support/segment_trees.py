"""Rules over the real customers, each with what it means said once more, of a row of the file."""

# ruff: noqa: PLR2004 - the numbers are the rules themselves
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.support.real_customers import Row

Rule = dict[str, Any]
Means = Callable[[Row], bool]


def is_(attribute: str, value: Any) -> Rule:
    """A condition by equality."""
    return {"attribute": attribute, "is": value}


MONTHLY: Final = is_("custom.contract", "Month-to-Month")
FIBRE: Final = is_("custom.internettype", "Fiber Optic")
ABOVE_80: Final = {"attribute": "custom.monthlycharge", "more_than": 80}
CHURNED: Final = is_("status", "churned")
CITIES: Final = ["Los Angeles", "San Diego", "Fresno"]
TENURED: Final = {"attribute": "custom.tenureinmonths", "at_least": 24}


def charge(row: Row) -> float:
    """The monthly charge."""
    return float(row["Monthlycharge"])


def tenure(row: Row) -> int:
    """The months that somebody has been a customer."""
    return int(row["Tenureinmonths"])


TREES: Final[dict[str, tuple[Rule, Means]]] = {
    "month to month": (MONTHLY, lambda r: r["Contract"] == "Month-to-Month"),
    "fibre": (FIBRE, lambda r: r["Internettype"] == "Fiber Optic"),
    "charge above 80": (ABOVE_80, lambda r: charge(r) > 80),
    "charge at most 20.05": ({"attribute": "custom.monthlycharge", "at_most": 20.05}, lambda r: charge(r) <= 20.05),
    "negative charge": ({"attribute": "custom.monthlycharge", "less_than": 0}, lambda r: charge(r) < 0),
    "chosen cities": ({"attribute": "city", "is_one_of": CITIES}, lambda r: r["City"] in CITIES),
    "city begins with san, folded": (
        {"attribute": "city", "begins_with": "SAN "},
        lambda r: r["City"].lower().startswith("san "),
    ),
    "city contains": ({"attribute": "city", "contains": "beach"}, lambda r: "beach" in r["City"].lower()),
    "churned": (CHURNED, lambda r: r["Customerstatus"] == "Churned"),
    "joined lately": (is_("status", "joined"), lambda r: r["Customerstatus"] == "Joined"),
    "churn reason": (
        is_("churn_reason", "Competitor had better devices"),
        lambda r: r["Churnreason"] == "Competitor had better devices",
    ),
    "churn category is not competitor": (
        {"attribute": "churn_category", "is_not": "Competitor"},
        lambda r: r["Churncategory"] not in {"", "Competitor"},
    ),
    "not of category competitor, or of none": (
        {"not": is_("churn_category", "Competitor")},
        lambda r: r["Churncategory"] != "Competitor",
    ),
    "no churn reason": ({"attribute": "churn_reason", "exists": False}, lambda r: not r["Churnreason"]),
    "tenure of two years": (TENURED, lambda r: tenure(r) >= 24),
    "tenure between": ({"attribute": "custom.tenureinmonths", "between": [12, 24]}, lambda r: 12 <= tenure(r) <= 24),
    "no internet": ({"attribute": "custom.internettype", "exists": False}, lambda r: not r["Internettype"]),
    "streams nothing": (
        {"all": [is_("custom.streamingtv", False), is_("custom.streamingmovies", False)]},
        lambda r: r["Streamingtv"] == "No" and r["Streamingmovies"] == "No",
    ),
    "fibre, month to month, above 80": (
        {"all": [FIBRE, MONTHLY, ABOVE_80]},
        lambda r: r["Internettype"] == "Fiber Optic" and r["Contract"] == "Month-to-Month" and charge(r) > 80,
    ),
    "any of fibre or two years": (
        {"any": [FIBRE, TENURED]},
        lambda r: r["Internettype"] == "Fiber Optic" or tenure(r) >= 24,
    ),
    "at risk": (
        {"all": [{"not": CHURNED}, MONTHLY, {"any": [ABOVE_80, {"not": TENURED}]}]},
        lambda r: (
            r["Customerstatus"] != "Churned"
            and r["Contract"] == "Month-to-Month"
            and (charge(r) > 80 or tenure(r) < 24)
        ),
    ),
    "women in san diego who left": (
        {"all": [is_("gender", "female"), is_("city", "San Diego"), CHURNED]},
        lambda r: r["Gender"] == "Female" and r["City"] == "San Diego" and r["Customerstatus"] == "Churned",
    ),
    "neither paperless nor by card": (
        {"not": {"any": [is_("custom.paperlessbilling", True), is_("custom.paymentmethod", "Credit Card")]}},
        lambda r: r["Paperlessbilling"] == "No" and r["Paymentmethod"] != "Credit Card",
    ),
    "downloads much on another contract": (
        {
            "all": [
                {"attribute": "custom.avgmonthlygbdownload", "at_least": 50},
                {"attribute": "custom.contract", "is_not": "Month-to-Month"},
                {"not": {"all": [FIBRE, ABOVE_80]}},
            ]
        },
        lambda r: (
            float(r["Avgmonthlygbdownload"] or 0) >= 50
            and r["Contract"] != "Month-to-Month"
            and not (r["Internettype"] == "Fiber Optic" and charge(r) > 80)
        ),
    ),
    "postal codes of the coast": (
        {"attribute": "postal_code", "begins_with": "902"},
        lambda r: r["Zipcode"].startswith("902"),
    ),
}
