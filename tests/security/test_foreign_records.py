"""Another tenant's record is answered as one that does not exist: by path, body, batch, look-up, filter and cursor."""

import itertools
import time

import pytest

from chalicelib.store.cursors import write_cursor
from tenants.kinds import JOURNAL
from tests.security.places import FOR_TENANTS, like, named, said, texts, view, what_is
from tests.security.recipes import LOOKUPS, SHARED_QUERIES
from tests.security.spy import spying

ADDRESSED = [
    pytest.param(route, name, id=f"{named(route)}-{name}")
    for route in FOR_TENANTS
    for name in route.path_names
    if what_is(route, name) in {"record", "natural"}
]
LISTS = [route for route in FOR_TENANTS if route.listing]


def shows_nothing_of(world, answer, *given):
    body = {name: each for name, each in (answer.body or {}).items() if name != "instance"}
    shown = {each for each in texts(body) if each not in given}
    return not shown & world.secrets and not any(secret in each for each in shown for secret in world.secrets)


@pytest.mark.parametrize("parents", ["own", "theirs"])
@pytest.mark.parametrize(("route", "name"), ADDRESSED)
def test_another_tenants_id_in_the_path__the_answer_of_an_unknown_one(world, north, south, route, name, parents):
    """With everything else in the path the caller's own, and with everything else the other tenant's."""
    others = {} if parents == "own" else south.values(route)
    foreign = others | {name: south.value(route, name)}
    unknown = others | {name: like(foreign[name])}
    natural = what_is(route, name) == "natural" and not route.reads
    body = north.body(route) if route.body and not natural else None
    with spying() as spy:
        answers = [north.ask(route, values, body=body) for values in (foreign, unknown)]
    if natural:  # a name that is free here: both are created
        assert [each.status for each in answers] == [201, 201], answers[0].text
    else:
        assert answers[0].status == 404
        assert said(answers[0], *foreign.values()) == said(answers[1], *unknown.values())
    assert shows_nothing_of(world, answers[0], *foreign.values())
    assert not spy.strays(north.id)


BODIES = [
    pytest.param(route, field, id=f"{named(route)}-{field}")
    for route in FOR_TENANTS
    if route.body is not None and route.batch is None
    for field in route.body.model_fields
    if field.endswith("_id")
]


@pytest.mark.parametrize(("route", "field"), BODIES)
def test_another_tenants_id_in_a_body__the_answer_of_an_unknown_one(world, north, south, route, field):
    for collection in south.made:
        foreign = south.first(collection)["id"]
        unknown = like(foreign)
        answers = []
        with spying() as spy:
            for value in (foreign, unknown):
                body = {field: value} if route.merge_patch else {**north.body(route), field: value}
                answers.append(north.ask(route, body=body))
        assert answers[0].status == answers[1].status
        if answers[0].status >= 400:
            assert said(answers[0], foreign) == said(answers[1], unknown)
        assert shows_nothing_of(world, answers[0], foreign)
        assert not spy.strays(north.id)


BATCHES = [route for route in FOR_TENANTS if route.batch is not None]


def operations_on(route, place):
    """One operation of each sort that names a record, on the place's."""
    if not route.batch.performs.keys() & {"update", "delete"}:
        return
    record = place.first(route.path.removesuffix("/batch"))["id"]
    if "update" in route.batch.performs:
        yield {"op": "update", "id": record, "data": {"status": "churned"}}, record
    if "delete" in route.batch.performs:
        yield {"op": "delete", "id": record}, record


@pytest.mark.parametrize("atomic", ["false", "true"])
@pytest.mark.parametrize("route", BATCHES, ids=named)
def test_operations_of_a_batch_on_another_tenants_records__the_results_of_unknown_ones(
    world, north, south, route, atomic
):
    for operation, record in operations_on(route, south):
        unknown = like(record)
        with spying() as spy:
            answers = [
                north.ask(route, body={"operations": [operation | {"id": value}]}, query=f"atomic={atomic}")
                for value in (record, unknown)
            ]
        assert said(answers[0], record) == said(answers[1], unknown)
        assert "not_found" in answers[0].text
        assert shows_nothing_of(world, answers[0], record)
        assert not spy.strays(north.id)
        assert not spy.writes


