"""Field-level masking: without contacts:read_sensitive no number and no birth date is seen, filtered by or inferred."""

from typing import get_args

import pytest

from chalicelib.web.render import Sensitive
from tenants.roles import ROLES
from tests.security.deployment import ROUTES
from tests.security.places import FOR_TENANTS, READING, named, texts, view
from tests.security.spy import spying
from tests.security.test_roles import holds

SENSITIVE = "contacts:read_sensitive"
BLIND = [role for role in ROLES if holds(role, "contacts:read") and not holds(role, SENSITIVE)]
SEEING = [role for role in ROLES if holds(role, "contacts:read") and holds(role, SENSITIVE)]


def hidden_values(model, document):
    """The values in a document that its model marks as sensitive, found by walking both."""
    for name, info in model.model_fields.items():
        value = document.get(name)
        if any(isinstance(each, Sensitive) for each in info.metadata):
            yield from value if isinstance(value, list) else [value]
        for inner in (info.annotation, *get_args(info.annotation)):
            if isinstance(inner, type) and hasattr(inner, "model_fields"):
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, dict):
                        yield from hidden_values(inner, part)


def sensitive_of(place):
    """All sensitive values of the tenant: what its admin sees of them."""
    found = set()
    for name, seen in view(place).items():
        model = next(route for route in ROUTES if named(route) == name).answer.model
        for item in seen.get("items", [seen]) if model else ():
            found |= {each for each in hidden_values(model, item) if each}
    return found


@pytest.fixture
def secrets(north):
    found = sensitive_of(north)
    contact, line = north.first("/v1/contacts"), north.first("/v1/contacts/{contact_id}/lines")
    expected = {
        contact["phones"][0],
        contact["birth_date"],
        *(line[each] for each in ("msisdn", "iccid", "imsi", "imei")),
    }
    assert expected <= found
    return found


def shows(answer, secrets):
    said = set(texts(answer.body)) if answer.text.startswith("{") else {answer.text}
    return sorted(each for each in secrets if any(each in text for text in (*said, str(answer.headers))))


def query_of(place, route):
    if "lookup" in route.path:
        return f"external_id=billing:{place.first('/v1/contacts')['external_ids'][0]['id']}"
    return "limit=200" if route.listing else ""


def test_there_are_roles_of_both_sorts():
    assert {"viewer", "analyst", "marketer", "partner_manager"} <= set(BLIND)
    assert {"admin", "service_agent"} <= set(SEEING)


@pytest.mark.parametrize("role", BLIND)
def test_a_role_without_the_permission__sees_none_of_it_on_any_reading_route(north, secrets, role):
    token = north.person(role)[1]
    for route in READING:
        answer = north.ask(route, by=token, query=query_of(north, route))
        assert not shows(answer, secrets), named(route)


def test_an_api_key_without_the_scope__sees_none_of_it(north, secrets):
    key = north.key("contacts:read")
    for route in READING:
        assert not shows(north.ask(route, by=key, query=query_of(north, route)), secrets), named(route)


def test_masks_keep_the_last_four_digits_and_say_nothing_of_a_birth_date(north):
    path = f"/v1/contacts/{north.first('/v1/contacts')['id']}"
    seen, masked = (
        north.deployment.call("GET", path, by=each).body for each in (north.admin, north.person("viewer")[1])
    )
    assert masked["phones"] == ["•••" + each[-4:] for each in seen["phones"]]
    assert masked["birth_date"] is None
    assert {name for name in seen if seen[name] != masked[name]} == {"phones", "birth_date"}


