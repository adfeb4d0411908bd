"""A service desk that keeps the promises of tests: calendars and policies over HTTP, at instants that a test says."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from modules.service_analysis.calendars.rules import HOUR, Calendar
from modules.service_analysis.calendars.service import DAYS
from tests.support.sla import CALENDARS, utc
from tests.support.visits import made


class StillClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        """Begin in the story's week."""
        self.now = utc("Mon 08:00")

    def __call__(self) -> datetime:
        """The instant that was said last."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move on; arguments as timedelta takes them."""
        self.now += timedelta(**by)


def calendar_body(name: str, calendar: Calendar) -> dict[str, Any]:
    """A calendar as a caller declares it."""
    week = None
    if calendar.week is not None:
        week = {
            day: [{"begins": _wall(each.begins), "ends": _wall(each.ends)} for each in shifts]
            for day, shifts in zip(DAYS, calendar.week, strict=True)
        }
    days_off = sorted(each.isoformat() for each in calendar.days_off)
    return {"name": name, "time_zone": calendar.zone, "week": week, "days_off": days_off}


def _wall(minute: int) -> str:
    return f"{minute // HOUR:02}:{minute % HOUR:02}"


class Desk:
    """One tenant's service desk, worked by one person."""

    def __init__(self, client: Any, clock: StillClock) -> None:
        """Begin without calendars and policies."""
        self.client, self.clock = client, clock
        self._calendars: dict[str, str | None] = {"24x7": None}

    def calendar(self, name: str) -> str | None:
        """The id of one of the calendars of tests/support/sla.py, declared when it is first asked for."""
        if name not in self._calendars:
            body = calendar_body(name, CALENDARS[name])
            self._calendars[name] = made(self.client.call("POST", "/v1/service/calendars", body))
        return self._calendars[name]

    def policy(self, name: str, targets: dict[str, tuple[str | int, str]], **asked: Any) -> str:
        """Promise something: by clock, a time and the name of a calendar."""
        said = {
            clock: {"within": within, "calendar_id": self.calendar(calendar)}
            for clock, (within, calendar) in targets.items()
        }
        return made(self.client.call("POST", "/v1/service/sla-policies", {"name": name, "targets": said, **asked}))

    def open(self, **said: Any) -> str:
        """Open a request."""
        body = {"title": "No signal", "type": "fault", "category": None, **said}
        return made(self.client.call("POST", "/v1/requests", body))

    def act(self, request: str, *actions: str, **more: Any) -> None:
        """Do something to a request."""
        for action in actions:
            answer = self.client.call("POST", f"/v1/requests/{request}/actions", {"action": action, **more})
            assert answer.status == HTTPStatus.OK, answer.text

    def write(self, request: str, entry_type: str) -> None:
        """Write a reply to the customer, or a message of theirs."""
        made(self.client.call("POST", f"/v1/requests/{request}/entries", {"type": entry_type, "text": "Hello"}))

    def change(self, path: str, **said: Any) -> dict[str, Any]:
        """Change something."""
        answer = self.client.call("PATCH", path, said)
        assert answer.status == HTTPStatus.OK, answer.text
        return dict(answer.body)

    def read(self, path: str, **headers: str) -> dict[str, Any]:
        """Read something."""
        answer = self.client.call("GET", path, **headers)
        assert answer.status == HTTPStatus.OK, answer.text
        return dict(answer.body)

    def request(self, request: str) -> dict[str, Any]:
        """The request."""
        return self.read(f"/v1/requests/{request}")

    def clocks(self, request: str) -> dict[str, dict[str, Any]]:
        """The request's clocks by name."""
        return {each["name"]: each for each in self.read(f"/v1/requests/{request}/clocks")["items"]}

    def warned(self, request: str) -> list[tuple[str, int]]:
        """The warnings in the request's history, oldest first."""
        items = self.read(f"/v1/requests/{request}/entries?type=step&limit=200")["items"]
        found = [each["details"] for each in reversed(items) if each["action"] == "warned"]
        return sorted((each["clock"], each["threshold"]) for each in found)