def test_an_interaction_in_a_batch_for_another_tenants_contact__the_result_of_an_unknown_one(world, north, south):
    route = next(each for each in BATCHES if named(each) == "batch_interactions")
    contact = south.first("/v1/contacts")["id"]
    answers = []
    for value in (contact, unknown := like(contact)):
        data = {"channel": "phone", "direction": "inbound", "title": "Asks", "contact_id": value}
        answers.append(north.ask(route, body={"operations": [{"op": "create", "data": data}]}))
    assert said(answers[0], contact) == said(answers[1], unknown)
    assert [each["status"] for each in answers[0].body["results"]] == [404]
    assert shows_nothing_of(world, answers[0], contact)


def test_upserts_by_another_tenants_natural_keys__create_here_and_touch_nothing_there(world, north, south):
    route = next(each for each in BATCHES if named(each) == "batch_contacts")
    key = south.first("/v1/contacts")["external_ids"][0]
    before = south.ask(next(each for each in FOR_TENANTS if named(each) == "get_contact"))
    with spying() as spy:
        answer = north.ask(route, body={"operations": [{"op": "upsert", "key": key, "data": {"name": "Ours"}}]})
    assert [each["status"] for each in answer.body["results"]] == [201]
    assert not spy.strays(north.id)
    after = south.ask(next(each for each in FOR_TENANTS if named(each) == "get_contact"))
    assert said(after) == said(before)
    assert after.body["version"] == before.body["version"]


def test_values_that_must_be_unique_and_are_taken_in_another_tenant__are_free_here(north, south):
    """Nothing can be inferred from a conflict: the other tenant's customers, numbers, people and fields are free."""
    contact = {
        "external_ids": south.made["/v1/contacts"][1]["external_ids"],
        "emails": south.first("/v1/contacts")["emails"],
    }
    line = {
        name: south.first("/v1/contacts/{contact_id}/lines")[name] for name in ("msisdn", "iccid", "imsi", "account")
    }
    person = south.first("/v1/users")
    own = north.first("/v1/contacts")["id"]
    for path, body in (
        ("/v1/contacts", contact),
        (f"/v1/contacts/{own}/lines", line),
        ("/v1/users", {"name": "P", "email": person["email"], "role": "viewer"}),
        ("/v1/contacts/custom-fields", {"name": south.first("/v1/contacts/custom-fields")["name"], "type": "text"}),
    ):
        answer = north.deployment.call("POST", path, body, by=north.admin)
        assert answer.status == 201, (path, answer.text)


# -- lists, look-ups, filters, cursors


def asked(route):
    """The text parameters of a reading route that is no list: what it can be asked by."""
    return (
        [name for name, info in route.query.model_fields.items() if "str" in str(info.annotation)]
        if route.query
        else []
    )


LOOKED_UP = [
    pytest.param(route, name, id=f"{named(route)}-{name}")
    for route in FOR_TENANTS
    if route.reads and not route.listing
    for name in asked(route)
    if name not in SHARED_QUERIES
]


def value_to_look_up(place, name):
    if name in LOOKUPS:
        return LOOKUPS[name](place)
    found = [record[name] for records in place.made.values() for record in records if isinstance(record.get(name), str)]
    if not found:
        pytest.fail(f"no record has {name!r}: give its examples one, or add the parameter to LOOKUPS in recipes.py")
    return found[0]


@pytest.mark.parametrize(("route", "name"), LOOKED_UP)
def test_look_up_by_another_tenants_value__the_answer_for_a_value_that_nobody_has(world, north, south, route, name):
    foreign = value_to_look_up(south, name)
    unknown = foreign[:-4] + "".join(str(9 - int(each)) if each.isdigit() else "z" for each in foreign[-4:])
    path = route.path.format(**north.values(route))
    with spying() as spy:
        answers = [
            north.deployment.call("GET", f"{path}?{name}={value.replace('+', '%2B')}", by=north.admin)
            for value in (foreign, unknown)
        ]
    assert answers[0].status == 404
    assert said(answers[0], foreign) == said(answers[1], unknown)
    assert shows_nothing_of(world, answers[0], foreign)
    assert not spy.strays(north.id)