@pytest.mark.parametrize("fields", ["phones", "birth_date", "phones,birth_date,id", "phones,name"])
def test_asking_for_the_field_by_name__shows_none_of_it(north, secrets, fields):
    token, contact = north.person("viewer")[1], north.first("/v1/contacts")["id"]
    for path in (
        f"/v1/contacts/{contact}?",
        "/v1/contacts?limit=200&",
        f"/v1/contacts/lookup?email={north.first('/v1/contacts')['emails'][0]}&",
    ):
        answer = north.deployment.call("GET", f"{path}fields={fields}", by=token)
        assert answer.status == 200, answer.text
        assert not shows(answer, secrets)
    for path in ("/v1/lines?", f"/v1/contacts/{contact}/lines?"):
        answer = north.deployment.call("GET", f"{path}fields=msisdn,iccid,imsi,imei", by=token)
        assert answer.status == 200
        assert not shows(answer, secrets)


@pytest.mark.parametrize("role", BLIND)
def test_filtering_or_sorting_by_it__400_for_any_value_and_nothing_is_read(north, role):
    token = north.person(role)[1]
    phone = north.first("/v1/contacts")["phones"][0].replace("+", "%2B")
    north.deployment.call("GET", "/v1/contacts?limit=1", by=token)
    for query in (
        f"phone={phone}",
        f"phone.in={phone},1",
        "birth_date.gte=1900-01-01",
        "birth_date=1990-01-01",
        "sort=birth_date",
        "sort=-phones",
        f"phones={phone}",
        f"msisdn={phone}",
        "birth_date.lt=x",
    ):
        with spying() as spy:
            answer = north.deployment.call("GET", f"/v1/contacts?{query}", by=token)
        assert (answer.status, answer.code) == (400, "invalid_parameter"), query
        assert not spy.calls


def test_with_the_permission__the_same_filters_answer(north):
    contact = north.first("/v1/contacts")
    phone = contact["phones"][0].replace("+", "%2B")
    for query in (f"phone={phone}", f"birth_date={contact['birth_date']}"):
        answer = north.deployment.call("GET", f"/v1/contacts?{query}", by=north.admin)
        assert contact["id"] in {each["id"] for each in answer.body["items"]}, query


@pytest.mark.parametrize("role", BLIND)
def test_searching_by_digits__finds_nothing_and_reads_no_number(north, role):
    token = north.person(role)[1]
    for contact in north.made["/v1/contacts"]:
        for digits in (contact["phones"][0].lstrip("+"), contact["phones"][0][-7:], contact["phones"][0][-4:]):
            answer = north.deployment.call("GET", f"/v1/contacts?q={digits}", by=token)
            assert (answer.status, answer.body["items"]) == (200, []), digits


@pytest.mark.parametrize("role", BLIND)
def test_looking_up_a_whole_number__finds_who_has_it_and_shows_it_masked(north, secrets, role):
    """Who knows a number whole may ask whose it is (a call comes in); a part of it finds nobody."""
    user_id, token = north.person(role)
    contact, line = north.first("/v1/contacts"), north.first("/v1/contacts/{contact_id}/lines")
    path = f"/v1/contacts/{contact['id']}"
    assert north.deployment.call("PATCH", path, {"owner_id": user_id}, by=north.admin).status == 200
    for name, value in (("phone", contact["phones"][0]), ("msisdn", line["msisdn"])):
        number = value.replace("+", "%2B")
        answer = north.deployment.call("GET", f"/v1/contacts/lookup?{name}={number}", by=token)
        assert (answer.status, answer.body["id"]) == (200, contact["id"])
        assert not shows(answer, secrets)
        part = north.deployment.call("GET", f"/v1/contacts/lookup?{name}={number[:-1]}", by=token)
        assert part.status == 404


def test_an_own_role_without_the_permission__is_as_blind_as_a_built_in_one(north, secrets):
    titles = {"en": "Blind", "zh": "脱敏"}
    body = {"name": "blind", "titles": titles, "default_reach": "all", "permissions": ["contacts:read"]}
    made = north.deployment.call("POST", "/v1/roles", body, by=north.admin)
    assert made.status == 201, made.text
    token = north.person("blind")[1]
    for route in READING:
        answer = north.ask(route, by=token, query=query_of(north, route))
        assert not shows(answer, secrets), named(route)
    phone = north.first("/v1/contacts")["phones"][0].replace("+", "%2B")
    refused = north.deployment.call("GET", f"/v1/contacts?phone={phone}", by=token)
    assert (refused.status, refused.code) == (400, "invalid_parameter")


