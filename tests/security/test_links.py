"""Routes that a signed link opens: forged, expired, for another purpose, of another tenant, used twice."""

from datetime import timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.access.links import LinkToken, new_nonce, sign
from chalicelib.access.needs import Link
from tests.security.deployment import ROUTES
from tests.security.places import named, texts
from tests.security.recipes import LINKS as RECIPES
from tests.security.spy import spying

LINKS = [route for route in ROUTES if isinstance(route.needs, Link)]
ONCE = [route for route in LINKS if not route.reads]
INVITATIONS = [route for route in LINKS if route.needs.purpose == "invitation"]


def link_of(place, route, **changed):
    """A link signed by the deployment's own keys for a record that has another one, but for what is changed."""
    values = {
        "purpose": route.needs.purpose,
        "tenant_id": place.id,
        "record_id": changed.get("record_id") or made_for(place, route)[1],
        "expires_at": place.deployment.now() + timedelta(hours=1),
        "nonce": new_nonce(),
    }
    return sign(changed.pop("keyring", place.deployment.keyring), LinkToken(**(values | changed)))


def others_than(route):
    """All other purposes that links are signed for, and one that none is."""
    return [*sorted({each.needs.purpose for each in LINKS} - {route.needs.purpose}), "calendar"]


def made_for(place, route):
    """A new link that this route opens, and the id of the record that it is for."""
    return RECIPES[route.needs.purpose](place)


def refused(place, route, link):
    with spying() as spy:
        answer = place.ask(route, {"link": link}, by="")
    assert (answer.status, answer.code) == (404, "not_found"), answer.text
    assert not spy.writes
    return spy


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_forged_bent_and_misdirected_links__404_without_a_single_read(north, route):
    good, record = made_for(north, route)
    others = Keyring(["B" * 43 + "="])
    expired = north.deployment.now() - timedelta(seconds=1)
    bent = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]
    for link in (
        bent,
        good[:-1],
        good + "A",
        "lnk_" + "A" * 100,
        "lnk_",
        "sbk_" + good[4:],
        "x" * 255,
        link_of(north, route, record_id=record, keyring=others),
        *(link_of(north, route, record_id=record, purpose=each) for each in others_than(route)),
        link_of(north, route, record_id=record, expires_at=expired),
    ):
        assert not refused(north, route, link).calls


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_that_the_record_does_not_name__404(north, route):
    """Signed by us and withdrawn since: the record names one link only."""
    assert not refused(north, route, link_of(north, route)).strays(north.id)


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_for_another_tenants_record__404_and_no_read_beside_its_own_tenant(north, south, route):
    link = link_of(north, route, record_id=made_for(south, route)[1])
    assert not refused(north, route, link).strays(north.id)


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_of_a_tenant_that_does_not_exist__refused(north, route):
    answer = north.ask(route, {"link": link_of(north, route, tenant_id="tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV")}, by="")
    assert answer.status in {401, 404}


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_another_tenants_link_with_an_own_credential__acts_in_the_links_tenant_alone(world, north, south, route):
    """A link is its own credential: who presents it counts for nothing."""
    link, _ = made_for(south, route)
    with spying() as spy:
        answer = north.ask(route, {"link": link})
    assert answer.status in route.answer.statuses, answer.text
    assert not set(texts(answer.body)) & {north.id, north.root_unit}
    assert not [each for each in spy.partitions() if each.startswith(f"{north.id}#")]


@pytest.mark.parametrize("route", ONCE, ids=named)
def test_a_link_used_twice__its_effect_stays_one(north, route):
    link, _ = made_for(north, route)
    body = north.body(route)
    first = north.ask(route, {"link": link}, by="", body=body)
    assert first.status in route.answer.statuses, first.text
    other = {**body, "token": north.deployment.token("somebody else")} if "token" in body else body
    with spying() as spy:
        again = north.ask(route, {"link": link}, by="", body=other)
    assert (again.status, again.code) == (409, "state_conflict"), again.text
    assert not spy.writes
    assert "api_key" not in again.body


@pytest.mark.parametrize("route", INVITATIONS, ids=named)
def test_the_link_of_a_deactivated_user__404(north, route):
    user = north.invited("viewer")
    north.deployment.call("POST", f"/v1/users/{user['id']}/deactivate", by=north.admin)
    refused(north, route, user["invitation"]["link"])


def test_a_key_that_a_key_invited__is_refused(north):
    """A key never mints credentials, not by way of an invitation either."""
    answer = north.deployment.call("POST", f"/v1/invitations/{north.link}/api-key", {})
    body = {"name": "P", "email": "invited.by.key@example.com", "role": "viewer"}
    invited = north.deployment.call("POST", "/v1/users", body, by=answer.body["api_key"])
    assert invited.status == 201, invited.text
    taken = north.deployment.call("POST", f"/v1/invitations/{invited.body['invitation']['link']}/api-key", {})
    assert (taken.status, taken.code) == (409, "state_conflict")
    grand = north.deployment.call(
        "POST", "/v1/users", body | {"email": "a@example.com", "role": "admin"}, by=answer.body["api_key"]
    )
    assert (grand.status, grand.code) == (422, "invalid")
