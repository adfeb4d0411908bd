"""Data scopes: who reaches part of the org tree sees that part alone, and the rest is as if it did not exist."""

from types import SimpleNamespace

import pytest

from chalicelib.web.routes import permission_of
from tenants.roles import ROLES
from tests.security.places import FOR_TENANTS, Place, like, named, said, texts
from tests.security.spy import spying

ABOUT_A_CONTACT = [route for route in FOR_TENANTS if route.path_names == ("contact_id",)]
INSIDE_A_CONTACT = [route for route in FOR_TENANTS if "contact_id" in route.path_names and len(route.path_names) > 1]
PLACES = ("west", "west_one", "east", "root", "owned")
SEES = {
    "subtree": {"west", "west_one"},
    "unit": {"west"},
    "own": {"owned"},
    "outside": set(),
}
ROLE = {"subtree": "service_agent", "unit": "service_agent", "own": "account_manager", "outside": "service_agent"}
CASES = [pytest.param(who, place, id=f"{who}-{place}") for who in SEES for place in PLACES]


@pytest.fixture
def tree(grown, as_it_was):
    return grown


@pytest.fixture(scope="package")
def grown(world):
    """A tenant of its own: root → west → west_one, root → east; a customer with a line and a touch in each unit.

    And one in east whose owner is of west.
    """
    north = Place(world.deployment, "Tree").furnish()
    call, admin = north.deployment.call, north.admin

    def unit(name, parent):
        answer = call("POST", "/v1/org-units", {"name": name, "parent_id": parent}, by=admin)
        assert answer.status == 201
        return answer.body["id"]

    west, east = unit("West", north.root_unit), unit("East", north.root_unit)
    units = {"west": west, "west_one": unit("West one", west), "east": east, "root": north.root_unit, "owned": east}
    people = {
        "subtree": north.person(ROLE["subtree"], unit=west),
        "unit": north.person(ROLE["unit"], reach="unit", unit=west),
        "own": north.person(ROLE["own"], unit=west),
        "outside": north.person(ROLE["outside"], unit=unit("Empty", north.root_unit)),
        "neighbour": north.person("service_agent", unit=east),
    }
    customers = {}
    for number, (name, unit_id) in enumerate(units.items()):
        body = {
            "name": f"Scoped {name}",
            "external_ids": [{"system": "scope", "id": name}],
            "emails": [f"{name}@scope.example.com"],
            "phones": [f"+1415556010{number}"],
            "org_unit_id": unit_id,
            "owner_id": people["own"][0] if name == "owned" else None,
        }
        contact = call("POST", "/v1/contacts", body, by=admin).body
        line = {"msisdn": f"+1415556020{number}", "account": f"scope-{name}", "product": f"Product {name}"}
        touch = {"channel": "phone", "direction": "inbound", "title": f"Touch {name}"}
        made = {"line_id": call("POST", f"/v1/contacts/{contact['id']}/lines", line, by=admin).body}
        made["interaction_id"] = call("POST", f"/v1/contacts/{contact['id']}/interactions", touch, by=admin).body
        customers[name] = {**contact, "line": line, "made": {each: made[each]["id"] for each in made}}
    return SimpleNamespace(
        north=north, call=call, units=units, customers=customers, who=lambda name: people[name][1], people=people
    )


def may(who, route):
    """Whether the person's role may call it at all; test_roles.py looks after those that may not."""
    return bool(ROLES[ROLE[who]].permissions([permission_of(route)]))


def ask(tree, who, route, contact, **inside):
    body = tree.north.body(route) if route.body else None
    if named(route) == "transfer_line":
        body = {"to": tree.call("POST", "/v1/contacts", {"name": "taker"}, by=tree.who(who)).body["id"]}
        # Others before may have ended the line that all of them are about.
        fresh = tree.call("POST", f"/v1/contacts/{contact}/lines", {"account": "to go"}, by=tree.north.admin)
        inside = {"line_id": fresh.body["id"]} if fresh.status == 201 else inside
    return tree.north.ask(route, {"contact_id": contact, **inside}, by=tree.who(who), body=body)


@pytest.mark.parametrize(("who", "place"), CASES)
def test_get_overview_timeline_lines_and_changes__the_own_part_alone(tree, who, place):
    contact = tree.customers[place]["id"]
    for route in ABOUT_A_CONTACT:
        if route.method == "DELETE" or not may(who, route):
            continue
        with spying() as spy:
            answer = ask(tree, who, route, contact)
        if place in SEES[who]:
            assert answer.status in route.answer.statuses, (named(route), answer.text)
        else:
            assert said(answer, contact) == said(ask(tree, who, route, unknown := like(contact)), unknown), named(route)
            assert answer.status == 404
            assert not spy.writes


