"""Switching while it is used: two warm processes, eight threads; no 5xx, and after the bound every call obeys.

The processes share the engine and nothing else; how old their memories are is in the test's hand.
"""

import threading
from datetime import timedelta
from itertools import count

import pytest

from tests.support.application import Client
from tests.support.control_plane import RealHouse
from tests.support.visits import visit

THREADS = 8
ROUNDS = 6
LINES = "/v1/modules/contacts/features/lines"
VISITS = "/v1/modules/visits/subscription"


@pytest.fixture
def houses(whole, clock):
    """The process that the switches are sent to, and another one."""
    return whole.house, RealHouse(clock)


@pytest.fixture
def admin(houses):
    return houses[0].onboard(["contacts", "visits"])


class Callers:
    """Threads that call all the time, half of them in each process; each keeps what it was answered, in order."""

    def __init__(self, houses, admin, calls):
        self._calls = calls
        self._clients = [Client(house.application, admin.tenant_id, admin.key) for house in houses]
        self._stop = threading.Event()
        self._answered = threading.Condition()
        self._numbers = count(1)
        self.answers = []  # (number of the call's beginning, process, status, code)
        self._threads = [threading.Thread(target=self._call, args=(each % 2,)) for each in range(THREADS)]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for each in self._threads:
            each.join()

    def _call(self, process):
        while not self._stop.is_set():
            for method, path, body in self._calls:
                began = next(self._numbers)
                answer = self._clients[process].call(method, path, body)
                with self._answered:
                    self.answers.append((began, process, answer.status, answer.code if answer.status >= 400 else ""))
                    self._answered.notify_all()
                self._stop.wait(0.01)  # or a slow machine's calls are over the tenant's rate

    def until_called(self, processes=(0, 1), times=THREADS):
        """Wait until each of the processes has answered some calls that begin from now on; those answers."""
        start = next(self._numbers)

        def since(process):
            return [each for each in self.answers if each[0] > start and each[1] == process]

        with self._answered:
            self._answered.wait_for(lambda: all(len(since(each)) >= times for each in processes))
            return [each for process in processes for each in since(process)]


def codes(answers):
    return {code for *_, code in answers}


def test_a_feature_is_toggled_under_8_threads__no_5xx__and_each_call_obeys_after_the_bound(houses, admin, clock):
    contact = admin.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    calls = [("GET", f"/v1/contacts/{contact}/lines", None)]
    with Callers(houses, admin, calls) as callers:
        callers.until_called()
        for number in range(ROUNDS):
            enabled = bool(number % 2)
            switched = admin.call("PUT", LINES, {"enabled": enabled, "reason": f"round {number}"})
            assert switched.status == 200, switched
            expected = {"" if enabled else "feature_disabled"}
            assert codes(callers.until_called((0,))) == expected  # at once where it was switched
            clock.advance(seconds=5)
            assert codes(callers.until_called()) == expected
    assert {status for _, _, status, _ in callers.answers} == {200, 403}


def test_a_module_is_toggled_under_8_threads__no_5xx_but_while_it_catches_up(whole, houses, admin, clock):
    with Callers(houses, admin, [("GET", "/v1/visits", None)]) as callers:
        for _ in range(2):
            callers.until_called()
            assert admin.call("DELETE", VISITS).status == 204
            assert codes(callers.until_called((0,))) == {"module_not_enabled"}
            clock.advance(seconds=5)
            assert codes(callers.until_called()) == {"module_not_enabled"}
            assert admin.call("PUT", VISITS, {}).body["state"] == "activating"
            assert codes(callers.until_called((0,))) == {"module_activating"}
            whole.work()
            assert codes(callers.until_called((0,))) == {""}
            clock.advance(seconds=5)
            assert codes(callers.until_called()) == {""}
    assert codes(callers.answers) == {"", "module_not_enabled", "module_activating"}
    assert {status for _, _, status, _ in callers.answers} == {200, 403, 503}


def test_a_module_lapses_under_8_threads__reads_go_on__changes_are_refused_from_that_instant(houses, admin, clock):
    contact = admin.call("POST", "/v1/contacts", {"name": "José"}).body["id"]
    ends_at = clock() + timedelta(minutes=10)
    assert admin.call("PUT", VISITS, {"ends_at": ends_at.isoformat()}).status == 200
    reading, writing = ("GET", "/v1/visits", None), ("POST", "/v1/visits", visit(contact))
    with Callers(houses, admin, [reading]) as readers, Callers(houses, admin, [writing]) as writers:
        assert codes(writers.until_called()) == {""}
        clock.advance(minutes=10)
        assert codes(writers.until_called()) == {"module_read_only"}
        assert codes(readers.until_called()) == {""}
    assert {status for _, _, status, _ in readers.answers} == {200}
    assert {status for _, _, status, _ in writers.answers} == {201, 403}


def test_a_kill_switch_under_8_threads__closes_every_tenant_in_every_process(houses, admin, clock):
    operator = houses[0].operator()
    with Callers(houses, admin, [("GET", "/v1/visits", None)]) as callers:
        callers.until_called()
        assert operator.call("PUT", "/v1/kill-switches/visits", {"reason": "broken"}).status == 200
        assert codes(callers.until_called((0,))) == {"module_not_enabled"}
        clock.advance(seconds=5)
        assert codes(callers.until_called()) == {"module_not_enabled"}
        assert operator.call("DELETE", "/v1/kill-switches/visits").status == 204
        assert codes(callers.until_called((0,))) == {""}
    assert {status for _, _, status, _ in callers.answers} == {200, 403}
