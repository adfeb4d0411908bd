"""T28: what people and machines keep secret is in no log, whatever goes well or wrong."""

import io
import json
import logging
import re
from urllib.parse import quote

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib.store.connection import MeteredConnection
from chalicelib.store.errors import StoreError
from modules.contacts.people import service
from tests.security.places import FOR_TENANTS, Place, texts, view
from tests.security.test_credentials import bad_keys, bad_tokens, headers_around

SEEDED = {
    "name": "Zeferino Quixabeira",
    "given": "Zeferino",
    "family": "Quixabeira",
    "email": "zeferino.quixabeira@privat.example.com",
    "phone": "+14155558431",
    "typed phone": "(415) 555-8431",
    "city": "Quixadá do Sigilo",
    "birth date": "1961-04-23",
    "external id": "SEED-5512-XQ",
    "line": "+14165558432",
    "iccid": "8986000000005512999",
    "touch": "Told us of the divorce",
    "idempotency": "idem-5512-quixabeira",
}
CONTACT = {
    "name": SEEDED["name"],
    "given_name": SEEDED["given"],
    "family_name": SEEDED["family"],
    "emails": [SEEDED["email"]],
    "phones": [SEEDED["typed phone"]],
    "addresses": [{"city": SEEDED["city"]}],
    "birth_date": SEEDED["birth date"],
    "external_ids": [{"system": "billing", "id": SEEDED["external id"]}],
}


@pytest.fixture
def logged():
    """Every logger's output at the levels that it has in production, as our formatter and as the plain one write it."""
    stream = io.StringIO()
    handlers = [logging.StreamHandler(stream), logging.StreamHandler(stream)]
    handlers[0].setFormatter(LambdaPowertoolsFormatter())
    handlers[1].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    known = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    closed = [each for each in known if not each.propagate or each is logging.root]
    for logger in closed:
        for handler in handlers:
            logger.addHandler(handler)
    yield stream.getvalue
    for logger in closed:
        for handler in handlers:
            logger.removeHandler(handler)


def leaks(text, *more):
    secrets = {*SEEDED.values(), *more}
    spelled = {form for each in secrets for form in (each, quote(each), json.dumps(each)[1:-1], each.casefold())}
    return sorted({each for each in spelled if each and each in text})


def test_a_day_of_a_tenant__nothing_secret_in_any_log(deployment, logged):
    """Onboarding, people, keys, customers, lines, touches; look-ups, mistakes, conflicts, bad credentials."""
    place = Place(deployment, "Logged").furnish()
    key = place.key("contacts:read", "contacts:write", "contacts:read_sensitive")
    user, token = place.person("service_agent")
    revealed = {key, token, place.admin, place.link, deployment.operator}
    invited = place.invited("viewer")
    revealed |= {invited["invitation"]["link"], invited["name"], invited["email"]}

    def call(method, path, body=None, by=key, **headers):
        return deployment.call(method, path, body, by=by, **headers)

    made = call("POST", "/v1/contacts", CONTACT, Idempotency_Key=SEEDED["idempotency"])
    assert made.status == 201, made.text
    path = f"/v1/contacts/{made.body['id']}"
    assert call("POST", "/v1/contacts", CONTACT, Idempotency_Key=SEEDED["idempotency"]).status == 201
    assert call("POST", "/v1/contacts", {"name": SEEDED["name"]}, Idempotency_Key=SEEDED["idempotency"]).status == 422
    assert call("POST", "/v1/contacts", CONTACT).status == 409
    assert call("POST", f"{path}/lines", {"msisdn": SEEDED["line"], "iccid": SEEDED["iccid"]}).status == 201
    assert call("POST", f"{path}/lines", {"msisdn": SEEDED["line"]}).status == 409
    touch = {"channel": "phone", "direction": "inbound", "title": SEEDED["touch"], "summary": SEEDED["touch"]}
    assert call("POST", f"{path}/interactions", touch).status == 201
    for each in ("", "/overview", "/timeline", "/lines"):
        assert call("GET", path + each).status == 200
    for name, value in (("email", "email"), ("phone", "typed phone"), ("msisdn", "line"), ("iccid", "iccid")):
        assert call("GET", f"/v1/contacts/lookup?{name}={quote(SEEDED[value])}").status == 200
    external = quote(SEEDED["external id"])
    assert call("GET", f"/v1/contacts/by-external-id/billing/{external}").status == 200
    assert call("PUT", f"/v1/contacts/by-external-id/billing/{external}", CONTACT).status == 200
    assert call("GET", f"/v1/contacts?city={quote(SEEDED['city'])}&email={SEEDED['email']}").status == 200
    # Mistakes of every kind, with the secret where it should not be.
    assert call("PATCH", path, {"name": SEEDED["name"]}, If_Match='"99"').status == 412
    assert call("PATCH", path, {SEEDED["email"]: 1}).status == 422
    assert call("POST", "/v1/contacts", {"status": SEEDED["name"], "birth_date": SEEDED["phone"]}).status == 422
    assert call("POST", "/v1/contacts", f'{{"name": "{SEEDED["name"]}"').status == 400
    assert call("POST", "/v1/contacts/batch", {"operations": [{"op": SEEDED["name"], "data": CONTACT}]}).status == 207
    assert call("POST", "/v1/contacts/batch", {"operations": [{"op": "create", "data": CONTACT}]}).status == 207
    assert call("GET", f"/v1/contacts?{quote(SEEDED['name'])}={SEEDED['email']}").status == 400
    assert call("GET", f"/v1/contacts?cursor={SEEDED['email']}").status == 400
    assert call("GET", f"/v1/contacts/{SEEDED['email']}").status == 404
    assert call("GET", f"/v1/{SEEDED['email']}").status == 404
    assert call("PROPFIND", f"/v1/contacts?x={SEEDED['email']}").status == 405
    corpus = {**bad_tokens(place), **bad_keys(place)}
    for credential in corpus.values():
        assert call("GET", f"{path}?x={SEEDED['email']}", by=credential).status == 401
    for header in headers_around(place.admin):
        call("GET", path, by="", Authorization=header)
    for link in (place.link + "A", invited["invitation"]["link"]):
        call("POST", f"/v1/invitations/{link}/sign-in", {"token": token})
        call("POST", f"/v1/invitations/{link}/api-key", {"name": SEEDED["name"]})
    assert call("DELETE", path).status == 403
    deployment.call("POST", f"/v1/users/{user}/deactivate", by=place.admin)

    text = logged()
    assert text.count("request.served") > 50
    personal = {
        each for record in view(place).values() for each in texts(record) if "@" in each or each.startswith("+1")
    }
    assert not leaks(text, *revealed, *personal, *(each for each in corpus.values() if len(each) > 10))
    assert not re.search(r"sbk_|lnk_|eyJ|Bearer|@", text)


