"""Custom fields in full: of contacts and lines, checked on every way in, filters when declared so, and documented."""

import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import tenants
from chalicelib.access.principal import Reach
from chalicelib.web.meta_routes import routes as meta_routes
from tests.support.application import House

FIELDS = "/v1/contacts/custom-fields"
ASKS = {
    "httpMethod": "GET",
    "path": "/v1/openapi.json",
    "multiValueQueryStringParameters": {},
    "requestContext": {"requestId": "r", "identity": {}},
    "body": None,
    "isBase64Encoded": False,
}
FEE = {"amount": "12.30", "currency": "CNY"}


@pytest.fixture
def house(behind):
    """With jobs and files, and the route of the document."""
    return behind.house


@pytest.fixture
def client(house):
    """A caller of a tenant of its own."""
    return house.client()


@pytest.fixture
def contract(behind, clock):
    """The document's own route beside the modules'."""
    made = House(clock, tenants.MANIFEST, (meta_routes,))
    made.directory = made.application.kernel.gate.directory
    return made


def field(client, name, of="text", **more):
    answer = client.call("POST", FIELDS, {"name": name, "type": of, **more})
    assert answer.status == 201, answer.text
    return answer.body["id"]


def contact(client, **custom):
    return client.call("POST", "/v1/contacts", {"name": "A", "custom": custom})


def errors(answer):
    return [(each["pointer"], each["code"]) for each in answer.body["errors"]]


def test_a_field_belongs_to_one_entity__and_names_are_unique_in_it(client):
    field(client, "tenure", "number")
    field(client, "tenure", "text", entity="line")
    assert client.call("POST", FIELDS, {"name": "tenure", "type": "date", "entity": "line"}).status == 409
    person = contact(client, tenure=3).body["id"]
    lines = f"/v1/contacts/{person}/lines"
    made = client.call("POST", lines, {"account": "a", "custom": {"tenure": "long"}})
    assert (made.status, made.body["custom"]) == (201, {"tenure": "long"})
    refused = client.call("PATCH", f"{lines}/{made.body['id']}", {"custom": {"tenure": 3, "other": 1}})
    assert errors(refused) == [("/custom/tenure", "custom_value"), ("/custom/other", "unknown_custom_field")]
    listed = client.call("GET", f"{FIELDS}?entity=line").body["items"]
    assert [each["entity"] for each in listed] == ["line"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "reference"},
        {"type": "text", "references": "contact"},
        {"type": "enum"},
        {"name": "in", "type": "text", "filterable": True},
    ],
)
def test_a_definition_that_contradicts_itself__refused(client, body):
    assert client.call("POST", FIELDS, {"name": "x", **body}).status == 422


def test_a_reference__must_be_there_and_in_reach__on_every_way_in(house, client):
    field(client, "introduced_by", "reference", references="contact")
    field(client, "shop", "reference", references="org_unit")
    field(client, "buddy", "reference", references="user")
    house.directory.tenants[client.tenant_id].units |= {"ou_2": "/ou_2/"}
    there = contact(client).body["id"]
    foreign = contact(house.client()).body["id"]
    assert contact(client, introduced_by=there, shop="ou_2").status == 201
    for custom in ({"introduced_by": "cnt_0"}, {"introduced_by": foreign}, {"shop": "ou_0"}, {"buddy": "usr_0"}):
        ((name, _),) = custom.items()
        assert errors(contact(client, **custom)) == [(f"/custom/{name}", "unknown_reference")]
        upserted = client.call("PUT", "/v1/contacts/by-external-id/s/1", {"custom": custom})
        assert errors(upserted) == [(f"/custom/{name}", "unknown_reference")]
        operations = [{"op": "create", "data": {"custom": custom}}]
        (result,) = client.call("POST", "/v1/contacts/batch", {"operations": operations}).body["results"]
        assert (result["status"], result["problem"]["errors"][0]["code"]) == (422, "unknown_reference")
    below = house.client(client.tenant_id, reach=Reach.SUBTREE, unit=("ou_2", "/ou_2/"))
    assert errors(contact(below, introduced_by=there)) == [("/custom/introduced_by", "unknown_reference")]
    assert contact(below, shop="ou_2").status == 201


