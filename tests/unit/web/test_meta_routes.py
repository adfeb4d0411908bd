"""The OpenAPI document and the docs page as a caller gets them."""

import json
import re

import pytest

from chalicelib.access import api_keys
from chalicelib.web import meta_routes
from chalicelib.web.docs import asset
from tests.support.throw_away import ROUTES, Tenant, application

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "start.css", "favicon.svg")


@pytest.fixture(scope="module")
def api():
    return application(Tenant("animals.feeding"), (*meta_routes.routes.declared, *ROUTES.declared))


@pytest.fixture
def get(api):
    def call(path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        event = {"httpMethod": "GET", "path": path, "headers": named, "requestContext": {}}
        return api(event | {"multiValueQueryStringParameters": None, "stageVariables": None, "body": None}, None)

    return call


@pytest.fixture
def key():
    return f"Bearer {api_keys.mint(Tenant.tenant_id)}"


def operations(answer):
    return {each["operationId"] for path in json.loads(answer["body"])["paths"].values() for each in path.values()}


def test_document__a_bad_credential__401_and_no_document(get):
    answer = get("/v1/openapi.json", authorization="Bearer nonsense")
    assert answer["statusCode"] == 401
    assert "paths" not in answer["body"]


def test_document__no_credential__everything(get):
    answer = get("/v1/openapi.json")
    assert answer["headers"]["Content-Type"] == "application/json"
    assert operations(answer) == {route.operation_id for route in (*meta_routes.routes.declared, *ROUTES.declared)}


def test_document__a_tenants_credential__what_it_has_enabled(get, key):
    assert "feed_animal" not in operations(get("/v1/openapi.json", authorization=key))
    assert "create_animal" in operations(get("/v1/openapi.json", authorization=key))


def test_document__kept_by_nobody_but_the_caller(get):
    assert get("/v1/openapi.json")["headers"]["Cache-Control"] == "private, no-cache"


def test_document__known_already__304_without_a_body(get):
    etag = get("/v1/openapi.json")["headers"]["ETag"]
    again = get("/v1/openapi.json", if_none_match=f'"other", {etag}')
    assert (again["statusCode"], again["body"]) == (304, "")


def test_document__known_as_everybodys__is_not_the_tenants(get, key):
    etag = get("/v1/openapi.json")["headers"]["ETag"]
    assert get("/v1/openapi.json", if_none_match=etag, authorization=key)["statusCode"] == 200


def test_page__refers_only_to_what_we_serve(get):
    answer = get("/docs")
    assert answer["headers"]["Content-Type"].startswith("text/html")
    references = re.findall(r'(?:src|href)="([^"]*)"', answer["body"])
    assert {each.removeprefix("/api") for each in references} == {
        "/v1/openapi.json",
        *(f"/docs/{name}" for name in ASSETS),
    }
    for each in references:
        assert get(each.removeprefix("/api"))["statusCode"] == 200


def test_page__its_policy__lets_nothing_outside_and_nothing_inline_run(get):
    policy = dict(part.split(" ", 1) for part in get("/docs")["headers"]["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in " ".join(policy.values())
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=", get("/docs")["body"])


@pytest.mark.parametrize("name", ASSETS)
def test_asset__is_text_of_its_own_type(get, name):
    answer = get(f"/docs/{name}")
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert answer["headers"]["Content-Type"].startswith(kinds[name.rpartition(".")[2]])
    assert not answer.get("isBase64Encoded")
    assert get(f"/docs/{name}", if_none_match=answer["headers"]["ETag"])["statusCode"] == 304


@pytest.mark.parametrize("name", ["docs.html", "swagger-ui.js", "..%2Fopenapi.py", "%2Fetc%2Fpasswd", "start.js%00"])
def test_asset__not_on_the_list__404(get, name):
    assert get(f"/docs/{name}")["statusCode"] == 404


def test_asset__the_start_script__calls_no_validator_and_keeps_no_token():
    script = str(asset("start.js").body)
    assert "validatorUrl: null" in script
    assert "persistAuthorization: false" in script
    assert not re.search(r"https?://", script)


def test_cold_start__neither_swagger_uis_python_nor_the_document_is_loaded(in_a_new_python):
    loaded = in_a_new_python("import sys, chalicelib.web.meta_routes, chalicelib.web.contract; print(*sys.modules)")
    assert not {"swagger_ui", "jinja2", "yaml", "chalicelib.web.openapi"} & set(loaded.split())


@pytest.fixture
def in_a_new_python():
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    def run(code):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    return run