def test_the_line_of_each_request__has_ids_and_figures_alone(world, logged):
    """The raw usage event: whatever is added to it has to be looked at here."""
    known = {
        "level", "location", "message", "timestamp", "service", "request_id", "method", "operation", "unit", "tenant",
        "actor", "status", "round_trips", "read_units", "write_units", "sampling_rate", "correlation_id",
        "at", "source", "line", "compute_ms",
    }  # fmt: skip
    for route in FOR_TENANTS:
        if route.reads:
            world.north.ask(route)
    lines = [json.loads(line) for line in logged().splitlines() if line.startswith("{")]
    assert len(lines) > 20
    assert {name for line in lines for name in line} <= known


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


FAULTS = {
    "an exception that quotes a value": ValueError(f"cannot read {SEEDED['name']} <{SEEDED['email']}>"),
    "a store error that quotes a key": StoreError(f"ValidationException: {SEEDED['phone']}"),
    "a key that is missing": KeyError(SEEDED["email"]),
    "one that another one caused": None,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_ours__the_log_says_where_and_what_kind_and_repeats_no_value(north, logged, monkeypatch, fault):
    error = FAULTS[fault]
    if error is None:
        error = RuntimeError(SEEDED["name"])
        error.__cause__ = ValueError(SEEDED["email"])
    monkeypatch.setattr(service, "display_name", failing(error))
    answer = north.deployment.call("GET", f"/v1/contacts/{north.first('/v1/contacts')['id']}", by=north.admin)
    assert answer.status == 500
    text = logged()
    assert type(error).__name__ in text
    assert "people/service.py" in text
    assert answer.body["request_id"] in text
    assert not leaks(text)


def test_a_stored_record_that_no_longer_fits__500_and_its_values_are_not_logged(north, logged, monkeypatch):
    """Pydantic's message quotes the value that it could not read."""
    original = MeteredConnection.dispatch

    def damaged(self, operation, arguments):
        answer = original(self, operation, arguments)
        if "Item" in answer and answer["Item"]["kind"]["S"] == "contact":
            answer["Item"]["emails"] = {"S": json.dumps({"oops": SEEDED["email"]})}
            answer["Item"]["status"] = {"S": SEEDED["name"]}
        return answer

    monkeypatch.setattr(MeteredConnection, "dispatch", damaged)
    path = f"/v1/contacts/{north.first('/v1/contacts')['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "X"})):
        answer = north.deployment.call(method, path, body, by=north.admin)
        assert not leaks(answer.text)
    assert north.deployment.call("GET", path, by=north.admin).status == 500
    assert "ValidationError" in logged()
    assert not leaks(logged())
