"""Rebuilds and recounts: they run beside each other and beside what fails, and say what is wrong."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from chalicelib.after_write import resolve
from chalicelib.counters.postings import CellPlace, Posting, percentile
from chalicelib.counters.reading import total
from chalicelib.counters.records import addition
from chalicelib.counters.task import FactsTask
from chalicelib.store import keys
from tests.support.stories import Story, rebuild, recount
from tests.support.visits import clear, made, told, visit


def wide(client, number):
    """Visits that have hardly a cell in common."""
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    for at in range(number):
        body = visit(contact, outlet=f"o{at}", minutes=at, spent=f"{at}.00", day=at, title=f"v{at}")
        made(client.call("POST", "/v1/visits", body))
    return contact


def test_rebuild__twice_and_two_at_once__changes_nothing(with_module):
    client = with_module.house.client()
    Story(client, 6)
    with_module.catch_up()
    before = told(with_module, client)
    rebuild(with_module, client, "contacts", "visits", "contacts", "visits")
    answers = [client.call("POST", "/v1/modules/visits/rebuild", {}) for _ in range(2)]
    with_module.work()
    assert [client.call("GET", each.headers["Location"]).body["state"] for each in answers] == ["succeeded"] * 2
    assert told(with_module, client) == before


def test_rebuild__a_record_that_its_derivation_fails_for__is_named_and_holds_up_no_other(with_module, monkeypatch):
    from modules.visits import derived  # noqa: PLC0415 - there is no such module before the fixture

    client = with_module.house.client()
    story = Story(client, 8)
    with_module.catch_up()
    live, broken = told(with_module, client), min(story.visits)
    clear(with_module, client)
    whole = derived.held

    def held(record, standing):
        if record.id == broken:
            raise ValueError(record.id)
        return whole(record, standing)

    monkeypatch.setattr(derived, "held", held)
    resolve.cache_clear()
    job = with_module.job(client, client.call("POST", "/v1/modules/visits/rebuild", {}))
    assert (job["state"], job["result"]["failed"]) == ("succeeded", [f"visits.facts.visit {broken}"])
    assert client.call("GET", "/v1/visits?include_total=true").body["total"] == len(story.visits) - 1
    monkeypatch.undo()
    resolve.cache_clear()
    rebuild(with_module, client, "contacts", "visits")
    assert told(with_module, client) == live


def test_histogram__its_percentiles__are_within_two_percent(with_module):
    client = with_module.house.client()
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    chance = random.Random(9)
    values = sorted(int(chance.lognormvariate(4, 1.5)) + 1 for _ in range(25))
    for value in values:
        made(client.call("POST", "/v1/visits", visit(contact, minutes=value)))
    with_module.catch_up()
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    march = total(store, "visit_made", period="2026-03")
    assert (march.count, march.amounts["minutes"]) == (25, sum(values))
    for share in (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0):
        exact = values[max(0, -(-int(share * 100) * len(values) // 100) - 1)]
        assert abs(percentile("minutes", march.amounts, share) - exact) <= 0.02 * exact
    assert total(store, "visit_made", [("outlet", "centre")], "2026-03").count == 25
    assert total(store, "visit_made", [("outlet", "centre"), ("purpose", "ask")], "2026-03").count == 25
    assert total(store, "visit_made", [("outlet", "airport")], "2026-03").count == 0


def test_records__that_fill_more_cells_than_a_transaction_takes__are_posted_rebuilt_and_recounted(with_module):
    client = with_module.house.client()
    wide(client, 22)
    with_module.deliver(with_module.events(), size=100)
    assert with_module.of("core", "delivery") == []
    live = told(with_module, client)
    assert recount(with_module, client, "visits")["different"] == []
    clear(with_module, client)
    rebuild(with_module, client, "contacts", "visits")
    assert told(with_module, client) == live


def test_recount__a_cell_of_a_day_that_lies__is_named(with_module):
    client = with_module.house.client()
    wide(client, 3)
    with_module.catch_up()
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    lie = CellPlace("outlet", "2026-03", "2026-03-11", ("o1",), "/ou_1/")
    store.add(addition(client.tenant_id, "visit_made", lie, {"count": 2, "minutes": -1}, 1, store.clock()))
    store.commit()
    (different,) = recount(with_module, client, "visits")["different"]
    assert (different["fact"], different["dimensions"], different["values"]) == ("visit_made", "outlet", ["o1"])
    # Its only minute is taken away, and a sum of zero is none.
    assert (different["cells"]["count"], different["records"]["count"]) == ("3", "1")
    assert ("minutes" in different["cells"], different["records"]["minutes"]) == (False, "1")


def test_rebuild__of_a_fact_that_is_counted_otherwise_now__by_two_at_once__counts_once(with_module, monkeypatch):
    """Both have read what was posted before either has written: the version alone would let both pass."""
    from modules.visits import derived  # noqa: PLC0415 - there is no such module before the fixture

    client = with_module.house.client()
    contact = made(client.call("POST", "/v1/contacts", {"name": "José"}))
    visited = made(client.call("POST", "/v1/visits", visit(contact)))
    with_module.catch_up()
    together = threading.Barrier(2)
    first = set()

    def held(record, standing):
        if threading.get_ident() not in first:
            first.add(threading.get_ident())
            together.wait(10)
        return Posting(record.unit_path, {"outlet": "moved", "purpose": record.purpose})

    monkeypatch.setattr(derived, "held", held)
    resolve.cache_clear()
    manifest = with_module.house.catalogue.get("visits")
    at = keys.record(client.tenant_id, "visit", visited)

    def again(_):
        from chalicelib.store.attempts import until_in  # noqa: PLC0415 - here alone

        write = FactsTask(manifest, "visit").write
        until_in(lambda: write(with_module.background, client.tenant_id, {at: 1}, afresh=True))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(2)))
    store = with_module.background.store("visits", client.tenant_id, "test", "test")
    assert total(store, "visit_held", [("outlet", "moved")]).count == 1
    assert total(store, "visit_held", [("outlet", "centre")]).count == 0
    assert total(store, "visit_held").count == 1
    monkeypatch.undo()
    resolve.cache_clear()
