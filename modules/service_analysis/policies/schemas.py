"""SLA policies on the wire."""

from typing import Annotated, Final

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Resource, Shown
from modules.service_analysis.policies.rules import Reason
from modules.service_analysis.requests.schemas import CategoryPath, Id, Line200, Priority, Severity, Word

LONGEST: Final = 366 * 24 * 3600
"""Seconds."""
Seconds = Annotated[int, Field(ge=1, le=LONGEST), WHOLE]
# No pattern with look-ahead: pydantic's engine has none.
Duration = Annotated[
    str,
    Field(
        pattern=r"^PT([0-9]{1,4}H([0-9]{1,6}M)?([0-9]{1,8}S)?|[0-9]{1,6}M([0-9]{1,8}S)?|[0-9]{1,8}S)$",
        examples=["PT4H30M"],
    ),
]


class SlaTarget(Body):
    """What is promised: time that counts in a calendar."""

    within: Seconds | Duration = Field(
        description="seconds, or a duration of ISO 8601 in hours, minutes and seconds", examples=["PT4H"]
    )
    calendar_id: Id | None = Field(default=None, description="null: every second counts")


class SlaTargets(Body):
    """What is promised by each clock; null: nothing."""

    first_response: SlaTarget | None = Field(default=None, description="until the first public reply")
    next_response: SlaTarget | None = Field(default=None, description="until a further message is answered")
    resolution: SlaTarget | None = None
    regulator: SlaTarget | None = Field(default=None, description="resolution as the regulator counts: never paused")


class SlaPolicyIn(Body):
    """What is promised for requests that are as it says; what is empty holds for all."""

    name: Line200 = Field(examples=["Gold, critical"])
    rank: Annotated[int, Field(ge=0, le=10_000), WHOLE] = Field(
        default=100, description="of policies that are as specific as each other the lowest wins"
    )
    customer_levels: list[Word] = Field(default=[], max_length=20)
    category: CategoryPath | None = Field(default=None, description="with all that is below it")
    severities: list[Severity] = Field(default=[], max_length=4)
    priorities: list[Priority] = Field(default=[], max_length=4)
    targets: SlaTargets
    retired: bool = Field(default=False, description="holds for no request any more")


class SlaTargetOut(Shown):
    """What is promised."""

    within: int = Field(description="seconds")
    calendar_id: str | None


class SlaTargetsOut(Shown):
    """What is promised by each clock."""

    first_response: SlaTargetOut | None
    next_response: SlaTargetOut | None
    resolution: SlaTargetOut | None
    regulator: SlaTargetOut | None


class SlaPolicyOut(Resource):
    """A policy, as everybody reads it."""

    name: str
    rank: int
    customer_levels: list[str]
    category: str | None
    severities: list[Severity]
    priorities: list[Priority]
    targets: SlaTargetsOut
    retired: bool


class SlaPolicyPassed(Shown):
    """A policy that does not hold, and why."""

    policy_id: str
    name: str
    codes: list[Reason]
    reasons: list[str]


class SlaChoiceOut(Shown):
    """Which policy holds for a request as it stands."""

    policy_id: str | None
    name: str | None
    others: list[SlaPolicyPassed]
