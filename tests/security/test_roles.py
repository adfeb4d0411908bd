"""Role × route: allowed exactly when the role holds the permission, else 403 without data and without a write."""

from fnmatch import fnmatchcase

import pytest

from chalicelib.web.routes import permission_of
from tenants.roles import NEVER_IN_A_KEY, ROLES
from tests.security.deployment import CATALOGUE
from tests.security.places import FOR_OPERATORS, FOR_TENANTS, like, named, unknown
from tests.security.spy import spying


def holds(role, permission):
    """What the role's own data says, read anew: a permission of the platform's is nobody's in a tenant."""
    said = ROLES[role]
    granted = any(fnmatchcase(permission, each) for each in said.granted)
    refused = any(fnmatchcase(permission, each) for each in said.refused)
    return granted and not refused and not permission.startswith("platform:")


def refused(answer, spy, permission):
    assert (answer.status, answer.code) == (403, "permission_denied"), answer.text
    assert answer.body["permission"] == permission
    assert answer.body.keys() == {"type", "title", "status", "detail", "instance", "code", "request_id", "permission"}
    assert not spy.writes
    return True


@pytest.mark.parametrize("route", [*FOR_TENANTS, *FOR_OPERATORS], ids=named)
def test_a_role_gets_through_exactly_when_it_holds_the_permission(crowded, route):
    permission = permission_of(route)
    for role in ROLES:
        with spying() as spy:
            answer = crowded.ask(
                route, unknown(route), by=crowded.person(role)[1], body=crowded.body(route) if route.body else None
            )
        if not holds(role, permission):
            assert refused(answer, spy, permission), role
        else:
            assert answer.status not in {401, 403}, (role, answer.text)
            assert answer.status < 500, role
        assert not spy.strays(crowded.id), role


def test_what_must_never_be_granted_is_granted_to_nobody_but_the_admin():
    """Written out, since the matrix above believes the roles' own data."""
    for role in ROLES:
        held = {each for each in CATALOGUE.permissions() if holds(role, each)}
        assert not {each for each in held if each.startswith("platform:")}
        if role != "admin":
            assert not held & {"keys:read", "keys:write", "users:write", "tenant:admin", "contacts:configure"}
        if role in {"viewer", "analyst"}:
            assert not {each for each in held if not each.endswith(":read")}
        if role not in {"admin", "department_manager"}:
            assert "contacts:delete" not in held
        if role in {"viewer", "analyst", "marketer", "partner_manager", "partner_user"}:
            assert "contacts:read_sensitive" not in held


@pytest.mark.parametrize("route", FOR_TENANTS, ids=named)
def test_a_platform_operator_on_a_tenants_route__403_and_nothing_is_read(north, route):
    with spying() as spy:
        answer = north.ask(route, by=north.deployment.operator)
    assert refused(answer, spy, permission_of(route))
    assert not spy.calls


@pytest.mark.parametrize("route", FOR_OPERATORS, ids=named)
def test_a_tenants_admin_on_an_operators_route__the_same_403_for_the_own_and_another_tenant(north, south, route):
    for place in (north, south):
        with spying() as spy:
            answer = place.ask(route, by=north.admin)
        assert refused(answer, spy, permission_of(route))
        assert not spy.strays(north.id)


KEYED = [route for route in FOR_TENANTS if not any(fnmatchcase(permission_of(route), each) for each in NEVER_IN_A_KEY)]


@pytest.mark.parametrize("route", KEYED, ids=named)
def test_an_api_key_without_the_permission__403__with_it_alone__through(north, route):
    permission = permission_of(route)
    possible = {permission_of(each) for each in KEYED} | {"contacts:read_sensitive"}
    lacking, holding = north.key(*sorted(possible - {permission})), north.key(permission)
    body = north.body(route) if route.body else None
    for each in (lacking, holding):
        north.deployment.call("GET", "/v1/me", by=each)  # the key's first use is noted, which is a write
    with spying() as spy:
        answer = north.ask(route, unknown(route), by=lacking, body=body)
    assert refused(answer, spy, permission)
    answer = north.ask(route, unknown(route), by=holding, body=body)
    assert answer.status not in {401, 403}, answer.text


@pytest.fixture(scope="module")
def own_role(crowded):
    """A role of the tenant's own that changes its permissions, and somebody who has it."""
    call, admin = crowded.deployment.call, crowded.admin
    titles = {"en": "One thing", "zh": "单项"}
    body = {"name": "one_thing", "titles": titles, "default_reach": "all", "permissions": ["contacts:read"]}
    made = call("POST", "/v1/roles", body, by=admin)
    assert made.status == 201, made.text
    token = crowded.person("one_thing")[1]

    def holds_now(permissions):
        answer = call("PATCH", f"/v1/roles/{made.body['id']}", {"permissions": sorted(permissions)}, by=admin)
        assert answer.status == 200, answer.text
        return token

    return holds_now


@pytest.mark.parametrize("route", FOR_TENANTS, ids=named)
def test_an_own_role_without_the_permission__403__with_it_alone__through(crowded, own_role, route):
    permission = permission_of(route)
    possible = {each for each in CATALOGUE.permissions() if not each.startswith("platform:")}
    body = crowded.body(route) if route.body else None
    lacking = own_role(possible - {permission})
    with spying() as spy:
        answer = crowded.ask(route, unknown(route), by=lacking, body=body)
    assert refused(answer, spy, permission)
    answer = crowded.ask(route, unknown(route), by=own_role({permission}), body=body)
    assert answer.status not in {401, 403}, answer.text


@pytest.mark.parametrize(
    "scope", ["keys:read", "keys:write", "users:write", "platform:tenants", "contacts:everything", "*"]
)
def test_a_scope_that_no_key_may_hold__422_and_no_key(north, scope):
    body = {"name": "too much", "scopes": ["contacts:read", scope]}
    with spying() as spy:
        answer = north.deployment.call("POST", "/v1/api-keys", body, by=north.admin)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/scopes/1")
    assert not spy.writes


@pytest.mark.parametrize("scopes", [("contacts:read",), ("contacts:read", "tenant:admin", "org_units:write")])
def test_a_key__can_neither_see_nor_make_nor_revoke_credentials(north, scopes):
    key = north.key(*scopes)
    for route in FOR_TENANTS:
        if permission_of(route) in {"keys:read", "keys:write", "users:write"}:
            answer = north.ask(route, by=key)
            assert (answer.status, answer.code) == (403, "permission_denied"), named(route)


def test_a_batch__its_delete_needs_the_permission_to_delete(north):
    """The route needs contacts:write; an operation inside it may need more."""
    contact = north.made["/v1/contacts"][1]["id"]
    body = {"operations": [{"op": "delete", "id": contact}, {"op": "delete", "id": like(contact)}]}
    token = north.person("area_manager")[1]
    for query in ("", "?atomic=true"):
        with spying() as spy:
            answer = north.deployment.call("POST", f"/v1/contacts/batch{query}", body, by=token)
        assert "permission_denied" in answer.text
        assert not spy.writes
        if not query:
            assert [each["status"] for each in answer.body["results"]] == [403, 403]
    assert north.deployment.call("GET", f"/v1/contacts/{contact}", by=north.admin).status == 200


def test_nobody_invites_into_more_than_they_are(north):
    """The first key may invite people, so it is the one that could climb: it can't invite an admin."""
    key = north.deployment.call("POST", f"/v1/invitations/{north.link}/api-key", {}).body["api_key"]
    body = {"name": "Climber", "email": "climber@example.com", "role": "admin"}
    answer = north.deployment.call("POST", "/v1/users", body, by=key)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "beyond_yours")
