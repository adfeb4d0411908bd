"""Merge and unmerge: every child follows, whoever wrote it; both contacts get back what was theirs."""

import json
from datetime import timedelta

import pytest

from chalicelib.access.principal import Reach
from tests.support.visits import event_of, made, told, visit

pytestmark = pytest.mark.integration

OF_THE_MERGE = {"Merged with another record of the customer", "A merge was undone"}
ALL = ("timeline_entry", "badge", "segment_attribute", "exclusion_reason", "customer_level")


@pytest.fixture
def client(with_module):
    return with_module.house.client()


def contact(client, **more):
    return made(client.call("POST", "/v1/contacts?allow_duplicates=true", {"name": "José Núñez", **more}))


def shown(client, contact_id):
    """What a customer's page shows, without times and versions."""
    overview = client.call("GET", f"/v1/contacts/{contact_id}/overview").body
    hidden = {"version", "updated_at", "updated_by", "link"}

    def plain(value):
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name not in hidden}
        return [plain(each) for each in value] if isinstance(value, list) else value

    # What a merge tells of itself stays on the timeline.
    overview["timeline"] = [each for each in overview["timeline"] if each["type"] != "change"]
    return plain(overview)


@pytest.fixture
def two(with_module, client):
    """Two contacts that are one person, each with something of every kind."""
    winner = contact(
        client,
        external_ids=[{"system": "billing", "id": "B1"}],
        emails=["jose@example.com"],
        phones=["+14155550101"],
        tags=["gold"],
        status="active",
    )
    loser = contact(
        client,
        name="Jose Nunez",
        external_ids=[{"system": "crm", "id": "C1"}],
        emails=["JOSE@example.com", "nunez@example.com"],
        phones=["+14155550102"],
        birth_date="1980-02-01",
        tags=["new"],
        status="churned",
        churn_reason="moved",
    )
    for number, each in enumerate((winner, loser)):
        made(client.call("POST", f"/v1/contacts/{each}/lines", {"msisdn": f"+1416555010{number}", "account": "A1"}))
        touch = {"channel": "phone", "direction": "inbound", "title": f"Bill {number}"}
        made(client.call("POST", f"/v1/contacts/{each}/interactions", touch))
        made(client.call("POST", "/v1/visits", visit(each, title=f"visit {number}", day=number)))
    with_module.catch_up()
    return winner, loser


def merge(client, winner, loser, **more):
    return client.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser, **more})


def settle(behind):
    behind.work()
    behind.catch_up()


def count_of(behind, *kinds):
    return len([each for each in behind.of("contacts", *kinds) if not each.get("gone")])


# -- denied


def test_merge__without_the_right__is_refused(with_module, client, two):
    winner, loser = two
    other = with_module.house.client(client.tenant_id, permissions=["contacts:read", "contacts:write"])
    assert merge(other, winner, loser).code == "permission_denied"


def test_merge__of_another_tenants_contact__finds_nothing(with_module, client, two):
    winner, loser = two
    stranger = with_module.house.client()
    own = contact(stranger)
    assert merge(stranger, own, loser).status == 404
    assert merge(stranger, winner, own).status == 404
    assert merge(stranger, own, own).status == 422


def test_merge__of_a_contact_out_of_scope__finds_nothing(with_module, client, two):
    winner, loser = two
    with_module.house.directory.tenants[client.tenant_id].units["ou_9"] = "/ou_9/"
    narrow = with_module.house.client(
        client.tenant_id,
        permissions=["contacts:merge", "contacts:read", "contacts:write"],
        reach=Reach.SUBTREE,
        unit=("ou_9", "/ou_9/"),
    )
    own = contact(narrow)
    assert merge(narrow, own, loser).status == 404
    assert merge(narrow, winner, own).status == 404


def test_merge__of_a_person_and_an_organization__is_refused(client):
    assert merge(client, contact(client), contact(client, type="organization")).code == "not_mergeable"


# -- dry run


def test_dry_run__says_what_would_come_of_it_and_changes_nothing(with_module, client, two):
    winner, loser = two
    before = told(with_module, client)
    plan = merge(client, winner, loser, dry_run=True)
    assert plan.status == 202
    assert plan.body["merge_id"] is None
    assert plan.body["winner"]["emails"] == ["jose@example.com", "nunez@example.com"]
    assert plan.body["winner"]["phones"] == ["+14155550101", "+14155550102"]
    assert plan.body["winner"]["birth_date"] == "1980-02-01"
    assert (plan.body["winner"]["status"], plan.body["winner"]["churn_reason"]) == ("active", None)
    assert {each["field"]: each["taken"] for each in plan.body["conflicts"]} == {
        "name": "winner",
        "status": "winner",
        "emails": "both",
        "phones": "both",
        "external_ids": "both",
        "tags": "both",
    }
    counts = {each["kind"]: each["count"] for each in plan.body["children"]}
    expected = {"line": 1, "interaction": 1, "timeline_entry": 4, "holding": 2, **dict.fromkeys(ALL[1:], 1)}
    assert counts == expected
    job = with_module.job(client, plan)
    assert job["result"]["children"] == counts
    assert {name: count for name, count in job["result"]["modules"].items() if count} == {"visits": 1}
    assert told(with_module, client) == before
    assert client.call("GET", f"/v1/contacts/{loser}").status == 200