def test_the_own_value_of_each_look_up_is_found(north):
    """Else the test above would prove nothing."""
    for case in LOOKED_UP:
        route, name = case.values
        value = value_to_look_up(north, name).replace("+", "%2B")
        path = route.path.format(**north.values(route))
        answer = north.deployment.call("GET", f"{path}?{name}={value}", by=north.admin)
        assert answer.status == 200, (name, answer.text)


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_list__shows_nothing_of_another_tenant(world, north, route):
    with spying() as spy:
        answer = north.ask(route, query="limit=200")
    assert answer.status == 200
    assert shows_nothing_of(world, answer)
    assert not spy.strays(north.id)


def values_at(document, path):
    for part in path.split("."):
        document = [
            inner.get(part)
            for each in document
            for inner in (each if isinstance(each, list) else [each])
            if isinstance(inner, dict)
        ]
        document = list(itertools.chain.from_iterable(each if isinstance(each, list) else [each] for each in document))
    return [each for each in document if each is not None]


FILTERS = [
    pytest.param(route, each, id=f"{named(route)}-{each.name}") for route in LISTS for each in route.listing.filters
]


@pytest.mark.parametrize(("route", "filter_"), FILTERS)
def test_a_filter_by_another_tenants_value__finds_what_an_unknown_value_finds(world, north, south, route, filter_):
    items = south.ask(route, query="limit=200").body["items"]
    foreign = [each for each in values_at(items, filter_.attribute) if each in world.secrets]
    for value in foreign[:2]:
        with spying() as spy:
            answer = north.deployment.call(
                "GET", f"{_path(north, route)}?{filter_.name}={value.replace('+', '%2B')}", by=north.admin
            )
        assert answer.status == 200, answer.text
        assert answer.body["items"] == []
        assert not answer.body["next_cursor"] or route.listing is JOURNAL  # which always goes on
        assert not spy.strays(north.id)


def _path(place, route):
    path = route.path
    for name, value in place.values(route).items():
        path = path.replace(f"{{{name}}}", value)
    return path


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_another_tenants_cursor__400_and_nothing_is_read(world, north, south, route):
    theirs = south.ask(route, query="limit=1").body["next_cursor"]
    assert theirs, "each list has a second page"
    north.ask(route, query="limit=1")  # all that the gate remembers is warm
    with spying() as spy:
        answer = north.ask(route, query=f"limit=1&cursor={theirs}")
    assert (answer.status, answer.code) == (400, "invalid_cursor")
    assert not spy.calls
    assert shows_nothing_of(world, answer)


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_an_own_cursor_that_was_bent_or_made_for_another_query__400_and_nothing_is_read(north, route):
    own = north.ask(route, query="limit=1").body["next_cursor"]
    position = {"pk": {"S": f"{north.id}#contact"}, "sk": {"S": "contact"}}
    forged = [
        own[:-6] + ("A" if own[-6] != "A" else "B") + own[-5:],
        own[: len(own) // 2],
        "cursor",
        write_cursor(north.deployment.keyring, north.id, "another query", position),
        "%00",
        "",
    ]
    for cursor in forged:
        with spying() as spy:
            answer = north.ask(route, query=f"limit=1&cursor={cursor}")
        assert (answer.status, answer.code) == (400, "invalid_cursor"), cursor
        assert not spy.calls


@pytest.mark.parametrize("route", LISTS, ids=named)
def test_a_cursor_that_expired__400(north, route, monkeypatch):
    own = north.ask(route, query="limit=1").body["next_cursor"]
    later = time.time() + route.listing.cursor_hours * 3600 + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert north.ask(route, query=f"limit=1&cursor={own}").code == "invalid_cursor"


# -- the whole of it


def test_what_a_tenant_sees_is_the_same_with_and_without_a_neighbour(world, north, south):
    """Before the neighbour came, and after it has done all that it can: not a number differs."""
    for route in FOR_TENANTS:
        if not route.reads:
            for nth in (1, 0):
                south.ask(route, nth=nth)
    world.deployment.forget()
    after = view(north)
    assert [name for name, seen in world.alone.items() if after[name] != seen] == []
    assert after.keys() == world.alone.keys()