def test_an_archived_field__is_read_and_no_longer_written(client):
    made = field(client, "old", filterable=True)
    person = contact(client, old="x").body["id"]
    assert client.call("PATCH", f"{FIELDS}/{made}", {"archived": True}).status == 200
    assert client.call("GET", "/v1/contacts?custom.old=x").status == 400
    where = f"/v1/contacts/{person}"
    assert client.call("PATCH", where, {"name": "B"}).body["custom"] == {"old": "x"}
    assert errors(client.call("PATCH", where, {"custom": {"old": "y"}})) == [("/custom/old", "archived_field")]
    assert errors(contact(client, old="y")) == [("/custom/old", "archived_field")]
    assert client.call("PATCH", where, {"custom": {"old": None}}).body["custom"] == {}
    assert client.call("POST", FIELDS, {"name": "old", "type": "text"}).status == 409


def test_a_hundred_fields_of_an_entity__archived_ones_not_counted(client, monkeypatch):
    from modules.contacts.custom_fields import service  # noqa: PLC0415

    monkeypatch.setattr(service, "MOST", 2)
    first = field(client, "a")
    field(client, "b")
    answer = client.call("POST", FIELDS, {"name": "c", "type": "text"})
    assert (answer.status, answer.code) == (409, "state_conflict")
    field(client, "c", entity="line")
    client.call("PATCH", f"{FIELDS}/{first}", {"archived": True})
    field(client, "d")
    assert client.call("PATCH", f"{FIELDS}/{first}", {"archived": False}).status == 409


@pytest.fixture
def furnished(client):
    """Three contacts with a value of every type, and an unlike line each."""
    field(client, "note", filterable=True)
    field(client, "months", "number", filterable=True)
    field(client, "fee", "money", filterable=True)
    field(client, "since", "date", filterable=True)
    field(client, "offer", "enum", options=["A", "B"], filterable=True)
    field(client, "extras", "multi_enum", options=["tv", "cloud"], filterable=True)
    field(client, "vip", "boolean", filterable=True)
    field(client, "friend", "reference", references="contact", filterable=True)
    field(client, "secret")
    field(client, "speed", "number", entity="line", filterable=True)
    first = contact(client, note="good payer", months=3, vip=True, secret="s").body["id"]
    rest = {"fee": FEE, "since": "2020-02-01", "offer": "B", "extras": ["tv", "cloud"], "friend": first}
    second = contact(client, note="late", months=12.5, vip=False, **rest).body["id"]
    third = contact(client, months=72, fee={"amount": "9.5", "currency": "USD"}, offer="A", extras=["tv"]).body["id"]
    for number, each in enumerate((first, second, third)):
        client.call("POST", f"/v1/contacts/{each}/lines", {"account": f"a{number}", "custom": {"speed": number * 100}})
    return [first, second, third]


FILTERS = [
    ("custom.note=late", [1]),
    ("custom.note.prefix=good", [0]),
    ("custom.note.ne=late", [0, 2]),
    ("custom.months=12.5", [1]),
    ("custom.months.gte=12.5", [1, 2]),
    ("custom.months.gt=12.5&custom.months.lt=100", [2]),
    ("custom.fee.gt=9.49", [1, 2]),
    ("custom.fee.lte=9.50", [2]),
    ("custom.fee.gt=1&custom.fee.currency=CNY", [1]),
    ("custom.since.lt=2020-02-02", [1]),
    ("custom.offer=A,B", [1, 2]),
    ("custom.extras=cloud", [1]),
    ("custom.vip=true", [0]),
    ("custom.vip.ne=true", [1, 2]),
]
REFUSED = [
    "contacts?custom.secret=s",
    "contacts?custom.nothing=s",
    "contacts?custom.speed=1",
    "contacts?custom=1",
    "lines?custom.vip=true",
    "contacts?custom.months=x",
    "contacts?custom.months=NaN",
    "contacts?custom.vip=1",
    "contacts?custom.offer=C",
    "contacts?custom.since=2020-2-1",
    "contacts?custom.note.gt=a",
]


def found(client, path):
    return [each["id"] for each in client.call("GET", path).body["items"]]