def test_merge__with_choices__takes_the_losers_values(client, two):
    winner, loser = two
    plan = merge(client, winner, loser, dry_run=True, fields={"name": "loser", "emails": "winner", "status": "loser"})
    values = plan.body["winner"]
    assert (values["name"], values["emails"]) == ("Jose Nunez", ["jose@example.com"])
    assert (values["status"], values["churn_reason"]) == ("churned", "moved")
    assert merge(client, winner, loser, fields={"hat": "loser"}).body["errors"][0]["code"] == "unknown_field"
    assert merge(client, winner, loser, fields={"name": "both"}).body["errors"][0]["code"] == "not_a_list"


# -- merge


def test_merge__every_child_stands_with_the_winner(with_module, client, two):
    winner, loser = two
    kinds = ("line", "interaction", "holding", *ALL)
    before = {kind: count_of(with_module, kind) for kind in kinds}
    before["timeline_entry"] += 1  # that it was merged
    answer = merge(client, winner, loser)
    assert answer.status == 202, answer
    settle(with_module)
    assert client.call("GET", answer.headers["Location"]).body["state"] == "succeeded"
    assert {kind: count_of(with_module, kind) for kind in kinds} == before
    page = shown(client, winner)
    assert len(page["lines"]) == len(page["badges"]) == 2
    assert sorted(each["title"] for each in page["timeline"]) == ["Bill 0", "Bill 1", "visit 0", "visit 1"]
    links = {each["link"] for each in client.call("GET", f"/v1/contacts/{winner}/timeline").body["items"]}
    assert not [each for each in links if each and loser in each]
    visits = [each["contact_id"] for each in client.call("GET", "/v1/visits").body["items"]]
    assert visits == [winner, winner]
    for key in ("msisdn=%2B14165550101", "email=nunez@example.com", "external_id=crm:C1", "phone=%2B14155550102"):
        assert client.call("GET", f"/v1/contacts/lookup?{key}").body["id"] == winner
    for word in ("nunez", "C1", "0101", "50102"):
        assert [each["id"] for each in client.call("GET", f"/v1/contacts?q={word}").body["items"]] == [winner]
    assert client.call("GET", "/v1/contacts?include_total=true").body["total"] == 1
    assert client.call("GET", "/v1/lines?include_total=true").body["total"] == 2


def test_merge__tells_it_once(with_module, client, two):
    winner, loser = two
    merge(client, winner, loser)
    settle(with_module)
    types = [each["type"]["S"] for each in with_module.events()]
    assert types.count("contact.merged") == types.count("contact.redirected") == types.count("line.moved") == 1
    merged = event_of(with_module, winner, "merged")
    assert merged.changed["merged_ids"][1] == json.dumps([loser], separators=(",", ":"))
    assert event_of(with_module, loser, "redirected").changed["name"] is None  # personal: sealed


def test_merge__what_follows_equals_a_rebuild(with_module, client, two):
    merge(client, *two)
    settle(with_module)
    before = told(with_module, client)
    for module in ("contacts", "visits"):
        job = with_module.job(client, client.call("POST", f"/v1/modules/{module}/rebuild", {}))
        assert job["result"]["failed"] == []
        recount = with_module.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
        assert recount["result"]["different"] == []
    with_module.catch_up()
    assert told(with_module, client) == before


def test_merge__the_old_id_leads_to_the_winner(with_module, client, two):
    winner, loser = two
    merge(client, winner, loser)
    for path in ("", "/overview", "/timeline", "/lines", "/timeline?type=interaction"):
        answer = client.call("GET", f"/v1/contacts/{loser}{path}")
        assert (answer.status, answer.code) == (308, "")
        assert answer.body["code"] == "merged"
        assert answer.body["merged_into"] == winner
        assert answer.headers["Location"] == f"/v1/contacts/{winner}{path}"
    touch = {"channel": "phone", "direction": "inbound", "title": "late"}
    assert client.call("POST", f"/v1/contacts/{loser}/interactions", touch).status == 308
    batch = client.call(
        "POST", "/v1/interactions/batch", {"operations": [{"op": "create", "data": {**touch, "contact_id": loser}}]}
    )
    noted = batch.body["results"][0]["id"]
    assert client.call("GET", f"/v1/contacts/{winner}/interactions/{noted}").status == 200
    with_module.work()
    assert client.call("GET", f"/v1/contacts/{loser}/lines").status == 308
    assert with_module.house.client().call("GET", f"/v1/contacts/{loser}").status == 404