@pytest.mark.parametrize(("who", "place"), CASES)
def test_lines_and_interactions__the_own_part_alone(tree, who, place):
    customer = tree.customers[place]
    for route in INSIDE_A_CONTACT:
        if not may(who, route):
            continue
        inside = {name: each for name, each in customer["made"].items() if name in route.path_names}
        answer = ask(tree, who, route, customer["id"], **inside)
        if place in SEES[who]:
            assert answer.status in route.answer.statuses, (named(route), answer.text)
        else:
            other = ask(tree, who, route, unknown := like(customer["id"]), **inside)
            assert said(answer, customer["id"]) == said(other, unknown)
            assert answer.status == 404


@pytest.mark.parametrize(("who", "place"), CASES)
def test_look_up_by_any_key__the_own_part_alone(tree, who, place):
    customer = tree.customers[place]
    keys = {
        "external_id": f"scope:{place}",
        "email": customer["emails"][0],
        "phone": customer["phones"][0].replace("+", "%2B"),
        "msisdn": customer["line"]["msisdn"].replace("+", "%2B"),
        "account": customer["line"]["account"],
    }
    for name, value in keys.items():
        answer = tree.call("GET", f"/v1/contacts/lookup?{name}={value}", by=tree.who(who))
        if place in SEES[who]:
            assert answer.body["id"] == customer["id"], name
        else:
            nobody = tree.call("GET", f"/v1/contacts/lookup?{name}={value[:-1]}9", by=tree.who(who))
            assert (answer.status, said(answer)) == (404, said(nobody)), name
    answer = tree.call("GET", f"/v1/contacts/by-external-id/scope/{place}", by=tree.who(who))
    assert answer.status == (200 if place in SEES[who] else 404)


@pytest.mark.parametrize("who", SEES)
@pytest.mark.parametrize(
    "query", ["", "status=active", "sort=created_at", "external_system=scope", "created_at.gte=2020-01-01T00:00:00Z"]
)
def test_lists__the_own_part_alone_page_by_page(tree, who, query):
    for path, ids in (
        ("/v1/contacts", {tree.customers[each]["id"] for each in SEES[who]}),
        ("/v1/lines", {tree.customers[each]["made"]["line_id"] for each in SEES[who]}),
    ):
        if path == "/v1/lines" and "external" in query:
            continue
        found, cursor = [], ""
        while True:
            answer = tree.call("GET", f"{path}?limit=1&{query}{cursor}", by=tree.who(who))
            assert answer.status == 200, answer.text
            found += [each["id"] for each in answer.body["items"]]
            if answer.body["next_cursor"] is None:
                break
            cursor = f"&cursor={answer.body['next_cursor']}"
        assert sorted(found) == sorted(ids), path


@pytest.mark.parametrize("who", SEES)
def test_users_and_org_units__the_own_part_alone(tree, who):
    own_id = tree.people[who][0]
    users = {each["id"] for each in tree.call("GET", "/v1/users?limit=200", by=tree.who(who)).body["items"]}
    units = {each["id"] for each in tree.call("GET", "/v1/org-units?limit=200", by=tree.who(who)).body["items"]}
    assert tree.north.document["admin_user_id"] not in users
    assert tree.north.root_unit not in units
    assert tree.units["east"] not in units
    assert own_id in users
    for path, hidden in (("users", tree.north.document["admin_user_id"]), ("org-units", tree.units["east"])):
        answer = tree.call("GET", f"/v1/{path}/{hidden}", by=tree.who(who))
        nobody = tree.call("GET", f"/v1/{path}/{like(hidden)}", by=tree.who(who))
        assert (answer.status, said(answer)) == (404, said(nobody))


@pytest.mark.parametrize("atomic", ["false", "true"])
@pytest.mark.parametrize(("who", "place"), CASES)
def test_batches__operations_on_what_is_out_of_reach_are_answered_as_unknown(tree, who, place, atomic):
    contact = tree.customers[place]["id"]

    def results(record):
        operations = [{"op": "update", "id": record, "data": {"name": "Changed"}}]
        body = {"operations": operations}
        return tree.call("POST", f"/v1/contacts/batch?atomic={atomic}", body, by=tree.who(who))

    if place in SEES[who]:
        assert results(contact).body["results"][0]["status"] == 200
        return
    with spying() as spy:
        answer = results(contact)
    assert said(answer, contact) == said(results(unknown := like(contact)), unknown)
    assert not spy.writes
    data = {"channel": "phone", "direction": "inbound", "title": "T", "contact_id": contact}
    body = {"operations": [{"op": "create", "data": data}]}
    answer = tree.call("POST", "/v1/interactions/batch", body, by=tree.who(who))
    assert answer.body["results"][0]["status"] == 404


