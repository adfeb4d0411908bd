"""How figures are asked for, on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from modules.service_analysis.analysis.rules import DIMENSIONS

Grouping = Literal["day", "week", "month"]
When = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$",
        description="a month or a day of the tenant's time zone",
        examples=["2015-04", "2015-04-22"],
    ),
]
Value = Annotated[str, Field(max_length=400)]
_ONE = f"({'|'.join(DIMENSIONS)})"
Over = Annotated[
    str,
    Field(
        pattern=rf"^({_ONE}(,{_ONE})?)?$",
        description="none, one or two of category, area, channel, product, agent, customer_level; two by month alone",
        examples=["channel", "area,channel"],
    ),
]
Depth = Annotated[
    int, Field(ge=1, le=5, description="of categories and areas: 1 for the widest, without it each as it was said")
]
Show = Annotated[
    str,
    Field(
        max_length=600,
        pattern=r"^[a-z0-9_]+(,[a-z0-9_]+)*$",
        description="the figures that are wanted, by their names in an answer; default: all",
        examples=["opened,backlog"],
    ),
]
CountedFor = Literal["opened", "answered", "ended", "resolved", "reopened", "rated"]
Year = r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$"
