"""Routes that a signed link opens: forged, expired, for another purpose, of another tenant, used twice."""

from datetime import timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.access.links import LinkToken, new_nonce, sign
from chalicelib.access.needs import Link
from tests.security.deployment import ROUTES
from tests.security.places import named, texts
from tests.security.spy import spying

LINKS = [route for route in ROUTES if isinstance(route.needs, Link)]


def link_of(place, route, **changed):
    """A link signed by the deployment's own keys for the tenant's invited user, but for what is changed."""
    values = {
        "purpose": route.needs.purpose,
        "tenant_id": place.id,
        "record_id": place.document["admin_user_id"],
        "expires_at": place.deployment.now() + timedelta(hours=1),
        "nonce": new_nonce(),
    }
    return sign(changed.pop("keyring", place.deployment.keyring), LinkToken(**(values | changed)))


def refused(place, route, link):
    with spying() as spy:
        answer = place.ask(route, {"link": link}, by="")
    assert (answer.status, answer.code) == (404, "not_found"), answer.text
    assert not spy.writes
    return spy


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_forged_bent_and_misdirected_links__404_without_a_single_read(north, route):
    good = north.document["invitation"]["link"]
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
        link_of(north, route, keyring=others),
        link_of(north, route, purpose="survey"),
        link_of(north, route, expires_at=expired),
    ):
        assert not refused(north, route, link).calls


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_that_the_record_does_not_name__404(north, route):
    """Signed by us and withdrawn since: the user's record names one invitation only."""
    assert not refused(north, route, link_of(north, route)).strays(north.id)


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_for_another_tenants_user__404_and_no_read_beside_its_own_tenant(north, south, route):
    link = link_of(north, route, record_id=south.document["admin_user_id"])
    assert not refused(north, route, link).strays(north.id)


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_of_a_tenant_that_does_not_exist__refused(north, route):
    answer = north.ask(route, {"link": link_of(north, route, tenant_id="tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV")}, by="")
    assert answer.status in {401, 404}


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_another_tenants_link_with_an_own_credential__acts_in_the_links_tenant_alone(world, north, south, route):
    """A link is its own credential: who presents it counts for nothing."""
    user = south.invited("viewer")
    with spying() as spy:
        answer = north.ask(route, {"link": user["invitation"]["link"]})
    assert answer.status in route.answer.statuses, answer.text
    assert not set(texts(answer.body)) & {north.id, north.root_unit}
    assert not [each for each in spy.partitions() if each.startswith(f"{north.id}#")]


@pytest.mark.parametrize("route", LINKS, ids=named)
def test_a_link_used_twice__its_effect_stays_one(north, route):
    user = north.invited("viewer")
    link = user["invitation"]["link"]
    body = north.body(route)
    first = north.ask(route, {"link": link}, by="", body=body)
    assert first.status in route.answer.statuses, first.text
    other = {**body, "token": north.deployment.token("somebody else")} if "token" in body else body
    with spying() as spy:
        again = north.ask(route, {"link": link}, by="", body=other)
    assert (again.status, again.code) == (409, "state_conflict"), again.text
    assert not spy.writes
    assert "api_key" not in again.body


@pytest.mark.parametrize("route", LINKS, ids=named)
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