def out_of_reach(tree, answer, customer):
    assert (answer.status, answer.code) == (409, "already_exists"), answer.text
    body = {name: each for name, each in answer.body.items() if name != "instance"}
    assert customer["id"] not in set(texts(body))
    assert not any(customer["id"] in each for each in texts(body))
    assert tree.call("GET", f"/v1/contacts/{customer['id']}", by=tree.north.admin).body["version"] == 1
    return True


@pytest.mark.parametrize("who", ["subtree", "own", "outside"])
def test_a_key_that_somebody_out_of_reach_holds__409_that_does_not_say_who_and_no_dozen_of_attempts(tree, who):
    """Uniqueness is the tenant's, so this much shows; the other's id does not."""
    customer = tree.customers["east"]
    key = {"system": "scope", "id": "east"}
    requests = [
        ("PUT", "/v1/contacts/by-external-id/scope/east", {"name": "X"}),
        ("POST", "/v1/contacts", {"name": "X", "external_ids": [key]}),
    ]
    if who == "own":
        mine = tree.customers["owned"]["id"]
        requests.append(("PATCH", f"/v1/contacts/{mine}", {"external_ids": [key]}))
        requests.append(("POST", f"/v1/contacts/{mine}/lines", {"msisdn": customer["line"]["msisdn"]}))
    for method, path, body in requests:
        with spying() as spy:
            answer = tree.call(method, path, body, by=tree.who(who))
        assert out_of_reach(tree, answer, customer)
        assert len(spy.writes) <= 2
    operations = [
        {"op": "upsert", "key": key, "data": {"name": "X"}},
        {"op": "create", "data": {"external_ids": [key]}},
    ]
    for operation in operations:
        answer = tree.call("POST", "/v1/contacts/batch", {"operations": [operation]}, by=tree.who(who))
        assert answer.body["results"][0]["status"] == 409, answer.text
        assert customer["id"] not in answer.text


@pytest.mark.parametrize("field", ["parent_id", "org_unit_id"])
@pytest.mark.parametrize("who", ["subtree", "own"])
def test_a_reference_to_what_is_out_of_reach__the_answer_of_an_unknown_one(tree, who, field):
    hidden = {"parent_id": tree.customers["east"]["id"], "org_unit_id": tree.units["east"]}[field]
    answers = [
        tree.call("POST", "/v1/contacts", {"name": "X", field: each}, by=tree.who(who))
        for each in (hidden, like(hidden))
    ]
    assert answers[0].status == 422
    assert said(answers[0], hidden) == said(answers[1])


def test_a_customer_that_moves__takes_lines_and_touches_along(tree):
    """Who had them loses them, and who has the customer now has them."""
    customer, admin = tree.customers["west"], tree.north.admin
    east = tree.who("neighbour")
    path = f"/v1/contacts/{customer['id']}"
    moved = tree.call("PATCH", path, {"org_unit_id": tree.units["east"]}, by=admin)
    assert moved.status == 200, moved.text
    line, touch = (customer["made"][each] for each in ("line_id", "interaction_id"))

    def lines_of(token):
        return {each["id"] for each in tree.call("GET", "/v1/lines?limit=200", by=token).body["items"]}

    for who in ("subtree", "unit"):
        assert line not in lines_of(tree.who(who))
        assert tree.call("GET", f"{path}/lines/{line}", by=tree.who(who)).status == 404
    assert line in lines_of(east)
    assert tree.call("GET", f"{path}/lines/{line}", by=east).status == 200
    assert tree.call("GET", f"{path}/interactions/{touch}", by=east).status == 200
    handed = tree.call("PATCH", path, {"owner_id": tree.people["own"][0]}, by=admin)
    assert handed.status == 200, handed.text
    assert line in lines_of(tree.who("own"))
    assert tree.call("GET", f"{path}/lines/{line}", by=tree.who("own")).status == 200
    assert tree.call("GET", f"{path}/interactions/{touch}", by=tree.who("own")).status == 200


@pytest.mark.parametrize("who", SEES)
def test_what_belongs_to_the_whole_tenant__is_listed_and_read_by_everybody(tree, who):
    fields = tree.call("GET", "/v1/contacts/custom-fields", by=tree.who(who))
    assert {each["id"] for each in fields.body["items"]} == {
        each["id"] for each in tree.north.made["/v1/contacts/custom-fields"]
    }


@pytest.mark.parametrize("who", ["subtree", "unit", "own"])
def test_a_cursor_of_somebody_with_another_scope__400_and_nothing_is_read(tree, who):
    """It would go on in another index."""
    cursor = tree.call("GET", "/v1/contacts?limit=1", by=tree.north.admin).body["next_cursor"]
    tree.call("GET", "/v1/contacts?limit=1", by=tree.who(who))
    with spying() as spy:
        answer = tree.call("GET", f"/v1/contacts?limit=1&cursor={cursor}", by=tree.who(who))
    assert (answer.status, answer.code) == (400, "invalid_cursor")
    assert not spy.calls
