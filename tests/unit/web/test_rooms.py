"""chalicelib/web/rooms.py: with the list of a bundle, a request imports the room that its path stands in."""

import json

import pytest

import tenants
from chalicelib.modules import build_catalogue, module_packages
from chalicelib.web import rooms
from chalicelib.web.rooms import RoomList, listed, rooms_of, routes_in
from chalicelib.web.sources import RouteSource, collect_routes
from tenants.routes import ROOMS, ROUTES

EVERY_ROOM = [*ROOMS, *(name for package in module_packages() for name in rooms_of(package))]


@pytest.fixture(scope="module")
def catalogue():
    return build_catalogue(tenants.MANIFEST)


def test_a_list_has_every_path_that_is_served(catalogue):
    assert set(listed(EVERY_ROOM)) == {route.path for route in collect_routes(ROUTES, catalogue)}


def test_a_path_leads_to_the_rooms_that_declare_something_there(catalogue):
    known = RoomList(listed(EVERY_ROOM))
    for route in collect_routes(ROUTES, catalogue):
        found = known.find(route.path.replace("{", "").replace("}", ""))
        assert route in routes_in(found.split()), route.path


def test_what_no_route_can_be_at_leads_nowhere():
    known = RoomList({"/v1/contacts/{contact_id}": ["a"]})
    assert known.find("/v1/contacts") is None
    assert known.find("/v1/contacts/1/x") is None


def test_outside_of_a_bundle_a_unit_is_loaded_whole(catalogue):
    source = RouteSource.of_house(lambda: ROUTES, catalogue)
    assert (source.part_of("/v1/contacts/1/lines"), source.part_of("/v1/nothing")) == ("contacts", None)


def test_inside_of_one_only_the_rooms_of_the_path(catalogue, tmp_path, monkeypatch):
    packed = tmp_path / "rooms.json"
    packed.write_text(json.dumps(listed(EVERY_ROOM)))
    monkeypatch.setattr(rooms, "LIST", packed)
    source = RouteSource.of_house(lambda: ROUTES, catalogue)
    part = source.part_of("/v1/contacts/1/lines")
    assert part == "modules.contacts.lines.routes"
    assert {route.path for route in source.load(part)} < {route.path for route in source.load("contacts")}
    assert source.part_of("/v1/contacts/1/nothing") is None
