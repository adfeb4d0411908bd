"""Public holidays, resolved into dates by a job and again each year."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from chalicelib.access.principal import ANONYMOUS
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.store.scope import EVERYTHING
from modules.service_analysis.calendars import errors
from modules.service_analysis.calendars.records import ServiceCalendar
from modules.service_analysis.calendars.rules import CalendarRefused, public_holidays
from modules.service_analysis.calendars.service import LOOKING_UP, put_in_force

RENEWAL: Final = "service_analysis.renew_holidays"
# The year before, since clocks that run may have begun in it, and two to come: targets are weeks, and what is decreed
# for later years is not known yet.
YEARS_BACK: Final = 1
YEARS_AHEAD: Final = 2


def look_up_step(work: Work) -> Step:
    """Look up the public holidays of one calendar, and put them in force. Raises Invalid: the job says why."""
    store = replace(work.call.store, scope=EVERYTHING)
    record = store.get(ServiceCalendar, work.params["calendar_id"])
    if record is None or not record.holidays:
        return Step(done=1, finished=True)
    year = work.call.now.year
    last = year + YEARS_AHEAD
    try:
        found = public_holidays(
            record.holidays["country"], record.holidays["subdivision"], range(year - YEARS_BACK, last + 1)
        )
    except CalendarRefused as wrong:
        raise errors.refused(wrong.flaw) from wrong
    dates = sorted(each.isoformat() for each in found)
    if dates != record.public_holidays:
        record.public_holidays = dates
        put_in_force(store, record)
    record.holidays_until = last
    remind(store, RENEWAL, record.id, datetime(year + 1, 1, 1, tzinfo=UTC), record, versioned=False)
    store.update(record)
    return Step(done=1, finished=True, result={"public_holidays": len(dates)})


def renew(firing: Firing) -> None:
    """Look the holidays of a further year up."""
    record = firing.record
    if isinstance(record, ServiceCalendar) and record.holidays:
        everywhere = replace(firing.store, scope=EVERYTHING)
        start_for(everywhere, ANONYMOUS, LOOKING_UP, {"calendar_id": record.id}, counted="calendars")
