"""SLA clocks over HTTP, right to the second: the stories of tests/unit/service_analysis/clocks.txt, told by actions."""

from datetime import datetime
from itertools import product

import pytest

from modules.service_analysis.kinds import PRIORITIES, SEVERITIES
from modules.service_analysis.ledgers.rules import Clock
from tests.support.sla import seconds, utc
from tests.support.sla_desk import Desk, StillClock
from tests.unit.service_analysis.test_clocks import story_lines

pytestmark = pytest.mark.integration

# Nobody can declare a promise of no time.
NOT_OVER_HTTP = {"a promise of no time"}


@pytest.fixture
def clock():
    return StillClock()


class Told:
    """A story as it is told over HTTP: each aim is the promise for requests of one severity and priority."""

    def __init__(self, desk, clock, acts):
        self._desk, self._clock = desk, clock
        self._how = {}
        words = [line.split() for line in acts]
        aims = dict.fromkeys(tuple(each[3:5]) for each in words if each[2] in {"start", "retarget"})
        for (calendar, within), (severity, priority) in zip(aims, product(SEVERITIES, PRIORITIES), strict=False):
            self._how[(calendar, within)] = {"severity": severity, "priority": priority}
            asked = {"severities": [severity], "priorities": [priority]}
            desk.policy(within, {clock: (seconds(within), calendar)}, **asked)
        self.request, self._waits = "", False

    def tell(self, line):
        day, time, act, *rest = line.split()
        self._desk.clock.now = utc(f"{day} {time}")
        if act in {"start", "retarget"} and self.request:
            self._desk.change(f"/v1/requests/{self.request}", **self._how[tuple(rest)])
        getattr(self, f"_{act}")(*rest)

    def _start(self, *aim):
        if not self.request:
            self.request = self._desk.open(**self._how[aim])
            self._desk.act(self.request, "take", "start")
            if self._clock is Clock.NEXT_RESPONSE:
                for each in ("reply", "message"):
                    self._desk.write(self.request, each)
        else:
            self._desk.act(self.request, "reopen", "start")

    def _retarget(self, *_):
        """The request's priority has changed already."""

    def _pause(self):
        self._desk.act(self.request, "wait", pending_on="supplier")
        self._waits = True

    def _resume(self):
        self._desk.act(self.request, "resume")
        self._waits = False

    def _stop(self):
        if self._waits:
            self._resume()
        self._desk.act(self.request, "resolve")

    def _warn(self, _):
        """Timers fire in tests/integration/test_sla.py."""


def test_clocks__as_the_stories_tell_them__right_to_the_second(behind, clock):
    told = 0
    for name, which, acts, end in story_lines():
        if name in NOT_OVER_HTTP:
            continue
        clock.now = utc("Mon 08:00")
        tenant = behind.house.client().tenant_id
        desk = Desk(behind.house.client(tenant, user="usr_ann"), clock)
        story = Told(desk, which, acts)
        for each in acts:
            story.tell(each)
        clock.now = utc(end["now"])
        (found,) = desk.clocks(story.request).values()
        assert (found["clock"], found["state"]) == (which, end["state"]), name
        assert (found["elapsed"], found["remaining"]) == (seconds(end["counted"]), seconds(end["left"])), name
        assert _instant(found["due_at"]) == (end["due"] and utc(end["due"])), name
        assert _instant(found["breached_since"]) == (end["broken"] and utc(end["broken"])), name
        path = f"/v1/requests/{story.request}/clocks/{found['name']}"
        lines = desk.read(path)["lines"]
        assert sum(each["counted"] for each in lines) == found["elapsed"], name
        told += 1
    assert told >= 55


def _instant(text):
    return datetime.fromisoformat(text) if text else None