def test_lists_are_filtered_by_declared_fields__and_by_no_others(house, client, furnished):
    for query, wanted in FILTERS:
        shown = found(client, f"/v1/contacts?{query}&sort=created_at")
        assert [furnished.index(each) for each in shown] == wanted, query
    assert found(client, f"/v1/contacts?custom.friend={furnished[0]}") == furnished[1:2]
    speeds = [each["custom"]["speed"] for each in client.call("GET", "/v1/lines?custom.speed.gte=100").body["items"]]
    assert speeds == [200, 100]
    for path in REFUSED:
        answer = client.call("GET", f"/v1/{path}")
        assert (answer.status, answer.code) == (400, "invalid_parameter"), path
        assert "filterable" in answer.body["detail"] or not path.endswith("=s")
    refused = client.call("POST", "/v1/contacts/exports", {"format": "jsonl", "filters": {"custom.secret": "s"}})
    assert refused.status == 422
    house.directory.tenants[client.tenant_id].off = ("contacts.custom_fields",)
    assert client.call("GET", "/v1/contacts?custom.months=3").status == 400


# -- the tenant's document


def document(client):
    return client.call("GET", "/v1/openapi.json")


def test_the_tenants_document__has_its_fields_and_filters__and_nobody_elses(contract):
    client, other = contract.client(), contract.client()
    bare = document(client)
    field(
        client,
        "offer",
        "enum",
        options=["A", "B"],
        titles={"en": "Offer", "zh-CN": "套餐"},
        required=True,
        filterable=True,
    )
    field(client, "firm_size", "number", applies_to=["organization"], required=True)
    field(client, "speed", "number", entity="line", filterable=True)
    gone = field(client, "gone")
    client.call("PATCH", f"{FIELDS}/{gone}", {"archived": True})
    answer = document(client)
    assert answer.headers["ETag"] != bare.headers["ETag"]
    assert document(client).headers["ETag"] == answer.headers["ETag"]
    assert document(other).text == bare.text
    whole = answer.body
    assert [error.message for error in OpenAPIV31SpecValidator(whole).iter_errors()] == []
    schemas = whole["components"]["schemas"]
    wanted = schemas["ContactIn"]["properties"]["custom"]
    assert wanted["properties"]["offer"] | {"description": ""} == {
        "title": "Offer",
        "description": "",
        "type": "string",
        "enum": ["A", "B"],
    }
    assert wanted["required"] == ["offer"]
    assert set(wanted["properties"]) == {"offer", "firm_size"}
    assert schemas["ContactOut"]["properties"]["custom"]["properties"]["gone"]["deprecated"]
    assert set(schemas["LineIn"]["properties"]["custom"]["properties"]) == {"speed"}
    listed = {each["name"] for each in whole["paths"]["/v1/contacts"]["get"]["parameters"] if "name" in each}
    assert {"custom.offer", "custom.offer.ne", "custom.offer.in"} <= listed
    assert not {"custom.firm_size", "custom.speed", "custom.gone"} & listed
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_what_the_api_takes_and_gives_fits_the_tenants_document(contract):
    client = contract.client()
    for number, of in enumerate(("text", "number", "money", "date", "boolean")):
        field(client, f"f{number}", of)
    field(client, "choice", "enum", options=["A"])
    field(client, "choices", "multi_enum", options=["A", "B"])
    values = {"f0": "x", "f1": 1.5, "f2": FEE, "f3": "2020-01-01", "f4": False, "choice": "A", "choices": ["B"]}
    schemas = document(client).body["components"]["schemas"]
    fits = {name: Draft202012Validator(schemas[name]["properties"]["custom"]) for name in ("ContactIn", "ContactOut")}
    made = contact(client, **values)
    assert made.status == 201
    assert fits["ContactIn"].is_valid(values)
    assert fits["ContactOut"].is_valid(made.body["custom"])
    for name, value in {"f0": 1, "f1": "1", "f2": 3, "f4": "x", "choice": "C", "choices": ["C"], "f9": 1}.items():
        assert contact(client, **{name: value}).status == 422
        assert not fits["ContactIn"].is_valid({name: value})


def test_without_a_credential_or_the_feature__the_document_is_the_general_one(contract):
    client = contract.client()
    general = contract.application({**ASKS, "headers": {}}, None)
    field(client, "offer")
    assert contract.application({**ASKS, "headers": {}}, None)["body"] == general["body"]
    contract.directory.tenants[client.tenant_id].off = ("contacts.custom_fields",)
    assert "offer" not in json.dumps(document(client).body["components"]["schemas"]["ContactIn"])