WRITERS = [role for role in BLIND if holds(role, "contacts:write")]


@pytest.mark.parametrize("role", WRITERS)
def test_who_may_write_but_not_see__meets_masks_in_answers_and_in_412(north, secrets, role):
    """A partner's manager: own writes come back masked, and so does what a stale If-Match shows."""
    token = north.person(role)[1]
    phone = "+14155559876"
    body = {"name": "Written", "phones": [phone], "birth_date": "1987-06-05", "owner_id": north.person(role)[0]}
    made = north.deployment.call("POST", "/v1/contacts", body, by=token)
    assert made.status == 201, made.text
    path = f"/v1/contacts/{made.body['id']}"
    line = north.deployment.call(
        "POST", f"{path}/lines", {"msisdn": "+14155559877", "iccid": "8986000000000009877"}, by=token
    )
    assert line.status == 201, line.text
    hidden = {phone, "1987-06-05", "+14155559877", "8986000000000009877"} | secrets
    answers = [made, line]
    answers.append(north.deployment.call("PATCH", path, {"status": "suspended"}, by=token))
    for stale, change in (
        (path, {"phones": [], "birth_date": None, "name": "X"}),
        (f"{path}/lines/{line.body['id']}", {"msisdn": None, "iccid": None}),
    ):
        answer = north.deployment.call("PATCH", stale, change, by=token, If_Match='"99"')
        assert (answer.status, answer.code) == (412, "version_mismatch"), answer.text
        assert answer.body["current"].keys() == change.keys()
        answers.append(answer)
    upsert = {
        "operations": [
            {"op": "update", "id": made.body["id"], "if_match": 99, "data": {"phones": [], "birth_date": None}}
        ]
    }
    answers.append(north.deployment.call("POST", "/v1/contacts/batch", upsert, by=token))
    assert answers[-1].body["results"][0]["status"] == 412
    for answer in answers:
        assert not shows(answer, hidden), answer.text
    seen = north.deployment.call("PATCH", path, {"phones": []}, by=north.admin, If_Match='"99"')
    assert seen.body["current"] == {"phones": [phone]}


@pytest.mark.parametrize("role", WRITERS)
def test_a_conflict_over_a_number__does_not_repeat_it(north, secrets, role):
    token, owner = north.person(role)[1], north.person(role)[0]
    mine = north.deployment.call("POST", "/v1/contacts", {"name": "Mine", "owner_id": owner}, by=token).body["id"]
    taken = north.first("/v1/contacts/{contact_id}/lines")["msisdn"]
    answer = north.deployment.call("POST", f"/v1/contacts/{mine}/lines", {"msisdn": taken}, by=token)
    assert (answer.status, answer.code) == (409, "already_exists")
    assert not shows(answer, secrets)


def test_a_masked_document_sent_back__changes_no_number(north):
    """What a blind reader PATCHes back is refused, and never stored as the number."""
    token, owner = north.person("partner_manager")[1], north.person("partner_manager")[0]
    made = north.deployment.call("POST", "/v1/contacts", {"phones": ["+14155559875"], "owner_id": owner}, by=token).body
    answer = north.deployment.call("PATCH", f"/v1/contacts/{made['id']}", {"phones": made["phones"]}, by=token)
    assert answer.status == 422
    stored = north.deployment.call("GET", f"/v1/contacts/{made['id']}", by=north.admin).body
    assert stored["phones"] == ["+14155559875"]


def test_every_reading_route_is_among_those_walked():
    assert set(map(named, READING)) == {named(route) for route in FOR_TENANTS if route.method == "GET"}
