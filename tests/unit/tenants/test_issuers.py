"""A tenant's own issuers: who may not, whose they are, which URLs; and that the gate believes them for one tenant."""

import pytest

from tests.unit.tenants.conftest import ISSUER

OWN = {"url": "https://id.north.example.com/", "jwks_url": "https://id.north.example.com/jwks", "audience": "north"}


def registered(world, tenant, **more):
    answer = world.call("POST", "/v1/issuers", OWN | more, by=tenant.admin)
    assert answer.status == 201, answer.body
    return answer.body


def own_token(world, subject="ann", **claims):
    return world.token(subject, **{"iss": OWN["url"], "aud": OWN["audience"]} | claims)


def test_issuers__a_key_and_other_roles__are_refused(world, north):
    made = registered(world, north)
    calls = [("GET", "/v1/issuers"), ("GET", f"/v1/issuers/{made['id']}"), ("DELETE", f"/v1/issuers/{made['id']}")]
    for caller in (north.key, north.person("director")[1], north.person("integrator")[1], north.person("viewer")[1]):
        for method, path in calls:
            assert world.call(method, path, by=caller).status == 403
        assert world.call("POST", "/v1/issuers", OWN | {"url": "https://x.example.com/"}, by=caller).status == 403
    body = {"name": "k", "scopes": ["issuers:write"]}
    assert world.call("POST", "/v1/api-keys", body, by=north.admin).body["errors"][0]["code"] == "not_for_keys"


def test_issuers__another_tenants__are_not_there_and_can_not_be_taken(world, north, south):
    made = registered(world, north)
    assert world.call("GET", "/v1/issuers", by=south.admin).body["items"] == []
    for method in ("GET", "DELETE"):
        assert world.call(method, f"/v1/issuers/{made['id']}", by=south.admin).status == 404
    taken = world.call("POST", "/v1/issuers", OWN | {"audience": "south"}, by=south.admin)
    assert (taken.status, taken.body["code"]) == (409, "issuer_taken")
    assert north.id not in str(taken.body)
    assert world.call("GET", f"/v1/issuers/{made['id']}", by=north.admin).status == 200


def test_issuers__the_platforms_own__can_not_be_taken(world, north):
    assert world.call("POST", "/v1/issuers", OWN | {"url": ISSUER}, by=north.admin).body["code"] == "issuer_taken"


@pytest.mark.parametrize("name", ["url", "jwks_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com/", "https://localhost/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://10.1.2.3/",
        "https://[::1]/", "https://[::ffff:7f00:1]/", "https://2130706433/", "https://0x7f.1/", "https://idp/", "ftp://x.example.com/",
        "https://a@id.example.com/", "https://id.example.com/#x", "https://idp.internal/",
    ],
)  # fmt: skip
def test_issuers__a_url_that_may_not_be_called__is_refused(world, north, name, url):
    answer = world.call("POST", "/v1/issuers", OWN | {name: url}, by=north.admin)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, f"/{name}")
    assert answer.body["errors"][0]["code"] == "url_refused"


def test_own_issuer__speaks_for_invited_people_of_its_tenant_alone(world, north, south):
    registered(world, north)
    _, link = invited(world, north), invited(world, south)
    refused = world.call("POST", f"/v1/invitations/{link}/sign-in", {"token": own_token(world)})
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "token_refused")
    assert world.call("GET", "/v1/me", by=own_token(world)).status == 401  # nobody has bound it
    assert (
        world.call("POST", f"/v1/invitations/{invited(world, north)}/sign-in", {"token": own_token(world)}).status
        == 200
    )
    assert world.call("GET", "/v1/me", by=own_token(world)).body["tenant"]["id"] == north.id
    assert world.call("GET", "/v1/me", by=own_token(world, aud="switchboard")).status == 401


def test_own_issuer__cognito__access_tokens_alone_and_of_its_client(world, north):
    registered(world, north, type="cognito")
    shaped = {"aud": None, "client_id": "north", "token_use": "access"}

    def token(**more):
        return own_token(world, **shaped | more)

    assert world.call("POST", f"/v1/invitations/{invited(world, north)}/sign-in", {"token": token()}).status == 200
    assert world.call("GET", "/v1/me", by=token()).status == 200
    for bad in ({"token_use": "id"}, {"client_id": "other"}, {"aud": "north"}, {"token_use": None}):
        assert world.call("GET", "/v1/me", by=token(**bad)).status == 401


def test_a_deleted_issuer__is_refused_at_once_here_and_within_5_s_elsewhere_and_is_free_again(world, north, south):
    made = registered(world, north)
    world.call("POST", f"/v1/invitations/{invited(world, north)}/sign-in", {"token": own_token(world)})
    elsewhere = world.another_process()
    assert world.call("GET", "/v1/me", by=own_token(world), process=elsewhere).status == 200
    assert world.call("DELETE", f"/v1/issuers/{made['id']}", by=north.admin).status == 204
    assert world.call("GET", "/v1/me", by=own_token(world)).status == 401
    world.later(seconds=5)
    assert world.call("GET", "/v1/me", by=own_token(world), process=elsewhere).status == 401
    registered(world, south)
    assert world.call("GET", "/v1/me", by=own_token(world)).status == 401  # bound to North's person, in South's name


def test_issuers__five_at_most(world, north):
    for number in range(5):
        registered(world, north, url=f"https://id{number}.example.com/")
    assert world.call("POST", "/v1/issuers", OWN, by=north.admin).status == 409


def invited(world, tenant):
    number = len(world.call("GET", "/v1/users", by=tenant.admin).body["items"])
    body = {"name": "Ann", "email": f"ann{number}@north.example.com", "role": "viewer"}
    answer = world.call("POST", "/v1/users", body, by=tenant.admin)
    assert answer.status == 201, answer.body
    return answer.body["invitation"]["link"]
