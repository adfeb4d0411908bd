"""Routes of calendars."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.calendars.schemas import CalendarIn, CalendarOut
from modules.service_analysis.kinds import CALENDAR, CONFIGURE, READ, SLA

if TYPE_CHECKING:
    from modules.service_analysis.calendars import service
else:
    service = Late("modules.service_analysis.calendars.service")

routes = Routes("service_analysis")
WORKDAY = [{"begins": "09:00", "ends": "12:00"}, {"begins": "13:00", "ends": "18:00"}]
EXAMPLE = {
    "name": "Office",
    "time_zone": "Europe/Berlin",
    "week": {"monday": WORKDAY, "tuesday": WORKDAY},
    "days_off": ["2026-12-24"],
}


@routes.post("/service/calendars", needs=CONFIGURE, feature=SLA, refuses=(StateConflict,), examples={"office": EXAMPLE})
def create_calendar(call: Call, body: CalendarIn) -> Created[CalendarOut]:
    """Declare a calendar in which the time of promises counts.

    Public holidays are looked up by a job; until it is done no policy can name the calendar.
    """
    return service.create_calendar(call, body)


@routes.get("/service/calendars", needs=READ, feature=SLA, listing=CALENDAR.listing)
def list_calendars(call: Call, query: ListQuery) -> Listed[CalendarOut]:
    """List the tenant's calendars."""
    return service.list_calendars(call, query)


@routes.get("/service/calendars/{calendar_id}", needs=READ, feature=SLA)
def get_calendar(call: Call, calendar_id: str) -> CalendarOut:
    """Read a calendar."""
    return service.calendar_out(service.get_calendar(call, calendar_id))


@routes.patch(
    "/service/calendars/{calendar_id}",
    needs=CONFIGURE,
    feature=SLA,
    examples={"a day off": {"days_off": ["2026-12-24", "2026-12-31"]}},
)
def update_calendar(call: Call, calendar_id: str, body: Patch[CalendarIn]) -> CalendarOut:
    """Change a calendar: what was counted stays counted, later seconds are counted by the new one.

    Clocks of open requests follow within a minute or two.
    """
    return service.update_calendar(call, calendar_id, body)
