"""Calendars on the wire."""

from datetime import date
from typing import Annotated

from pydantic import Field

from chalicelib.web.wire import Body, Resource
from modules.service_analysis.requests.schemas import Line200

WallTime = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["09:00"])]
Zone = Annotated[str, Field(min_length=1, max_length=60, examples=["Europe/Berlin"])]


class CalendarShift(Body):
    """Worked time of a day, in wall time; one over midnight is two, the first up to `24:00`."""

    begins: WallTime
    ends: WallTime = Field(examples=["18:00"])


Shifts = Annotated[list[CalendarShift], Field(default=[], max_length=8)]


class CalendarWeek(Body):
    """The shifts of each day, in order."""

    monday: Shifts
    tuesday: Shifts
    wednesday: Shifts
    thursday: Shifts
    friday: Shifts
    saturday: Shifts
    sunday: Shifts


class CalendarHolidays(Body):
    """Whose public holidays are off."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["DE"])]
    subdivision: Annotated[str, Field(pattern="^[A-Z0-9]{1,3}$")] | None = Field(
        default=None, description="behind the hyphen of ISO 3166-2", examples=["BE"]
    )


class CalendarIn(Body):
    """When time counts. One that is changed is a new state from then on: what was counted stays counted."""

    name: Line200 = Field(examples=["Office"])
    time_zone: Zone | None = Field(default=None, description="IANA; default: the tenant's")
    week: CalendarWeek | None = Field(default=None, description="null: every second counts, holidays too")
    days_off: list[date] = Field(default=[], max_length=200, description="own dates on which nothing counts")
    holidays: CalendarHolidays | None = Field(
        default=None, description="public holidays are looked up by a job, and again each year"
    )


class CalendarOut(Resource):
    """A calendar, as everybody reads it."""

    name: str
    time_zone: str
    week: CalendarWeek | None
    days_off: list[date]
    holidays: CalendarHolidays | None
    public_holidays: list[date] = Field(description="as far as they were looked up")
    holidays_until: int | None = Field(description="the last year of which they are known")
    revision: int = Field(description="names its present state; 0: its holidays are not looked up yet")
    job_id: str | None = Field(description="the job that looks the holidays up")
