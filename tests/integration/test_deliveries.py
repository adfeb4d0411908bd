"""T11 and T13: however events come, what follows from records is what a rebuild from empty gives."""

import random

import pytest

from chalicelib.counters.postings import percentile
from chalicelib.counters.reading import total
from tests.support.faults import Conflict, LostAnswer, Reset, Throttle
from tests.support.visits import DERIVED, clear, made, tally, told, visit

PURPOSES, MOODS, OUTLETS = ("buy", "ask", "return"), ("good", "fair", "bad"), ("centre", "airport", "old#town")


class Story:
    """A seeded life of some contacts and their visits; what is left, as a plain model."""

    def __init__(self, client, seed, contacts=3, visits=5):
        self.client, self.chance = client, random.Random(seed)
        self.contacts = [made(client.call("POST", "/v1/contacts", self.contact())) for _ in range(contacts)]
        self.visits = {}
        for _ in range(visits):
            body = self.visit()
            self.visits[made(client.call("POST", "/v1/visits", body))] = body
        for each in list(self.visits) + self.chance.sample(list(self.visits), visits // 2):
            self.change(each)
        for each in self.contacts:
            if self.chance.random() < 0.5:
                self.patch(each)

    def contact(self):
        return {"name": f"n{self.chance.random()}", "status": self.chance.choice(("active", "churned"))}

    def visit(self):
        return visit(
            self.chance.choice(self.contacts),
            outlet=self.chance.choice(OUTLETS),
            purpose=self.chance.choice(PURPOSES),
            mood=self.chance.choice(MOODS),
            title=" ".join(self.chance.sample(("sim", "bill", "phone", "roaming"), 2)),
            minutes=self.chance.choice((0, 1, 5, 240)),
            spent=self.chance.choice(("0", "19.90", "-5.00")),
            day=self.chance.randint(-20, 20),
        )

    def change(self, each):
        if each not in self.visits:
            return
        match self.chance.randrange(4):
            case 0:
                body = {**self.visit(), "contact_id": self.visits[each]["contact_id"]}
                body["void"] = self.chance.random() < 0.3
            case 1:
                body = {**self.visits[each], "mood": self.chance.choice(MOODS)}
            case 2:
                assert self.client.call("DELETE", f"/v1/visits/{each}").status == 204
                del self.visits[each]
                return
            case _:
                return
        assert self.client.call("PUT", f"/v1/visits/{each}", body).status == 200
        self.visits[each] = body

    def patch(self, each):
        assert self.client.call("PATCH", f"/v1/contacts/{each}", self.contact()).status == 200

    @property
    def valid(self):
        return [each for each in self.visits.values() if not each.get("void")]


def rebuild(behind, client, *modules):
    for module in modules:
        job = behind.job(client, client.call("POST", f"/v1/modules/{module}/rebuild", {}))
        assert (job["state"], job["result"]["failed"]) == ("succeeded", []), job


def recount(behind, client, module):
    job = behind.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
    assert job["state"] == "succeeded", job
    return job["result"]


def check_against_rebuild(behind, client):
    live = told(behind, client)
    assert len(live) > 20
    assert clear(behind, client) > len(live) // 2
    assert [key for key in told(behind, client) if "timeline_entry" not in key] == []
    rebuild(behind, client, "contacts", "visits")
    assert told(behind, client) == live


@pytest.mark.parametrize("seed", range(10))
def test_delivery__repeated_shuffled_and_cut__is_what_a_rebuild_from_empty_gives(with_module, seed):
    client = with_module.house.client()
    other = with_module.house.client()
    story = Story(client, seed)
    Story(other, seed + 100, contacts=1, visits=2)
    with_module.deliver_badly(seed)
    foreign = told(with_module, other)
    assert len(client.call("GET", "/v1/visits?include_total=true").body["items"]) == len(story.visits)
    assert client.call("GET", "/v1/visits?include_total=true").body["total"] == len(story.visits)
    for contact in story.contacts:
        shown = client.call("GET", f"/v1/contacts/{contact}/timeline").body["items"]
        assert sorted(each["title"] for each in shown) == sorted(
            each["title"] for each in story.valid if each["contact_id"] == contact
        )
    for module in ("contacts", "visits")[seed % 2 :]:
        assert recount(with_module, client, module)["different"] == []
    check_against_rebuild(with_module, client)
    assert told(with_module, other) == foreign
    assert with_module.of("core", "delivery") == []


@pytest.mark.parametrize(
    "faults",
    [
        [Conflict(probability=0.3), Throttle(probability=0.1, as_reason=True)],
        [LostAnswer(probability=0.15, operations="TransactWriteItems"), Reset(probability=0.05)],
    ],
    ids=["conflicts", "lost_answers"],
)
def test_delivery__behind_faults__is_what_a_rebuild_from_empty_gives(with_module, proxy, brisk, faults):
    client = with_module.house.client()
    story = Story(client, 5, contacts=2, visits=6)
    proxy.inject(*faults)
    with_module.deliver_badly(seed=5, times=2, tries=20)
    assert proxy.fired
    proxy.clear()
    while with_module.strike():  # what was set aside under so many faults is due a minute later
        pass
    with_module.background.clock.advance(minutes=2)
    with_module.strike()
    assert with_module.of("core", "delivery") == []
    assert recount(with_module, client, "visits")["different"] == []
    changes = [each for each in with_module.events() if each["type"]["S"].startswith("contact.")]
    assert sum(tally(with_module, client, each) for each in story.contacts) == len(changes)
    check_against_rebuild(with_module, client)


def test_delivery__a_handler_that_counts_each_event_once__does_so(with_module):
    client = with_module.house.client()
    story = Story(client, 3, contacts=5, visits=0)
    for _ in range(3):
        story.patch(story.contacts[0])
    with_module.deliver_badly(seed=3, times=4)
    for contact in story.contacts:
        changes = [each for each in with_module.events() if each["subject"]["S"] == contact]
        assert tally(with_module, client, contact) == len(changes)


def test_delivery__of_single_records_of_the_stream__passes_over_what_is_no_new_event(with_module):
    client = with_module.house.client()
    Story(client, 4, contacts=1, visits=2)
    with_module.catch_up()
    before = told(with_module, client)
    from chalicelib.changes.entry import handle_stream  # noqa: PLC0415 - here alone

    event = with_module.events()[0]
    records = [
        {"eventName": "REMOVE", "dynamodb": {"OldImage": event, "SequenceNumber": "1"}},
        {"eventName": "MODIFY", "dynamodb": {"NewImage": event, "SequenceNumber": "2"}},
        {"eventName": "INSERT", "dynamodb": {"Keys": {}, "SequenceNumber": "3"}},
        *(
            {"eventName": "INSERT", "dynamodb": {"NewImage": each, "SequenceNumber": "4"}}
            for each in with_module.items("contacts")
            if each["kind"]["S"] != "event"
        ),
    ]
    assert handle_stream(with_module.background, {"Records": records}) == {"batchItemFailures": []}
    assert told(with_module, client) == before


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

    from chalicelib.after_write import resolve  # noqa: PLC0415 - here alone

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


def test_derived_kinds__are_all_compared(with_module):
    client = with_module.house.client()
    Story(client, 7)
    with_module.catch_up()
    assert {raw["kind"]["S"] for unit in with_module.units for raw in with_module.items(unit)} >= DERIVED
