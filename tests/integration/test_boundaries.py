"""No request touches a key outside its caller's tenant, and none scans. (The `house` fixture asks the same of every
test of this folder and of tests/fault; here the spy looks at each request by itself.)
"""

import pytest

from tests.support.holdings import partitions_of

WHOLE = {"name": "José", "external_ids": [{"system": "billing", "id": "1"}], "emails": ["jose@example.com"]}
CUNNING = [
    "cnt_0#contact",
    "../{other}#contact#cnt_0",
    "{other}#contact#{theirs}",
    "%23{other}%23contact",
    "{theirs}",
]


@pytest.fixture
def neighbours(house):
    """Two tenants that hold the same external id and e-mail address."""
    mine, other = house.client(), house.client()
    ids = [each.call("POST", "/v1/contacts", WHOLE).body["id"] for each in (mine, other)]
    return mine, other, *ids


def requests_of(contact_id, foreign_id):
    where, theirs = f"/v1/contacts/{contact_id}", f"/v1/contacts/{foreign_id}"
    touch = {"channel": "sms", "direction": "outbound", "title": "bill"}
    yield from (("GET", path, None) for path in (where, f"{where}/overview", f"{where}/timeline", f"{where}/lines"))
    yield from (("GET", path, None) for path in (theirs, f"{theirs}/overview", f"{theirs}/timeline", f"{theirs}/lines"))
    yield from (("GET", f"/v1/contacts{query}", None) for query in ("", "?status=active", "?city=X", "?owner_id=usr_1"))
    yield from (
        ("GET", f"/v1/contacts/lookup?{key}", None) for key in ("external_id=billing:1", "email=jose@example.com")
    )
    for path in (where, theirs):
        yield "PATCH", path, {"status": "churned"}
        yield "POST", f"{path}/lines", {"account": "a1"}
        yield "POST", f"{path}/interactions", touch
        yield "DELETE", path, None
    yield "PUT", "/v1/contacts/by-external-id/billing/1", {"name": "Josefa"}
    yield "POST", "/v1/contacts", {"name": "child", "parent_id": foreign_id}
    operations = [
        {"op": "update", "id": foreign_id, "data": {"status": "churned"}},
        {"op": "delete", "id": foreign_id},
        {"op": "upsert", "key": {"system": "billing", "id": "1"}, "data": {"name": "batch"}},
    ]
    yield "POST", "/v1/contacts/batch", {"operations": operations}
    yield (
        "POST",
        "/v1/interactions/batch",
        {"operations": [{"op": "create", "data": {"contact_id": foreign_id, **touch}}]},
    )


def test_every_request_stays_inside_its_tenant_and_never_scans(neighbours, proxy, holdings):
    mine, other, my_id, their_id = neighbours
    before = holdings(other).items
    for method, path, body in requests_of(my_id, their_id):
        proxy.calls.reset()
        answer = mine.call(method, path, body)
        assert answer.status < 500, (method, path, answer)
        assert {each.partition("#")[0] for each in partitions_of(proxy.calls)} <= {mine.tenant_id}, (method, path)
        assert "Scan" not in proxy.calls.operations()
        assert their_id not in answer.text or path.partition("?")[0].count(their_id), (method, path)
    assert holdings(other).items == before
    assert holdings(mine).flaws() == []


@pytest.mark.parametrize("cunning", CUNNING)
def test_an_id_made_to_look_like_a_key_stays_a_value(neighbours, proxy, cunning):
    mine, other, _, their_id = neighbours
    spelled = cunning.format(other=other.tenant_id, theirs=their_id).replace("/", "%2F").replace("#", "%23")
    for method, body in (("GET", None), ("PATCH", {"status": "churned"}), ("DELETE", None)):
        proxy.calls.reset()
        assert mine.call(method, f"/v1/contacts/{spelled}", body).status == 404
        assert {each.partition("#")[0] for each in partitions_of(proxy.calls)} <= {mine.tenant_id}
    operations = [
        {"op": "update", "id": spelled, "data": {}},
        {"op": "upsert", "key": {"system": "s", "id": spelled}, "data": {}},
    ]
    assert mine.call("POST", "/v1/contacts/batch", {"operations": operations}).status == 207
    assert {each.partition("#")[0] for each in partitions_of(proxy.calls)} <= {mine.tenant_id}


def test_what_two_tenants_hold_alike_is_unique_in_each(neighbours, holdings):
    mine, other, my_id, their_id = neighbours
    assert my_id != their_id
    assert mine.call("POST", "/v1/contacts", WHOLE).body["existing_id"] == my_id
    assert other.call("POST", "/v1/contacts", WHOLE).body["existing_id"] == their_id
