"""The corpus of bad access tokens (quality.md, API2), then the good ones, for OIDC and Cognito issuers."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from chalicelib.access.errors import CredentialError, Reason
from chalicelib.access.jwks import JwksCache
from chalicelib.access.tokens import Identity, Issuer, verify

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
RSA, EC, FOREIGN = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
OIDC = Issuer("https://id.example.com/", "https://id.example.com/jwks", "oidc", "switchboard-api", "tnt_A")
POOL = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab"
COGNITO = Issuer(POOL, POOL + "/.well-known/jwks.json", "cognito", "6clientid", None)
OTHER = Issuer("https://other.example.com/", "https://other.example.com/jwks", "oidc", "switchboard-api", "tnt_B")
ISSUERS = {issuer.url: issuer for issuer in (OIDC, COGNITO, OTHER)}
CLAIMS = {"iss": OIDC.url, "sub": "u-1", "aud": OIDC.audience, "iat": NOW_S - 60, "exp": NOW_S + 300}
COGNITO_CLAIMS = {
    "iss": POOL, "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "token_use": "access", "client_id": COGNITO.audience,
    "iat": NOW_S - 60, "exp": NOW_S + 3600, "jti": "j-1", "scope": "openid", "username": "ann", "version": 2,
}  # fmt: skip


def key_set(*pairs):
    return json.dumps(
        {"keys": [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in pairs]}
    ).encode()


PUBLISHED = {
    OIDC.jwks_url: key_set(("r", RSA), ("e", EC)),
    COGNITO.jwks_url: key_set(("r", RSA)),
    OTHER.jwks_url: key_set(("r", FOREIGN)),
}


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claims=CLAIMS, key=RSA, **header):
    header = {"alg": "RS256" if key.key_type == "RSA" else "ES256", "kid": "r", "typ": "JWT"} | header
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return jws.serialize_compact(
        {name: value for name, value in header.items() if value is not None}, payload, key, registry=registry
    )


def check(token, now=NOW, find=ISSUERS.get):
    return verify(token, find, JwksCache(PUBLISHED.__getitem__, lambda: NOW), now)


def reason_of(token, **arguments):
    with pytest.raises(CredentialError) as refused:
        check(token, **arguments)
    return refused.value.reason_code


def unsigned(header=None, claims=CLAIMS):
    """A token whose signature is never reached."""
    return (
        f"{part({'alg': 'RS256', 'kid': 'r'} | (header or {}))}.{claims if isinstance(claims, str) else part(claims)}.x"
    )


def hmac_signed(secret, alg="HS256"):
    body = part({"alg": alg, "kid": "r", "typ": "JWT"}) + "." + part(CLAIMS)
    return body + "." + part(hmac.digest(secret, body.encode(), hashlib.sha256))


def without(name, claims=CLAIMS):
    return {claim: value for claim, value in claims.items() if claim != name}


# ------------------------------------------------------------------------------------------------ header and signature


@pytest.mark.parametrize(
    "alg",
    ["none", "None", "NONE", "", None, 1, ["RS256"], "HS256", "RS384", "PS256", "ES384", "rs256", "EdDSA"],
    ids=repr,
)
def test_verify__algorithm_not_on_the_list__is_refused(alg):
    for signature in ("", signed().split(".")[2]):
        assert reason_of(f"{part({'alg': alg, 'kid': 'r'})}.{part(CLAIMS)}.{signature}") == Reason.ALGORITHM


def test_verify__hs256_with_the_public_key_as_secret__is_refused():
    for secret in (RSA.as_pem(private=False), RSA.as_der(private=False), PUBLISHED[OIDC.jwks_url], b""):
        assert reason_of(hmac_signed(secret)) == Reason.ALGORITHM
        assert reason_of(hmac_signed(secret, alg="RS256")) == Reason.SIGNATURE


def test_verify__algorithm_of_the_other_key_type__finds_no_key():
    rs_header_for_ec_key, es_header_for_rsa_key = signed(kid="e"), signed(key=EC, kid="r")
    assert reason_of(rs_header_for_ec_key) == Reason.UNKNOWN_KEY
    assert reason_of(es_header_for_rsa_key) == Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    "header",
    [{"kid": None}, {"kid": ""}, {"crit": ["kid"]}, {"b64": True}, {"typ": "logout+jwt"}, {"typ": "secevent+jwt"}],
)
def test_verify__header_without_kid_with_crit_or_of_another_type__is_refused(header):
    assert reason_of(signed(**header)) == Reason.HEADER


@pytest.mark.parametrize(
    "header", [{"crit": []}, {"crit": None}, {"crit": "b64", "b64": False}, {"b64": False}, {"kid": 1}, {"typ": 1}]
)
def test_verify__crit_b64_or_kid_of_a_wrong_type__is_refused(header):
    token = f"{part({'alg': 'RS256', 'kid': 'r'} | header)}.{part(CLAIMS)}.{signed().split('.')[2]}"
    assert reason_of(token) == Reason.HEADER


def test_verify__key_carried_or_pointed_to_in_the_header__is_ignored():
    attacker = ECKey.generate_key("P-256")
    assert reason_of(signed(key=attacker, kid="e", jwk=attacker.as_dict(private=False))) == Reason.SIGNATURE
    assert reason_of(signed(key=FOREIGN, jku=OTHER.jwks_url, x5u="https://evil.example.com/cert")) == Reason.SIGNATURE


def test_verify__another_issuers_key__is_refused():
    assert reason_of(signed(key=FOREIGN)) == Reason.SIGNATURE
    assert reason_of(signed(CLAIMS | {"iss": OTHER.url})) == Reason.SIGNATURE
    assert check(signed(CLAIMS | {"iss": OTHER.url}, key=FOREIGN)).issuer == OTHER  # the other tenant's own issuer


def test_verify__part_exchanged_or_character_changed__is_refused():
    header, payload, signature = signed().split(".")
    assert reason_of(f"{header}.{part(CLAIMS | {'sub': 'u-2'})}.{signature}") == Reason.SIGNATURE
    for at in range(0, len(signature), 7):
        other = "A" if signature[at] != "A" else "B"
        assert reason_of(f"{header}.{payload}.{signature[:at]}{other}{signature[at + 1 :]}") == Reason.SIGNATURE
    for spelling in ("", signature + "=", signature + "\n", signature + "A", signature[:-1]):
        assert reason_of(f"{header}.{payload}.{spelling}") == Reason.SIGNATURE
    es = signed(key=EC, kid="e")
    assert reason_of(es.rsplit(".", 1)[0] + "." + part(bytes(64))) == Reason.SIGNATURE  # CVE-2022-21449: r = s = 0


# --------------------------------------------------------------------------------------------------- form of the token


def test_verify__above_8_kb_or_empty__is_refused_before_any_look_up():
    token = signed(CLAIMS | {"fill": "x" * 8192})
    assert reason_of(token, find=None) == Reason.LENGTH
    assert reason_of("", find=None) == Reason.LENGTH


@pytest.mark.parametrize(
    "token",
    [
        "x", "..", "a.b", "a.b.c.d", signed() + ".", " " + signed(), "é.é.é", "\ud800.a.b",
        f"{part(b'[1]')}.{part(CLAIMS)}.x", f"{part(b'[' * 2000)}.{part(CLAIMS)}.x", f"{part(b'1' * 5000)}.e30.x",
        unsigned(claims=part(b"[" * 3000)), unsigned(claims=part([])), unsigned(claims=part(CLAIMS) + "="),
        unsigned({"x": "y" * 999}), unsigned({"jku": 1}),
    ],
    ids=count(),  # the tokens differ from run to run
)  # fmt: skip
def test_verify__not_three_parts_of_json_objects__is_refused(token):
    assert reason_of(token) == Reason.MALFORMED


@given(st.text(max_size=60) | st.builds(lambda *parts: ".".join(map(part, parts)), *[st.binary(max_size=60)] * 3))
def test_verify__any_text__is_refused_and_never_fails_otherwise(token):
    assert reason_of(token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), st.lists, max_leaves=4
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]), JSON)
def test_verify__any_value_in_a_signed_claim__is_judged_and_never_fails_otherwise(name, value):
    try:
        identity = check(signed(CLAIMS | {name: value}, key=EC, kid="e"))
    except CredentialError:
        return
    assert 0 < len(identity.subject) <= 255
    assert identity.issuer is OIDC


# --------------------------------------------------------------------------------------------------------- claims


@pytest.mark.parametrize(
    "iss",
    [
        "https://id.example.com",
        "HTTPS://id.example.com/",
        "https://id.example.com/x",
        "https://id.example.com/é",
        "u-1",
    ],
)
def test_verify__wrong_issuer__is_refused_even_if_the_look_up_is_lax(iss):
    token = signed(CLAIMS | {"iss": iss})
    assert reason_of(token) == Reason.ISSUER
    assert reason_of(token, find=lambda _: OIDC) == Reason.ISSUER


def test_verify__issuer_beyond_ascii__is_refused_before_any_look_up():
    assert reason_of(signed(CLAIMS | {"iss": OIDC.url + "é"}), find=None) == Reason.ISSUER


@pytest.mark.parametrize("name", ["iss", "sub", "exp", "iat"])
@pytest.mark.parametrize(
    "value", ["missing", None, True, "", [], {}, "\n", float("nan"), float("inf"), -1, 1e300], ids=repr
)
def test_verify__required_claim_missing_or_of_a_wrong_type__is_refused(name, value):
    assert reason_of(signed(without(name) if value == "missing" else CLAIMS | {name: value})) == Reason.CLAIM


@pytest.mark.parametrize("sub", [" ", "a" * 256, "a\0b", "a\nb", "\ud800"])
def test_verify__subject_blank_too_long_or_unprintable__is_refused(sub):
    assert reason_of(signed(CLAIMS | {"sub": sub})) == Reason.CLAIM


@pytest.mark.parametrize(
    "aud",
    [
        None, "", "other", "SWITCHBOARD-API", [], ["other"], {}, True, "switchboard-api other", [["switchboard-api"]],
        ["switchboard-api", "other"], ["other", "switchboard-api"], ["switchboard-api", "switchboard-api"],
    ],
)  # fmt: skip
def test_verify__wrong_audience_or_two__is_refused(aud):
    assert reason_of(signed(CLAIMS | {"aud": aud})) == Reason.AUDIENCE
    assert reason_of(signed(without("aud"))) == Reason.AUDIENCE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exp": NOW_S - 30}, Reason.EXPIRED),
        ({"exp": NOW_S - 29}, None),
        ({"exp": 0}, Reason.EXPIRED),
        ({"nbf": NOW_S + 31}, Reason.NOT_YET_VALID),
        ({"nbf": NOW_S + 30}, None),
        ({"nbf": "soon"}, Reason.CLAIM),
        ({"nbf": None}, Reason.CLAIM),
        ({"iat": NOW_S + 31}, Reason.NOT_YET_VALID),
        ({"iat": NOW_S + 30}, None),
        ({"iat": NOW_S + 31, "nbf": NOW_S}, Reason.NOT_YET_VALID),
        ({"exp": NOW_S + 0.5, "iat": NOW_S - 0.5}, None),
        ({"jti": 1}, Reason.CLAIM),
        ({"jti": ""}, Reason.CLAIM),
    ],
)
def test_verify__times_around_the_leeway__are_half_open(change, reason):
    token = signed(CLAIMS | change)
    assert (reason_of(token) if reason else check(token).subject) == (reason or "u-1")


def test_verify__tenant_in_a_claim__changes_nothing():
    identity = check(signed(CLAIMS | {"tenant_id": "tnt_B", "custom:tenant": "tnt_B", "tid": "tnt_B"}))
    assert identity == Identity(OIDC, "u-1", NOW + timedelta(seconds=300), None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token_use": "id", "aud": COGNITO.audience}, Reason.TOKEN_USE),
        ({"token_use": None}, Reason.TOKEN_USE),
        ({"client_id": "other"}, Reason.AUDIENCE),
        ({"client_id": [COGNITO.audience]}, Reason.AUDIENCE),
        ({"client_id": None, "aud": COGNITO.audience}, Reason.AUDIENCE),
        ({"aud": "https://billing.example.com"}, Reason.AUDIENCE),  # bound to another resource (RFC 8707)
    ],
)
def test_verify__cognito_id_token_or_other_client__is_refused(change, reason):
    assert reason_of(signed(COGNITO_CLAIMS | change)) == reason


def test_verify__cognito_shaped_token_from_an_oidc_issuer__is_refused():
    assert reason_of(signed(COGNITO_CLAIMS | {"iss": OIDC.url, "client_id": OIDC.audience})) == Reason.AUDIENCE


# --------------------------------------------------------------------------------------------------------- accepted


def test_verify__cognito_access_token__is_accepted():
    token = signed(COGNITO_CLAIMS, typ=None)
    assert check(token) == Identity(COGNITO, COGNITO_CLAIMS["sub"], NOW + timedelta(hours=1), "j-1")


@pytest.mark.parametrize(
    "header", [{"typ": "at+jwt"}, {"typ": "application/AT+JWT"}, {"typ": None}, {"x5t": "abc", "vendor": {"any": 1}}]
)
def test_verify__oidc_access_token__is_accepted_whatever_else_the_header_says(header):
    assert check(signed(**header)).subject == "u-1"


def test_verify__es256_and_audience_as_list_of_one__are_accepted():
    assert check(signed(CLAIMS | {"aud": [OIDC.audience]}, key=EC, kid="e")).issuer == OIDC


@given(
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=255), st.integers(NOW_S, 4_000_000_000)
)
def test_verify__any_printable_subject_and_later_expiry__come_back(subject, expires_s):
    identity = check(signed(CLAIMS | {"sub": subject, "exp": expires_s}, key=EC, kid="e"))
    assert (identity.subject, identity.expires_at.timestamp()) == (subject, expires_s)


def test_credential_error__shown_or_logged__says_the_reason_only():
    with pytest.raises(CredentialError, match=r"^audience$"):
        check(signed(CLAIMS | {"aud": "other"}))
