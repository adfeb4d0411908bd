"""T11 and T13: however events come, what follows from records is what a rebuild from empty gives."""

import pytest

from tests.support.faults import Conflict, LostAnswer, Reset, Throttle
from tests.support.stories import Story, rebuild, recount
from tests.support.visits import DERIVED, clear, tally, told


def check_against_rebuild(behind, client):
    live = told(behind, client)
    assert len(live) > 20
    assert clear(behind, client) > len(live) // 2
    assert [key for key in told(behind, client) if "timeline_entry" not in key] == []
    rebuild(behind, client, "contacts", "visits")
    assert told(behind, client) == live


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(each, marks=pytest.mark.slow) for each in range(3, 10))])
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
        assert sorted(each["title"] for each in shown if each["type"] != "change") == sorted(
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


def test_derived_kinds__are_all_compared(with_module):
    client = with_module.house.client()
    Story(client, 7)
    with_module.catch_up()
    assert {raw["kind"]["S"] for unit in with_module.units for raw in with_module.items(unit)} >= DERIVED
