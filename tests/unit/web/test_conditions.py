"""Headers between a change and the next one: Location and If-Match."""

import json

import pytest

from chalicelib.access import api_keys
from tests.support.throw_away import ROUTES, Tenant, application


@pytest.fixture
def send():
    api = application(Tenant(), ROUTES.declared)

    def call(method, path, body=None, **headers):
        event = {
            "httpMethod": method,
            "path": path,
            "headers": {
                "Authorization": f"Bearer {api_keys.mint(Tenant.tenant_id)}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "requestContext": {},
            "body": json.dumps(body) if body is not None else None,
        }
        return api(event, None)

    return call


def test_location__made_of_a_callers_text__is_ascii(send):
    answer = send("POST", "/v1/animals/%E7%8C%AB/feedings", {"grams": 3, "food": "hay"})
    assert answer["statusCode"] == 201
    assert answer["headers"]["Location"] == "/v1/animals/%E7%8C%AB"


@pytest.mark.parametrize("tag", ["", " ", "3", 'W/"3"', '"x"', '"١"'])
def test_if_match__no_tag_of_ours__refused_before_anything_changes(send, tag):
    answer = send("DELETE", "/v1/animals/anm_1", if_match=tag)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (400, "bad_request")


@pytest.mark.parametrize("tag", ["*", '"3"'])
def test_if_match__a_tag_of_ours_or_any__taken(send, tag):
    assert send("DELETE", "/v1/animals/anm_1", if_match=tag)["statusCode"] == 204