def test_merge__a_late_event_of_the_losers__arrives_at_the_winner(with_module, client, two):
    winner, loser = two
    late = made(client.call("POST", "/v1/visits", visit(loser, title="late", day=5)))
    merge(client, winner, loser)
    with_module.catch_up()
    with_module.work()
    with_module.catch_up()
    entries = client.call("GET", f"/v1/contacts/{winner}/timeline").body["items"]
    assert [each["source_id"] for each in entries].count(late) == 1


def test_merge__chains_lead_to_the_last_one(with_module, client, two):
    winner, loser = two
    third = contact(client, name="Third")
    merge(client, winner, loser)
    assert merge(client, third, winner).code == "not_mergeable"  # children are still on their way to it
    settle(with_module)
    assert merge(client, third, winner).status == 202
    settle(with_module)
    assert client.call("GET", f"/v1/contacts/{loser}").headers["Location"] == f"/v1/contacts/{third}"
    assert len(shown(client, third)["lines"]) == 2
    merges = {each["loser_id"]: each for each in client.call("GET", "/v1/contacts/merges").body["items"]}
    first = client.call("POST", f"/v1/contacts/merges/{merges[loser]['id']}/unmerge")
    assert (first.code, first.body["merged_into"]) == ("not_unmergeable", third)
    assert client.call("POST", f"/v1/contacts/merges/{merges[winner]['id']}/unmerge").status == 202
    settle(with_module)
    assert client.call("POST", f"/v1/contacts/merges/{merges[loser]['id']}/unmerge").status == 202
    settle(with_module)
    assert [len(shown(client, each)["lines"]) for each in (winner, loser, third)] == [1, 1, 0]


def test_merge__of_two_that_overlap__one_wins(with_module, client, two):
    winner, loser = two
    third = contact(client, name="Third")
    assert merge(client, winner, loser).status == 202
    for other in ((third, loser), (loser, winner), (loser, third)):
        assert merge(client, *other).code == "not_mergeable"


def test_merge__contacts_below_the_loser_are_below_the_winner(with_module, client):
    winner, loser = contact(client, type="organization"), contact(client, type="organization")
    below, moved = contact(client, parent_id=loser), contact(client, parent_id=loser)
    answer = merge(client, winner, loser)
    settle(with_module)
    assert client.call("GET", f"/v1/contacts/{below}").body["parent_id"] == winner
    client.call("PATCH", f"/v1/contacts/{moved}", {"parent_id": None})
    client.call("POST", f"/v1/contacts/merges/{answer.body['merge_id']}/unmerge")
    settle(with_module)
    assert client.call("GET", f"/v1/contacts/{below}").body["parent_id"] == loser
    assert client.call("GET", f"/v1/contacts/{moved}").body["parent_id"] is None


def test_merge__consents_of_both_stand_and_end_at_their_time(with_module, clock, client, two):
    winner, loser = two
    ends = (clock() + timedelta(days=2)).isoformat()
    path = "consents/sms/marketing"
    granted = {"status": "granted", "expires_at": ends}
    assert client.call("PUT", f"/v1/contacts/{loser}/{path}", granted).status in {200, 201}
    answer = merge(client, winner, loser)
    settle(with_module)
    (consent,) = client.call("GET", f"/v1/contacts/{winner}/consents").body["items"]
    assert (consent["status"], consent["expires_at"][:19]) == ("granted", ends[:19])
    asked = "contactability?channel=sms&purpose=marketing"
    assert client.call("GET", f"/v1/contacts/{winner}/{asked}").body["allowed"] is True
    clock.advance(days=2, minutes=1)
    with_module.strike()
    assert [each["type"]["S"] for each in with_module.events()].count("consent.expired") == 1
    client.call("POST", f"/v1/contacts/merges/{answer.body['merge_id']}/unmerge")
    settle(with_module)
    assert client.call("GET", f"/v1/contacts/{winner}/consents").body["items"] == []
    assert [each["status"] for each in client.call("GET", f"/v1/contacts/{loser}/consents").body["items"]] == [
        "expired"
    ]


