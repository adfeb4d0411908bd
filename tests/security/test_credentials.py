"""Bad credentials through the whole application: the same 401 for each, no write, and no hint at what was wrong."""

import base64
import hashlib
import hmac
import json

import pytest
from joserfc.jwk import RSAKey

from chalicelib.access.api_keys import mint
from chalicelib.store import keys
from chalicelib.store.store import Store
from tenants.directory import sign_in_digest, sign_in_key
from tenants.lifecycle.records import RegistryEntry
from tests.security.deployment import ISSUER, SIGNING_KEY
from tests.security.places import FOR_OPERATORS, FOR_TENANTS, named, said, unknown
from tests.security.spy import spying

GUARDED = (*FOR_TENANTS, *FOR_OPERATORS)
OTHER_KEY = RSAKey.generate_key(2048)


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hand_made(header, claims, secret=None):
    """A token that no library would sign: without a signature, or with a key that is none."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}." + (encoded(hmac.digest(secret, text.encode(), hashlib.sha256)) if secret else "")


def bad_tokens(place):
    deployment = place.deployment
    subject, now = f"{place.salt}-admin", int(deployment.clock().timestamp())
    claims = {"iss": ISSUER, "sub": subject, "aud": "switchboard", "iat": now, "exp": now + 600}
    public = SIGNING_KEY.as_pem(private=False)

    def token(**more):
        return deployment.token(subject, **more)

    good = token()
    head, payload, signature = good.split(".")
    return {
        "no algorithm": hand_made({"alg": "none", "kid": "k"}, claims),
        "algorithm None": hand_made({"alg": "None", "kid": "k"}, claims),
        "the public key as a secret": hand_made({"alg": "HS256", "kid": "k"}, claims, public),
        "another key": token(key=OTHER_KEY),
        "its own key along": token(key=OTHER_KEY, header={"jwk": OTHER_KEY.as_dict(private=False)}),
        "a place for its key": token(key=OTHER_KEY, header={"jku": "https://evil.example/jwks"}),
        "no kid": token(header={"kid": None}),
        "another kind of token": token(header={"typ": "logout+jwt"}),
        "a critical extension": hand_made({"alg": "RS256", "kid": "k", "crit": ["x"], "x": 1}, claims),
        "an unknown issuer": token(iss="https://evil.example/"),
        "the issuer without its slash": token(iss=ISSUER.rstrip("/")),
        "another audience": token(aud="another"),
        "two audiences": token(aud=["switchboard", "another"]),
        "no audience": token(aud=None),
        "expired": token(exp=now - 31),
        "no end": token(exp=None),
        "not yet": token(nbf=now + 60),
        "issued in the future": token(iat=now + 60),
        "no subject": token(sub=None),
        "a subject that is bound to nobody": deployment.token("nobody"),
        "a subject as a list": token(sub=[subject]),
        "changed claims": f"{head}.{encoded(claims | {'sub': 'operator-1'})}.{signature}",
        "a cut signature": good[:-4],
        "no signature": f"{head}.{payload}.",
        "two parts": f"{head}.{payload}",
        "rubbish": "not.a.token",
        "a long one": "a" * 9000,
    }


def bad_keys(place):
    key = place.key("contacts:read", "contacts:write")
    document = place.deployment.call("GET", "/v1/api-keys?limit=200", by=place.admin).body["items"]
    revoked = next(each["id"] for each in document if each["name"] == "key")
    place.deployment.call("DELETE", f"/v1/api-keys/{revoked}", by=place.admin)
    live = place.key("contacts:read")
    return {
        "revoked": key,
        "never given out": mint(place.id),
        "of a tenant that is none": mint("tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        "a cut checksum": live[:-1],
        "another checksum": live[:-1] + ("A" if live[-1] != "A" else "B"),
        "another secret": live[:35] + ("A" if live[35] != "A" else "B") + live[36:],
        "in another tenant's name": live[:4] + ("0" * 26) + live[30:],
        "upper case": live.upper(),
        "only the prefix": "sbk_",
    }


def headers_around(token):
    return [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        token,
        f"Token {token}",
        f"Bearer {token} x",
        f"Bearer  x{token}",
    ]


def refused(answer):
    assert (answer.status, answer.code) == (401, "unauthenticated"), answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return said(answer)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_no_unknown_and_no_revoked_credential_opens_any_route(world, north, route):
    body = north.body(route) if route.body else None
    answers = set()
    with spying() as spy:
        for credential in ("", mint(north.id), world.revoked, "rubbish", north.deployment.token("nobody")):
            answers.add(refused(north.ask(route, unknown(route), by=credential, body=body)))
        for header in headers_around(mint(north.id)):
            answers.add(refused(north.ask(route, unknown(route), by="", body=body, Authorization=header)))
    assert len(answers) == 1
    assert not spy.writes
    assert not spy.strays(north.id)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_corpus_of_bad_tokens_and_keys__one_and_the_same_answer(north, method):
    corpus = bad_tokens(north) | bad_keys(north)
    answers = {}
    with spying() as spy:
        for name, credential in corpus.items():
            answer = north.deployment.call(
                method, "/v1/contacts", {"name": "X"} if method == "POST" else None, by=credential
            )
            assert answer.status == 401, name
            answers[name] = refused(answer)
    assert len(set(answers.values())) == 1
    assert not spy.writes
    # The right tenant's credentials pass: what was refused above was refused for what is wrong with it.
    assert north.deployment.call("GET", "/v1/contacts", by=north.admin).status == 200


def test_unknown_key_ids__one_fetch_of_the_issuers_keys_at_most(north):
    fetched = len(north.deployment.fetched)
    for number in range(20):
        token = north.deployment.token(f"{north.salt}-admin", header={"kid": f"unknown-{number}"})
        assert north.deployment.call("GET", "/v1/contacts", by=token).status == 401
    assert len(north.deployment.fetched) - fetched <= 1


def test_a_credential_that_works_nowhere_but_in_its_scheme(north):
    for header in headers_around(north.admin):
        assert north.deployment.call("GET", "/v1/contacts", Authorization=header).status == 401, header
    assert north.deployment.call("GET", "/v1/contacts", Authorization=f"bearer {north.admin}").status == 200


def test_a_deactivated_person__neither_token_nor_key_works_from_then_on(north):
    user, token = north.person("admin", unit=north.root_unit)
    key = north.deployment.call("POST", "/v1/api-keys", {"name": "k", "scopes": ["contacts:read"]}, by=token).body[
        "api_key"
    ]
    for credential in (token, key):
        assert north.deployment.call("GET", "/v1/contacts", by=credential).status == 200
    north.deployment.call("POST", f"/v1/users/{user}/deactivate", by=north.admin)
    for credential in (token, key):
        refused(north.deployment.call("GET", "/v1/contacts", by=credential))


def test_revoking_and_deactivating__act_on_every_process_within_5_seconds(north):
    deployment = north.deployment
    user, token = north.person("admin", unit=north.root_unit)
    made = deployment.call("POST", "/v1/api-keys", {"name": "k", "scopes": ["contacts:read"]}, by=north.admin).body
    here, deployment.application = deployment.application, deployment.process()
    assert [deployment.call("GET", "/v1/contacts", by=each).status for each in (token, made["api_key"])] == [200, 200]
    there, deployment.application = deployment.application, here
    assert deployment.call("DELETE", f"/v1/api-keys/{made['id']}", by=north.admin).status == 204
    assert deployment.call("POST", f"/v1/users/{user}/deactivate", by=north.admin).status == 200
    deployment.later(seconds=5)
    deployment.application = there
    for each in (token, made["api_key"]):
        refused(deployment.call("GET", "/v1/contacts", by=each))
    assert deployment.call("GET", "/v1/contacts", by=north.admin).status == 200


def test_an_expired_key__401(north):
    deployment = north.deployment
    until = deployment.clock().replace(microsecond=0).isoformat()
    body = {"name": "k", "scopes": ["contacts:read"], "expires_at": until}
    assert deployment.call("POST", "/v1/api-keys", body, by=north.admin).status == 422
    key = north.key("contacts:read")
    deployment.later(days=366)
    try:
        refused(deployment.call("GET", "/v1/contacts", by=key))
    finally:
        deployment.later(days=-366)


@pytest.fixture
def souths_issuer(south):
    """An issuer of South's own, and a subject of it that the registry says is a person of a tenant."""
    url = "https://south-id.example.com/"
    south.deployment.published[f"{url}jwks"] = OTHER_KEY

    def bound_to(place):
        store = Store("core", keys.PLATFORM, place.deployment.keyring, "test", "test", writing=True)
        said = {"jwks_url": f"{url}jwks", "kind": "oidc", "audience": "switchboard"}
        issuer = RegistryEntry(tenant=south.id, record=south.id, detail=said)
        user = RegistryEntry(tenant=place.id, record=place.document["admin_user_id"])
        store.put(issuer.put_at(keys.registry("issuer", url)))
        store.put(user.put_at(sign_in_key(sign_in_digest(url, "somebody"))))
        store.commit()
        place.deployment.forget()
        return place.deployment.token("somebody", iss=url, key=OTHER_KEY)

    return bound_to


def test_another_tenants_issuer__speaks_for_nobody_here(north, souths_issuer):
    """Even if our own record of the subject were wrong: an issuer speaks for its tenant alone."""
    refused(north.deployment.call("GET", "/v1/contacts", by=souths_issuer(north)))


def test_a_tenants_own_issuer__speaks_for_its_people(south, souths_issuer):
    assert south.deployment.call("GET", "/v1/me", by=souths_issuer(south)).body["tenant"]["id"] == south.id


def test_another_tenants_issuer__makes_no_operator_and_binds_no_invitation(north, south, souths_issuer):
    souths_issuer(south)
    forged = south.deployment.token("operator-1", iss="https://south-id.example.com/", key=OTHER_KEY)
    refused(north.deployment.call("GET", "/v1/tenants", by=forged))
    link = north.invited("viewer")["invitation"]["link"]
    answer = north.deployment.call("POST", f"/v1/invitations/{link}/sign-in", {"token": forged})
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "token_refused")
