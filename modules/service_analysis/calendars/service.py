"""Use cases of calendars, and the calendars that ledgers name."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import remind
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.calendars import errors
from modules.service_analysis.calendars.records import CalendarState, ServiceCalendar, week_kept
from modules.service_analysis.calendars.rules import HOUR, Calendar, CalendarRefused, Flaw, Shift, shift
from modules.service_analysis.calendars.schemas import CalendarIn, CalendarOut, CalendarWeek
from modules.service_analysis.kinds import CALENDAR

EVERY_HOUR: Final = "24x7"
"""What ledgers call the calendar of a promise that names none: every second counts."""
RETARGETING: Final = "service_analysis.retarget"
"""The timer behind which the clocks of all open requests follow what has changed."""
LOOKING_UP: Final = "service_analysis.look_up_holidays"
# All are read with the policies; one has up to 4 kB.
MOST: Final = 50
DAYS: Final = tuple(CalendarWeek.model_fields)
# Every process knows of the change by then (chalicelib/cached.py), and a commit on its way is in.
KNOWN_AFTER: Final = timedelta(seconds=10)
# A state never changes: what is kept is right for as long as it is kept.
FOR_LONG: Final = 3600.0
_states: Memory[Calendar] = Memory(size=1000)


def states(store: Store, state_ids: Iterable[str]) -> dict[str, Calendar]:
    """The calendars that ledgers name, by the names that those give them: a read for each not known here."""
    found = {EVERY_HOUR: Calendar("UTC", None)}
    for each in set(state_ids) - {EVERY_HOUR}:
        known = _states.recall((store.boundary, each), lambda of=each: _load(store, of), FOR_LONG)  # type: ignore[misc]
        if known is not None:
            found[each] = known
    return found


def all_of(store: Store) -> dict[str, ServiceCalendar]:
    """The tenant's calendars by id."""
    shelf = store.query_all(keys.shelf(store.boundary, CALENDAR.name))
    return {str(each.id): each for each in shelf if isinstance(each, ServiceCalendar)}


def calendar_out(record: ServiceCalendar) -> CalendarOut:
    """The calendar as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in CalendarOut.model_fields}
    values["time_zone"], values["week"] = record.zone, _week_out(record.week)
    values |= {name: values[name] or [] for name in ("days_off", "public_holidays")}
    values["revision"], values["version"] = int(record.revision), int(record.version)
    return CalendarOut.model_validate(values)


def create_calendar(call: Call, body: CalendarIn) -> Created[CalendarOut]:
    """A new calendar. Raises Invalid, StateConflict."""
    if len(all_of(call.store)) >= MOST:
        raise errors.too_many(MOST)
    record = ServiceCalendar.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    return Created(calendar_out(record), f"/v1/service/calendars/{record.id}")


def get_calendar(call: Call, calendar_id: str) -> ServiceCalendar:
    """The calendar of that id; raises NotFound."""
    record = call.store.get(ServiceCalendar, calendar_id)
    if record is None:
        raise NotFound
    return record


def list_calendars(call: Call, query: ListQuery) -> Listed[CalendarOut]:
    """A page of calendars."""
    page = list_records(call.store, ServiceCalendar, query)
    return Listed([calendar_out(each) for each in page.items], page.next_position, page.truncated)


def update_calendar(call: Call, calendar_id: str, body: Patch[CalendarIn]) -> CalendarOut:
    """Change a calendar: it has a new state from now on. Raises NotFound, Invalid."""
    record = get_calendar(call, calendar_id)
    current = calendar_out(record).model_dump(mode="json", include=set(CalendarIn.model_fields))
    call.check_version(record, {name: current.get(name) for name in body.touched})
    _fill(call, record, body.apply({name: value for name, value in current.items() if value is not None}))
    call.store.update(record)
    return calendar_out(record)


def put_in_force(store: Store, record: ServiceCalendar) -> None:
    """Stage the calendar's next state; the clocks that run by another one follow. Raises CalendarRefused."""
    said = record.as_said()
    record.revision = int(record.revision) + 1
    at = CalendarState.key_of(store.boundary, record.state_id)
    store.put(CalendarState.of(said).put_at(at), Action(at, condition=Item.pk.does_not_exist()))
    retarget_soon(store)


def retarget_soon(store: Store) -> None:
    """Let the clocks of open requests follow, once every process knows what has changed."""
    remind(store, RETARGETING, "policies", store.clock() + KNOWN_AFTER)


def _fill(call: Call, record: ServiceCalendar, body: CalendarIn) -> None:
    before = _counts_by(record)
    record.name, record.zone = body.name, body.time_zone or call.tenant.time_zone
    record.week = week_kept(_week(body.week)) if body.week else None
    record.days_off = sorted({each.isoformat() for each in body.days_off}) or None
    holidays = body.holidays.model_dump() if body.holidays else None
    asked = holidays != record.holidays
    if asked:
        record.holidays, record.public_holidays, record.holidays_until, record.job_id = holidays, None, None, None
    try:
        record.as_said()
    except CalendarRefused as wrong:
        raise errors.refused(wrong.flaw) from wrong
    if holidays and record.week is None:
        raise errors.refused(Flaw.DAYS_OFF_OF_24X7)
    if asked and holidays:
        # Until it is done the state that was in force stays so.
        record.job_id = start(call, LOOKING_UP, {"calendar_id": record.id}, counted="calendars").id
    elif before != _counts_by(record) and (record.public_holidays is not None or not holidays):
        put_in_force(call.store, record)


def _load(store: Store, state_id: str) -> tuple[str, Calendar] | None:
    state = store.get_item(CalendarState, CalendarState.key_of(store.boundary, state_id))
    return (store.boundary, state.as_rule()) if state else None


def _counts_by(record: ServiceCalendar) -> tuple[Any, ...]:
    held = record.held()
    return tuple(held.get(name) for name in ("zone", "week", "days_off", "holidays", "public_holidays"))


def _week(week: CalendarWeek) -> tuple[tuple[Shift, ...], ...]:
    return tuple(tuple(shift(each.begins, each.ends) for each in getattr(week, day)) for day in DAYS)


def _week_out(week: list[list[list[int]]] | None) -> CalendarWeek | None:
    if week is None:
        return None
    days = {
        day: [{"begins": _wall(one), "ends": _wall(two)} for one, two in shifts]
        for day, shifts in zip(DAYS, week, strict=True)
    }
    return CalendarWeek.model_validate(days)


def _wall(minute: float) -> str:
    return f"{int(minute) // HOUR:02}:{int(minute) % HOUR:02}"