def test_merge__with_many_children__takes_several_transactions(with_module, client, two):
    winner, loser = two
    touch = {"channel": "phone", "direction": "inbound", "contact_id": loser}
    operations = [{"op": "create", "data": {**touch, "title": f"touch {number}"}} for number in range(120)]
    client.call("POST", "/v1/interactions/batch", {"operations": operations})
    with_module.catch_up()
    merge(client, winner, loser)
    settle(with_module)
    assert count_of(with_module, "interaction") == 122
    standing = {each["pk"]["S"].rpartition("#")[2] for each in with_module.of("contacts", "interaction")}
    assert standing == {winner}


# -- unmerge


def test_unmerge__gives_both_back_what_was_theirs(with_module, client, two):
    winner, loser = two
    before, derived = [shown(client, each) for each in two], told(with_module, client)
    merge_id = merge(client, winner, loser).body["merge_id"]
    settle(with_module)
    assert client.call("GET", f"/v1/contacts/merges/{merge_id}").body["status"] == "merged"
    answer = client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge")
    assert answer.status == 202, answer
    settle(with_module)
    assert [shown(client, each) for each in two] == before
    after = told(with_module, client)
    mine = {place for place, each in after.items() if each.get("title", {}).get("S") in OF_THE_MERGE}
    assert len(mine) == 2
    assert {place: each for place, each in after.items() if place not in mine} == derived
    for key, owner in (("crm:C1", loser), ("billing:B1", winner)):
        assert client.call("GET", f"/v1/contacts/lookup?external_id={key}").body["id"] == owner
    assert client.call("GET", "/v1/contacts/lookup?msisdn=%2B14165550101").body["id"] == loser
    assert [each["contact_id"] for each in client.call("GET", "/v1/visits").body["items"]] == [loser, winner]
    done = client.call("GET", f"/v1/contacts/merges/{merge_id}").body
    assert (done["status"], done["kept"]) == ("unmerged", [])
    assert count_of(with_module, "merge_original", "redirect") == 0
    types = [each["type"]["S"] for each in with_module.events()]
    assert types.count("contact.unmerged") == types.count("contact.restored") == 1
    assert client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge").code == "not_unmergeable"


def test_unmerge__what_was_edited_since_stays_and_is_listed(with_module, client, two):
    winner, loser = two
    merge_id = merge(client, winner, loser).body["merge_id"]
    settle(with_module)
    edited = {"birth_date": "1981-02-01", "emails": ["jose@example.com", "nunez@example.com", "new@example.com"]}
    assert client.call("PATCH", f"/v1/contacts/{winner}", edited).status == 200
    touch = {"channel": "phone", "direction": "inbound", "title": "since"}
    client.call("POST", f"/v1/contacts/{winner}/interactions", touch)
    answer = client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge")
    assert answer.body["kept"] == ["birth_date", "emails"]
    settle(with_module)
    now = [client.call("GET", f"/v1/contacts/{each}").body for each in two]
    assert (now[0]["birth_date"], now[1]["birth_date"]) == ("1981-02-01", "1980-02-01")
    assert now[0]["emails"] == ["jose@example.com", "new@example.com"]
    assert now[1]["emails"] == ["JOSE@example.com", "nunez@example.com"]
    assert sorted(each["title"] for each in shown(client, winner)["timeline"]) == ["Bill 0", "since", "visit 0"]


def test_unmerge__after_thirty_days_or_with_a_key_taken__is_refused(with_module, clock, client, two):
    winner, loser = two
    merge_id = merge(client, winner, loser, fields={"external_ids": "winner"}).body["merge_id"]
    assert client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge").code == "not_unmergeable"
    settle(with_module)
    taker = contact(client, name="Taker", external_ids=[{"system": "crm", "id": "C1"}])
    answer = client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge")
    assert (answer.code, answer.body["taken"]) == ("not_unmergeable", ["external_id"])
    client.call("DELETE", f"/v1/contacts/{taker}")
    clock.advance(days=31)
    assert client.call("POST", f"/v1/contacts/merges/{merge_id}/unmerge").code == "not_unmergeable"
    assert with_module.house.client().call("GET", f"/v1/contacts/merges/{merge_id}").status == 404


# -- a job that does not end


def test_merge__whose_job_was_cancelled__goes_on_when_it_is_asked_to(with_module, client, two):
    winner, loser = two
    answer = merge(client, winner, loser)
    assert client.call("POST", f"{answer.headers['Location']}/cancel").status in {200, 202}
    settle(with_module)
    path = f"/v1/contacts/merges/{answer.body['merge_id']}"
    assert client.call("GET", path).body["status"] == "moving"
    assert client.call("POST", f"{path}/resume").status == 202
    settle(with_module)
    assert client.call("GET", path).body["status"] == "merged"
    assert len(shown(client, winner)["lines"]) == 2
    before = client.call("GET", path).body
    assert client.call("POST", f"{path}/resume").body == before
