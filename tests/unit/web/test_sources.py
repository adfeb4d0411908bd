"""chalicelib/web/sources.py: a unit's routes come with the first request to it, and no other unit's."""

import threading

import pytest

from chalicelib.access.gate import Gate
from chalicelib.access.needs import Public
from chalicelib.call import Call
from chalicelib.clock import utc_now
from chalicelib.settings import Settings
from chalicelib.web.app import Application
from chalicelib.web.results import Plain
from chalicelib.web.routes import Routes
from chalicelib.web.sources import RouteSource, first_segment
from tests.support.limits import unhurried
from tests.support.onboarded import proxy_event
from tests.support.throw_away import CATALOGUE, SECRET

alpha, beta = Routes("alpha"), Routes("beta")


@alpha.get("/alphas", needs=Public("for the test"))
def see_alphas(call: Call) -> Plain:
    """See."""
    return Plain("alpha", "text/plain")


@beta.get("/betas/{beta_id}", needs=Public("for the test"))
def see_beta(call: Call, beta_id: str) -> Plain:
    """See."""
    return Plain(beta_id, "text/plain")


class House:
    """An application of three units, and what has been loaded of them."""

    def __init__(self, units="all"):
        self.loaded = []
        settings = Settings(secret_keys=[SECRET], units=units)
        source = RouteSource({"alphas": "alpha", "betas": "beta", "gammas": "broken"}, self.load)
        # Public routes with no credential ask it for nothing.
        gate = Gate(None, None, None, utc_now, unhurried())
        self.application = Application(settings, CATALOGUE, gate, source)

    def load(self, unit):
        self.loaded.append(unit)
        if unit == "broken":
            raise ImportError(unit)
        return {"alpha": alpha, "beta": beta}[unit].declared

    def status(self, path, method="GET"):
        return self.application(proxy_event(method, path), None)["statusCode"]


def test_a_path_that_nobody_owns_loads_nothing():
    house = House()
    assert [house.status(path) for path in ("/", "/v1", "/v1/deltas", "/v1//alphas", "/alpha", "//")] == [404] * 6
    assert house.loaded == []


def test_a_unit_that_is_not_served_is_not_there():
    house = House("alpha")
    assert house.status("/v1/betas/1") == 404
    assert "beta" not in house.loaded


def test_a_process_of_named_units_loads_them_at_its_start():
    assert House("alpha,beta").loaded == ["alpha", "beta"]


def test_a_unit_that_cannot_be_loaded_is_an_error_of_its_own_requests():
    house = House()
    assert [house.status("/v1/gammas"), house.status("/v1/gammas")] == [500, 500]
    assert house.loaded == ["broken", "broken"]


def test_a_unit_is_loaded_once_by_many_first_requests():
    house = House()
    start, found = threading.Barrier(8), []

    def ask():
        start.wait()
        found.append(house.status("/v1/alphas", "OPTIONS"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [204] * 8
    assert house.loaded == ["alpha"]
    assert list(house.application.chalice.routes) == ["/v1/alphas"]


@pytest.mark.parametrize(
    ("path", "segment"),
    [("/v1/contacts/1", "contacts"), ("/docs/start.js", "docs"), ("/v1", ""), ("/v1x/contacts", "v1x"), ("", "")],
)
def test_the_segment_after_the_version_says_whose_a_path_is(path, segment):
    assert first_segment(path) == segment
