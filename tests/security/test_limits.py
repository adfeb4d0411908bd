"""API4 and API8: what is too much is refused before it is read, and no answer says more than it must."""

import json
from urllib.parse import quote

import pytest

from chalicelib.settings import settings
from chalicelib.store.connection import MeteredConnection
from chalicelib.store.errors import StoreError, StoreUnavailableError
from tests.security.deployment import ROUTES, Deployment
from tests.security.places import FOR_OPERATORS, FOR_TENANTS, named, unknown
from tests.security.spy import spying
from tests.security.test_links import LINKS

MB = 1024 * 1024
LISTS = [route for route in FOR_TENANTS if route.listing]
TAKING = [route for route in ROUTES if route.body is not None]


def credential(north, route):
    return north.deployment.operator if route in FOR_OPERATORS else "" if route in LINKS else None


@pytest.mark.parametrize("route", TAKING, ids=named)
def test_a_body_over_5_megabytes__413_and_nothing_is_written(north, route):
    for filler in ("x" * (5 * MB + 1), json.dumps({"name": "x" * 5 * MB})):
        with spying() as spy:
            answer = north.ask(route, by=credential(north, route), body=filler)
        assert (answer.status, answer.code) == (413, "payload_too_large")
        assert not spy.writes


def test_a_large_body_without_a_credential__401_first(north):
    assert north.deployment.call("POST", "/v1/contacts", "x" * (5 * MB + 1)).status == 401


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_page_size_out_of_1_to_200__400_and_nothing_is_read(north, route):
    north.ask(route, query="limit=1")
    for limit in ("201", "0", "-1", "1000000000000", "x", "", "1.5", "٣", " 5"):
        with spying() as spy:
            answer = north.ask(route, query=f"limit={limit}")
        assert (answer.status, answer.code) == (400, "invalid_parameter"), limit
        assert not spy.calls, limit


@pytest.mark.parametrize("route", [route for route in FOR_TENANTS if route.batch], ids=named)
def test_more_than_500_operations__422_and_nothing_is_written(north, route):
    for number in (501, 0):
        with spying() as spy:
            answer = north.ask(route, body={"operations": north.body(route)["operations"][:1] * number})
        assert (answer.status, answer.code) == (422, "invalid")
        assert not spy.calls or not spy.writes


def test_more_than_20_filters_or_50_values__400_and_nothing_is_read(north):
    operators = [
        f"{name}.{op}"
        for name in ("status", "type", "tag", "city", "value_tier", "owner_id", "email")
        for op in ("eq", "ne", "in")
    ]
    call, admin = north.deployment.call, north.admin
    queries = [
        "&".join(f"{each}=active" for each in operators if not each.startswith("type"))
        + "&created_at.gt=2020-01-01T00:00:00Z"
    ]
    queries += [
        f"{queries[0]}&parent_id=x&parent_id.ne=x&churn_category=x&churn_category.ne=x",
        "tag=" + ",".join(map(str, range(51))),
    ]
    call("GET", "/v1/contacts?limit=1", by=admin)
    for query in queries[1:]:
        with spying() as spy:
            answer = call("GET", f"/v1/contacts?{query}", by=admin)
        assert (answer.status, answer.code) == (400, "invalid_parameter"), answer.text
        assert "20" in answer.body["detail"] or "50" in answer.body["detail"]
        assert not spy.calls


@pytest.mark.parametrize("route", [*FOR_TENANTS, *FOR_OPERATORS], ids=named)
def test_a_parameter_that_is_not_declared__400_that_names_the_allowed_ones(north, route):
    with spying() as spy:
        answer = north.ask(
            route,
            unknown(route),
            by=credential(north, route),
            query="tenant_id=tnt_x",
            body=north.body(route) if route.body else None,
        )
    assert (answer.status, answer.code) == (400, "invalid_parameter"), answer.text
    assert "tenant_id" not in answer.body.get("allowed", ())
    assert not spy.writes


LONG = "长" * 1500


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_filter_value_longer_than_any_key__400_and_nothing_is_read(north, route):
    north.ask(route, query="limit=1")
    for each in route.listing.filters:
        with spying() as spy:
            answer = north.ask(route, query=f"{each.name}={LONG}")
        assert (answer.status, answer.code) == (400, "invalid_parameter"), (each.name, answer.text)
        assert not spy.calls


def test_ids_longer_than_any_key__404_and_nothing_is_read(north):
    """The engine refuses keys over 2,048 and sort keys over 1,024 bytes, which would be our 500; moto does not."""
    long = "%F0%9F%93%B1" * 255
    contact = north.first("/v1/contacts")["id"]
    for path in (
        f"contacts/{long}",
        f"contacts/by-external-id/{long}/{long}",
        f"contacts/{contact}/lines/{long}",
        "users/" + "%23" * 256,
    ):
        with spying() as spy:
            answer = north.deployment.call("GET", f"/v1/{path}", by=north.admin)
        assert (answer.status, answer.code) == (404, "not_found"), path
        assert not spy.calls
    longest = {"system": "s", "id": "长" * 120}
    made = north.deployment.call("POST", "/v1/contacts", {"external_ids": [longest]}, by=north.admin)
    found = north.deployment.call("GET", f"/v1/contacts/by-external-id/s/{quote(longest['id'])}", by=north.admin)
    assert found.body["id"] == made.body["id"]


