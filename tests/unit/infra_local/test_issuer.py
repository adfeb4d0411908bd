"""The local issuer: who gets a token, and what is in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from infra.local.issuer import DemoUser, Issuer
from tests.unit.infra_local.wsgi import Reply, call

NAME = "http://localhost:8000/local-issuer"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """An issuer with one user."""
    return Issuer(NAME, tmp_path / "key.json", [DemoUser("ada", "Ada", "right")])


def _token(issuer: Issuer, body: str, kind: str = FORM) -> Reply:
    return call(issuer.wsgi, "POST", "/token", body.encode(), CONTENT_TYPE=kind)


def _claims(issuer: Issuer, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(json.loads(call(issuer.wsgi, "GET", "/jwks").body))
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


@pytest.mark.parametrize(
    "body", ["username=ada&password=wrong", "username=nobody&password=right", "username=nobody", "", "password=right"]
)
def test_token__wrong_or_unknown__is_the_same_refusal(issuer: Issuer, body: str) -> None:
    reply = _token(issuer, body)
    assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("body", ['{"username": 1, "password": "x"}', "[]", "{"])
def test_token__malformed_json__is_invalid_request(issuer: Issuer, body: str) -> None:
    reply = _token(issuer, body, "application/json")
    assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "kind"),
    [("username=ada&password=right", FORM), ('{"username": "ada", "password": "right"}', "application/json")],
)
def test_token__right_password__verifies_against_the_published_keys(issuer: Issuer, body: str, kind: str) -> None:
    answer = json.loads(_token(issuer, body, kind).body)
    claims = _claims(issuer, answer["access_token"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == (NAME, "ada", "switchboard")
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 12 * 3600
    assert claims["jti"]


def test_issue__takes_a_lifetime(issuer: Issuer) -> None:
    claims = _claims(issuer, issuer.issue("ada", 60))
    assert claims["exp"] - claims["iat"] == 60


def test_jwks__holds_no_private_part(issuer: Issuer) -> None:
    (key,) = issuer.jwks()["keys"]
    assert set(key) == {"kty", "n", "e", "kid"}


def test_key__survives_a_restart_and_is_private(issuer: Issuer, tmp_path: Path) -> None:
    again = Issuer(NAME, tmp_path / "key.json", url="http://localhost:9/local-issuer")
    assert _claims(again, issuer.issue("ada"))["sub"] == "ada"
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600


def test_discovery__names_itself_and_where_it_is_now(tmp_path: Path) -> None:
    moved = Issuer(NAME, tmp_path / "key.json", url="http://localhost:9/local-issuer")
    document = json.loads(call(moved.wsgi, "GET", "/.well-known/openid-configuration").body)
    assert (document["issuer"], document["jwks_uri"]) == (NAME, "http://localhost:9/local-issuer/jwks")


def test_other_methods_and_paths__are_refused(issuer: Issuer) -> None:
    assert call(issuer.wsgi, "GET", "/token").headers["Allow"] == "POST"
    assert call(issuer.wsgi, "POST", "/jwks").status == 405
    assert call(issuer.wsgi, "GET", "/other").status == 404


def test_demo_user__does_not_show_its_password() -> None:
    assert "right" not in repr(DemoUser("ada", "Ada", "right"))
