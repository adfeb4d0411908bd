"""One Application, 16 threads, no store: no request sees another one's path, body, headers or answer."""

import json
from functools import partial

from chalicelib.access import api_keys
from tests.fault.crowd import all_at_once
from tests.support.throw_away import ROUTES, Tenant, application

THREADS = 16
REQUESTS = 60


def event(method, path, body=None, **headers):
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"Authorization": f"Bearer {api_keys.mint(Tenant.tenant_id)}", **headers},
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "requestContext": {},
        "body": json.dumps(body) if body is not None else None,
    }


def test_every_answer_belongs_to_its_request():
    api = application(Tenant(), ROUTES.declared)

    def work(number):
        wrong = []
        for step in range(REQUESTS):
            mark = f"mark-{number:02}-{step:03}"
            name = {"X-Request-Id": mark}
            made = api(event("POST", "/v1/animals", {"name": mark, "chip": "276098106000001"}, **name), None)
            fed = api(event("POST", f"/v1/animals/{mark}/feedings", {"grams": step + 1, "food": mark}, **name), None)
            lost = api(event("GET", f"/v1/animals/{mark}", **name), None)
            answers = [made, fed, lost]
            wrong += [each for each in answers if each["headers"]["X-Request-Id"] != mark]
            expected = (
                json.loads(made["body"])["name"] == mark,
                json.loads(fed["body"]) == {"grams": step + 1, "food": mark},
                fed["headers"]["Location"] == f"/v1/animals/{mark}",
                (lost["statusCode"], json.loads(lost["body"])["instance"]) == (404, f"/v1/animals/{mark}"),
            )
            wrong += [(mark, position) for position, right in enumerate(expected) if not right]
        return wrong

    assert all_at_once([partial(work, number) for number in range(THREADS)]) == [[]] * THREADS
