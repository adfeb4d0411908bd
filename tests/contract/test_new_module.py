"""A new folder under modules/ is a new module: nothing else is edited (architecture.md, «The module contract»)."""

import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from tests.conftest import ROOT

SOURCE = ("app.py", "chalicelib", "tenants", "modules")

MANIFEST = '''
"""Points for staying."""

from chalicelib.modules import ByIndex, Kind, Listing, Manifest, Permission, Text

CARD = Kind(name="loyalty_card", prefix="lyc", listed_by=ByIndex(), listing=Listing())

MANIFEST = Manifest(
    name="loyalty",
    titles=Text("Loyalty", "忠诚度"),
    version="0.1.0",
    paths=("loyalty-cards",),
    kinds=(CARD,),
    permissions=(
        Permission("loyalty:read", Text("See cards", "查看会员卡")),
        Permission("loyalty:write", Text("Issue cards", "发放会员卡")),
    ),
    requires=("contacts",),
)
'''

ROUTES = '''
"""Routes of loyalty."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pynamodb.attributes import UnicodeAttribute

from chalicelib.call import Call
from chalicelib.modules import Kind
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Record
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from modules.loyalty.manifest import CARD

routes = Routes("loyalty")


class Card(Record, discriminator="loyalty_card"):
    KIND: ClassVar[Kind] = CARD
    name = UnicodeAttribute()


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class CardOut(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    version: int
    name: str


def out(card):
    return CardOut(id=card.id, version=int(card.version), name=card.name)


@routes.post("/loyalty-cards", needs="loyalty:write")
def issue_card(call: Call, body: CardIn) -> Created[CardOut]:
    """Issue a card."""
    card = Card.fresh(call.now, name=body.name)
    call.store.create(card)
    return Created(out(card))


@routes.get("/loyalty-cards", needs="loyalty:read", listing=CARD.listing)
def list_cards(call: Call, query: ListQuery) -> Listed[CardOut]:
    """List cards."""
    page = list_records(call.store, Card, query)
    return Listed([out(each) for each in page.items], page.next_position)
'''

DRIVER = """
import json
from moto import mock_aws

with mock_aws():
    import app
    from chalicelib.access.principal import ANONYMOUS, Grant, Principal, PrincipalKind, Reach
    from chalicelib.store.tables import create_all

    tables = create_all(app.units)
    directory = app.application.kernel.gate.directory
    operator = Principal(
        PrincipalKind.PLATFORM, "platform:o", grants=(Grant(app.application.catalogue.permissions(), Reach.ALL),)
    )

    def call(method, path, body=None, token=None):
        event = {
            "httpMethod": method, "path": path, "headers": {"Content-Type": "application/json"}, "stageVariables": None,
            "multiValueQueryStringParameters": None, "requestContext": {"requestId": "test-request", "identity": {}},
            "body": json.dumps(body) if body is not None else None,
        }
        if token:
            event["headers"]["Authorization"] = "Bearer " + token
        answer = app.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    gate = type(app.application.kernel.gate)
    real = gate.authenticate
    gate.authenticate = lambda self, header: operator if header == "Bearer operator" else real(self, header)
    tenant = {
        "name": "T", "region": "US", "default_phone_region": "US", "locale": "en", "time_zone": "UTC",
        "currency": "USD", "admin": {"name": "A", "email": "a@example.com"}, "modules": [],
    }
    status, onboarded = call("POST", "/v1/tenants", tenant, "operator")
    status, key = call("POST", "/v1/invitations/" + onboarded["invitation"]["link"] + "/api-key", {"name": "first"})
    token = key["api_key"]
    document = json.loads(app.handler({
        "httpMethod": "GET", "path": "/v1/openapi.json", "headers": {}, "stageVariables": None,
        "multiValueQueryStringParameters": None, "requestContext": {"requestId": "r", "identity": {}}, "body": None,
    }, None)["body"])
    print("RESULT" + json.dumps({
        "tables": tables,
        "paths": sorted(document["paths"]),
        "catalogue": call("GET", "/v1/modules", None, token),
        "before": call("GET", "/v1/loyalty-cards", None, token),
        "enable": call("PUT", "/v1/modules/loyalty/subscription", {}, token),
        "contacts": call("PUT", "/v1/modules/contacts/subscription", {}, token),
        "enabled": call("PUT", "/v1/modules/loyalty/subscription", {}, token),
        "created": call("POST", "/v1/loyalty-cards", {"name": "Gold"}, token),
        "listed": call("GET", "/v1/loyalty-cards", None, token),
        "roles": call("GET", "/v1/roles", None, token),
        "chalice": sorted(app.app.routes),
    }))
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """What a house with one more folder says of itself; a copy, so that the repository's own lints are not raced."""
    house = tmp_path_factory.mktemp("house")
    for name in SOURCE:
        source = ROOT / name
        copy = shutil.copy2 if source.is_file() else shutil.copytree
        copy(source, house / name)
    module = house / "modules" / "loyalty"
    module.mkdir()
    (module / "__init__.py").write_text('"""Loyalty."""\n')
    (module / "manifest.py").write_text(MANIFEST)
    (module / "routes.py").write_text(ROUTES)
    (house / "driver.py").write_text(textwrap.dedent(DRIVER))
    environment = {
        **os.environ,
        "PYTHONPATH": str(house),
        "SWITCHBOARD_TABLE_PREFIX": "switchboard-",
        "SWITCHBOARD_SECRET_KEYS": json.dumps(["MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="]),
    }
    run = subprocess.run(
        [sys.executable, "driver.py"], cwd=house, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.split("RESULT", 1)[1])


def test_new_folder__its_table_is_made(result):
    assert "switchboard-loyalty" in result["tables"]


def test_new_folder__its_routes_are_served_and_documented(result):
    assert "/v1/loyalty-cards" in result["chalice"]
    assert "/v1/loyalty-cards" in result["paths"]


def test_new_folder__it_stands_in_the_catalogue(result):
    status, answer = result["catalogue"]
    assert status == 200
    assert "loyalty" in {each["name"] for each in answer["items"]}


def test_new_folder__it_is_off_until_a_tenant_enables_it(result):
    status, problem = result["before"]
    assert (status, problem["code"], problem["module"]) == (403, "module_not_enabled", "loyalty")


def test_new_folder__what_it_requires_must_be_enabled_first(result):
    status, problem = result["enable"]
    assert status == 409
    assert "contacts" in json.dumps(problem)
    assert result["enabled"][0] == 200


def test_new_folder__its_records_are_stored_and_listed(result):
    status, card = result["created"]
    assert status == 201
    assert card["id"].startswith("lyc_")
    assert [each["id"] for each in result["listed"][1]["items"]] == [card["id"]]


def test_new_folder__its_permissions_reach_the_roles(result):
    roles = {each["name"]: each["permissions"] for each in result["roles"][1]["items"]}
    assert {"loyalty:read", "loyalty:write"} <= set(roles["admin"])
    assert "loyalty:read" in roles["viewer"]
    assert "loyalty:write" not in roles["viewer"]