# -- methods, headers, languages


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_method_that_a_path_has_not__405_with_allow(north, path):
    has = {route.method for route in ROUTES if route.path == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "CONNECT", "PROPFIND"} - has:
        answer = north.deployment.call(method, path.replace("{", "").replace("}", ""), by=north.admin)
        if path.count("{"):
            # A made-up value may lead to a fixed path beside it; then that one's methods count.
            assert answer.status in {405, 404}
        if answer.status == 405:
            assert answer.code == "method_not_allowed"
            assert set(answer.headers["Allow"].split(", ")) >= has | {"OPTIONS"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/v2/contacts",
        "/",
        "",
        "/v1",
        "/v1/contacts/",
        "//v1/contacts/a/b/c",
        "/v1/contacts/%ff",
        "/v1/../v1/me/x",
    ],
)
def test_a_path_that_is_not__404(north, path):
    answer = north.deployment.call("GET", path, by="")
    assert answer.status in {404, 401}
    assert answer.headers["Content-Type"] == "application/problem+json"


SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_answer_and_every_refusal__has_the_security_headers_a_request_id_and_cors(north, route):
    for by in (credential(north, route), "sbk_bad"):
        answer = north.ask(route, unknown(route), by=by, Origin="https://app.example.com")
        kept = {"Cache-Control"} if route.answer.plain and answer.status == 200 else set()
        assert {name: answer.headers.get(name) for name in SAFE.keys() - kept} == {
            n: SAFE[n] for n in SAFE.keys() - kept
        }
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert len(answer.headers["X-Request-Id"]) >= 8
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert not {"Server", "X-Powered-By", "Set-Cookie"} & answer.headers.keys()


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_preflight__needs_no_credential_and_names_methods_and_headers(north, path):
    with spying() as spy:
        answer = north.deployment.call(
            "OPTIONS", path.replace("{", "").replace("}", ""), Origin="https://app.example.com"
        )
    assert answer.status == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "OPTIONS" in answer.headers["Access-Control-Allow-Methods"]
    assert not spy.calls


def test_an_origin_that_is_not_on_the_list__no_cors(world, monkeypatch):
    monkeypatch.setenv("SWITCHBOARD_CORS_ORIGINS", json.dumps(["https://ours.example.com"]))
    settings.cache_clear()
    try:
        here = Deployment.process(world.deployment)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        settings()
    before, world.deployment.application = world.deployment.application, here
    try:
        for origin, said in (
            ("https://ours.example.com", "https://ours.example.com"),
            ("https://evil.example", None),
            ("null", None),
        ):
            answer = world.deployment.call("GET", "/v1/me", Origin=origin)
            assert answer.headers.get("Access-Control-Allow-Origin") == said
    finally:
        world.deployment.application = before


@pytest.mark.parametrize("route", [*FOR_TENANTS, *FOR_OPERATORS, *LINKS], ids=named)
def test_the_callers_language__chinese_words_and_the_same_codes(north, route):
    said = []
    for language in ("en", "zh-CN", "zh-CN,zh;q=0.9,en;q=0.5", "fr, zh;q=0.3, en;q=0.8"):
        answer = north.ask(
            route, unknown(route) | ({"link": "lnk_x"} if route in LINKS else {}), by="sbk_x", Accept_Language=language
        )
        assert answer.headers["Content-Language"] == ("zh-CN" if language.startswith("zh") else "en")
        said.append(answer.body)
    english, chinese, weighted, french = said
    assert {each["code"] for each in said} == {english["code"]}
    assert chinese["title"] == weighted["title"] != english["title"] == french["title"]
    assert any("一" <= each <= "鿿" for each in chinese["title"] + chinese["detail"])


# -- 500 and 503


@pytest.fixture
def broken(monkeypatch):
    def break_with(error):
        def dispatch(self, operation, arguments):
            raise error

        monkeypatch.setattr(MeteredConnection, "dispatch", dispatch)

    return break_with


SECRETS = (
    "Traceback",
    'File "',
    "security-core",
    "security-contacts",
    "arn:aws",
    "dynamodb",
    "DynamoDB",
    "StoreError",
    "ValidationException",
)


@pytest.mark.parametrize("route", FOR_TENANTS, ids=named)
def test_our_own_fault__500_without_a_trace_a_table_or_a_value(north, route, broken):
    query = "external_id=billing:1" if "lookup" in route.path else ""
    body = north.body(route) if route.body else None
    north.ask(route, unknown(route), body=body, query=query)
    with spying() as spy:
        north.ask(route, unknown(route), body=body, query=query)
    broken(StoreError("ValidationException: arn:aws:dynamodb:eu-west-1:table/security-core secret@example.com"))
    answer = north.ask(route, unknown(route), body=body, query=query)
    if spy.calls:
        assert (answer.status, answer.code) == (500, "internal_error"), answer.text
        assert answer.body.keys() == {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert not [each for each in (*SECRETS, "secret@example.com") if each in answer.text + str(answer.headers)]


def test_an_exception_of_any_sort__500_with_nothing_inside(north, broken):
    for error in (
        ValueError("secret"),
        KeyError("secret"),
        RuntimeError("secret"),
        RecursionError(),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "secret"),
    ):
        broken(error)
        for path in ("/v1/contacts", "/v1/tenant"):
            answer = north.deployment.call("GET", path, by=north.admin)
            assert answer.status in {500, 400}
            assert "secret" not in answer.text


def test_the_store_is_down__503_with_retry_after_and_nothing_inside(north, broken):
    broken(StoreUnavailableError("security-core"))
    for path in ("/v1/contacts", "/v1/tenant", f"/v1/contacts/{north.first('/v1/contacts')['id']}"):
        north.deployment.forget()
        answer = north.deployment.call("GET", path, by=north.admin)
        assert (answer.status, answer.code) == (503, "store_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "security-core" not in answer.text


def test_chalice_is_not_in_debug_mode(deployment):
    assert deployment.application.chalice.debug is False
