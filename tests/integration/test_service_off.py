"""service_analysis is switched off, and on again: the past stays to be read, what happens meanwhile is kept."""

import pytest

from chalicelib.changes import catching_up
from tests.support.application import deployed
from tests.support.backstage import Backstage
from tests.support.control_plane import RealHouse
from tests.support.engine import fresh_tables
from tests.support.units import UNITS
from tests.support.visits import made

pytestmark = pytest.mark.integration

ON = "/v1/modules/service_analysis/subscription"


@pytest.fixture
def whole(proxy, engine, clock, tmp_path):
    """The whole product with files on a disk."""
    more = {"SWITCHBOARD_PUBLIC_URL": "https://crm.example", "SWITCHBOARD_FILES_DIR": str(tmp_path / "files")}
    with fresh_tables(engine.endpoint, UNITS) as prefix, deployed(proxy.endpoint, prefix, **more):
        yield Backstage(engine.endpoint, prefix, clock, RealHouse(clock))


@pytest.fixture
def admin(whole, clock, monkeypatch):
    monkeypatch.setattr(catching_up, "_noted", catching_up.Memory(lambda: clock().timestamp()))
    return whole.house.onboard(["contacts", "service_analysis"])


def person(admin, name):
    return made(admin.call("POST", "/v1/contacts?allow_duplicates=true", {"name": name}))


def opened(admin, contact, title):
    body = {"type": "complaint", "title": title, "contact_id": contact}
    return made(admin.call("POST", "/v1/requests", body))


def told(admin, contact):
    page = admin.call("GET", f"/v1/contacts/{contact}/timeline?type=request").body
    return sorted(each["title"] for each in page["items"])


def requests_of(admin, contact):
    return {each["id"] for each in admin.call("GET", f"/v1/requests?contact_id={contact}").body["items"]}


def test_off_and_on__the_past_stays_readable__a_merge_moves_requests__a_recount_agrees(whole, clock, admin):
    winner, loser = person(admin, "José Núñez"), person(admin, "Jose Nunez")
    kept, moved = opened(admin, winner, "Slow"), opened(admin, loser, "Charged twice")
    whole.settle()
    late = opened(admin, loser, "Nobody came")  # written before it is switched off, and delivered only then
    assert admin.call("DELETE", ON).status == 204
    for path in ("/v1/requests", f"/v1/requests/{kept}", "/v1/service/categories"):
        refused = admin.call("GET", path)
        assert (refused.status, refused.code) == (403, "module_not_enabled")
    whole.settle()
    assert told(admin, winner) == ["Slow (new)"]
    assert told(admin, loser) == ["Charged twice (new)"]
    merge = admin.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser})
    assert merge.status == 202, merge.text
    whole.settle()
    assert told(admin, winner) == ["Charged twice (new)", "Slow (new)"]
    clock.advance(seconds=10)
    assert admin.call("PUT", ON, {}).body["state"] == "activating"
    assert admin.call("GET", "/v1/requests").code == "module_activating"
    whole.settle()
    assert requests_of(admin, winner) == {kept, moved, late}
    assert told(admin, winner) == ["Charged twice (new)", "Nobody came (new)", "Slow (new)"]
    job = whole.job(admin, admin.call("POST", "/v1/modules/service_analysis/recount", {}))
    assert job["result"]["different"] == []


def test_merged_and_separated__requests_go_and_come_back(whole, admin):
    winner, loser = person(admin, "José Núñez"), person(admin, "Jose Nunez")
    kept, moved = opened(admin, winner, "Slow"), opened(admin, loser, "Charged twice")
    whole.settle()
    merge = admin.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser}).body["merge_id"]
    whole.settle()
    assert requests_of(admin, winner) == {kept, moved}
    assert admin.call("POST", f"/v1/contacts/merges/{merge}/unmerge").status == 202
    whole.settle()
    assert (requests_of(admin, winner), requests_of(admin, loser)) == ({kept}, {moved})
    assert (told(admin, winner), told(admin, loser)) == (["Slow (new)"], ["Charged twice (new)"])


def test_erased__a_customers_requests_stay_as_figures_without_a_word_of_whose_they_were(whole, admin):
    gone = person(admin, "José Núñez")
    request = opened(admin, gone, "José Núñez pays twice")
    made(admin.call("POST", f"/v1/requests/{request}/entries", {"type": "reply", "text": "Dear José Núñez"}))
    whole.settle()
    export = whole.job(admin, admin.call("POST", f"/v1/contacts/{gone}/subject-export", {}))
    assert export["state"] == "succeeded", export
    answer = admin.call("POST", f"/v1/contacts/{gone}/erasure", {"confirm": gone, "reason": "asked for"})
    assert answer.status == 202, answer.text
    whole.settle()
    shown = admin.call("GET", f"/v1/requests/{request}").body
    assert (shown["title"], shown["contact_id"], shown["description"]) == ("Erased", None, None)
    assert shown["type"] == "complaint"
    texts = [each["text"] for each in admin.call("GET", f"/v1/requests/{request}/entries").body["items"]]
    assert texts == [None]
    for unit in ("core", "contacts", "service_analysis"):
        for raw in whole.items(unit):
            assert "Núñez" not in str(raw), raw
