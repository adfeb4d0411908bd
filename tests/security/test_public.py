"""Routes that are open to everybody: they refuse a bad credential, and give an anonymous caller no door to any data."""

import pytest

from chalicelib.access.needs import Public
from chalicelib.access.principal import ANONYMOUS
from chalicelib.store.keys import PLATFORM
from tests.security.deployment import ROUTES
from tests.security.places import named, texts
from tests.security.spy import spying

PUBLIC = [route for route in ROUTES if isinstance(route.needs, Public)]


@pytest.mark.parametrize("route", PUBLIC, ids=named)
def test_a_bad_credential__401_though_none_is_needed(north, route):
    answer = north.ask(route, by="sbk_nonsense")
    assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize("route", PUBLIC, ids=named)
def test_no_credential__says_nothing_of_any_tenant_and_reads_nothing(world, north, route):
    with spying() as spy:
        answer = north.ask(route, by="")
    assert answer.status == (401 if named(route) == "get_me" else 200)
    assert not spy.calls
    shown = set(texts(answer.body if answer.text.startswith("{") else {}))
    assert not shown & (world.secrets | {north.id})


@pytest.mark.parametrize("route", PUBLIC, ids=named)
def test_an_own_credential__says_nothing_of_another_tenant(world, north, route):
    with spying() as spy:
        answer = north.ask(route)
    assert answer.status == 200
    assert not spy.strays(north.id)
    assert not set(texts(answer.body if answer.text.startswith("{") else {})) & world.secrets


def test_an_anonymous_caller__has_no_door_to_the_platforms_keys():
    """The platform's door opens every tenant: nobody without a credential may stand in it."""
    assert ANONYMOUS.tenant_id != PLATFORM
