"""Calendars as stored: what somebody has said of each, on one shelf, and every state that one has had."""

from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.service_analysis.calendars.rules import Calendar, Shift
from modules.service_analysis.kinds import CALENDAR, CALENDAR_STATE

Week = list[list[list[int]]]


class ServiceCalendar(Record, discriminator="service_calendar"):
    """What somebody has said of a calendar. ``revision`` names its present state; 0: it has none yet.

    ``week`` holds the shifts of each day, Monday first, in minutes since midnight; None: every second counts.
    ``holidays`` names a country and a part of it, ``public_holidays`` their dates as far as they were looked up, up to
    the end of ``holidays_until``, a year. ``job_id`` is the job that looks them up.
    """

    KIND = CALENDAR

    name = UnicodeAttribute()
    zone = UnicodeAttribute()
    week = JsonAttribute(null=True)
    days_off = JsonAttribute(null=True)
    holidays = JsonAttribute(null=True)
    public_holidays = JsonAttribute(null=True)
    holidays_until = NumberAttribute(null=True)
    job_id = UnicodeAttribute(null=True)
    revision = NumberAttribute(default=0)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of calendars."""
        return keys.shelved(tenant, CALENDAR.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of calendars."""
        return self.key_of(tenant, self.id)

    @property
    def state_id(self) -> str:
        """What a ledger calls its present state."""
        return f"{self.id}.{int(self.revision)}"

    def as_said(self) -> Calendar:
        """The calendar with all days off that are known. Raises CalendarRefused."""
        return calendar_of(str(self.zone), self.week, [*(self.days_off or ()), *(self.public_holidays or ())])


class CalendarState(Item, discriminator="service_calendar_state"):
    """A calendar as it was from one change to the next; nobody changes it."""

    zone = UnicodeAttribute()
    week = JsonAttribute(null=True)
    days_off = JsonAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, state_id: str) -> Key:
        """Beside all other states."""
        return keys.shelved(tenant, CALENDAR_STATE.name, *state_id.split("."))

    @classmethod
    def of(cls, said: Calendar) -> "CalendarState":
        """A state to be kept."""
        days = sorted(each.isoformat() for each in said.days_off)
        return cls(zone=said.zone, week=week_kept(said.week), days_off=days or None)

    def as_rule(self) -> Calendar:
        """The calendar to count by."""
        return calendar_of(str(self.zone), self.week, self.days_off or [])


def week_kept(week: tuple[tuple[Shift, ...], ...] | None) -> Week | None:
    """A week as it is stored."""
    return None if week is None else [[[each.begins, each.ends] for each in day] for day in week]


def calendar_of(zone: str, week: Any, days_off: list[str]) -> Calendar:
    """The calendar of what is stored. Raises CalendarRefused."""
    shifts = None if week is None else tuple(tuple(Shift(int(one), int(two)) for one, two in day) for day in week)
    return Calendar(zone, shifts, frozenset(map(date.fromisoformat, days_off)))
