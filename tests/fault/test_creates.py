"""T7: what must be unique is unique, whatever the store does and however many try."""

from collections import Counter
from functools import partial

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict, LostAnswer, Reset, Throttle

ONE_ID = {"name": "José", "external_ids": [{"system": "billing", "id": "1"}], "emails": ["jose@example.com"]}
WHOLE = {"claim": 2, "contact": 1, "event": 1, "subject_key": 1}  # the unique claim, and the e-mail's entry
WRITES = "TransactWriteItems"
# Without the look for likely duplicates, which is a read more that faults can meet.
ANYWAY = "/v1/contacts?allow_duplicates=true"

QUIET = ()
CONFLICTS = (Conflict(probability=0.3),)
THROTTLING = (Throttle(probability=0.15), Throttle(probability=0.15, as_reason=True, operations=WRITES))
LOST = (LostAnswer(probability=0.2, operations=WRITES), Reset(probability=0.1))
EVERYTHING = (
    Conflict(probability=0.15),
    Throttle(probability=0.1),
    LostAnswer(probability=0.1),
    Reset(probability=0.05),
)


@pytest.mark.parametrize(
    "faults", [QUIET, CONFLICTS, THROTTLING, LOST, EVERYTHING], ids=["quiet", "conflicts", "throttling", "lost", "all"]
)
def test_of_50_parallel_creates_with_one_external_id_exactly_one_succeeds(client, proxy, holdings, brisk, faults):
    proxy.inject(*faults)
    answers = all_at_once([partial(client.call, "POST", ANYWAY, ONE_ID)] * 50)
    proxy.clear()
    statuses = Counter(answer.status for answer in answers)
    held = holdings(client)
    assert held.count() == WHOLE
    assert held.flaws() == []
    # 503 says that the outcome is not known. Only a writer whose answers were all lost may have to say so.
    assert statuses.keys() <= {201, 409, 503}
    assert statuses[201] <= 1
    assert statuses[503] <= (2 if LostAnswer in map(type, faults) else 0)
    assert statuses[201] == 1 or statuses[503]
    (owner,) = [contact["id"]["S"] for contact in held.of("contact")]
    for answer in answers:
        if answer.status == 201:
            assert answer.body["id"] == owner
        elif answer.status == 409:
            assert answer.code == "already_exists"
            assert answer.body["existing_id"] == owner


@pytest.mark.parametrize("faults", [QUIET, CONFLICTS, EVERYTHING], ids=["quiet", "conflicts", "all"])
def test_50_parallel_upserts_of_one_external_id_make_one_record(client, proxy, holdings, brisk, faults):
    proxy.inject(*faults)
    where = "/v1/contacts/by-external-id/billing/1"
    answers = all_at_once([partial(client.call, "PUT", where, {"name": "José"})] * 50)
    proxy.clear()
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() <= {200, 201, 503}
    assert statuses[201] <= 1
    assert statuses[503] <= (10 if faults is EVERYTHING else 0)  # a read has two attempts: 0.15² each, three reads
    held = holdings(client)
    assert held.count() == {"claim": 1, "contact": 1, "event": 1, "subject_key": 1}
    assert held.flaws() == []
    assert len({answer.body["id"] for answer in answers if answer.status != 503}) == 1


def test_parallel_upserts_of_one_external_id_with_different_values_each_count_or_are_the_same(client, proxy, holdings):
    proxy.inject(Conflict(probability=0.2))
    where = "/v1/contacts/by-external-id/billing/1"
    tasks = [partial(client.call, "PUT", where, {"name": f"name {number}"}) for number in range(16)]
    answers = all_at_once(tasks)
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 15}
    held = holdings(client)
    assert held.flaws() == []
    assert sorted(answer.body["version"] for answer in answers) == list(range(1, 17))


def test_a_number_belongs_to_one_of_50_lines_created_at_once(client, proxy, holdings, brisk):
    contacts = [client.call("POST", "/v1/contacts", {"name": f"c{n}"}).body["id"] for n in range(5)]
    proxy.inject(Conflict(probability=0.2))
    line = {"msisdn": "415 555 0101", "imsi": "310150123456789"}
    answers = all_at_once(
        [partial(client.call, "POST", f"/v1/contacts/{contacts[n % 5]}/lines", line) for n in range(50)]
    )
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 49}
    held = holdings(client)
    assert held.flaws() == []
    assert len(held.of("line")) == 1


def test_a_create_whose_answer_was_lost_and_whose_repeat_is_throttled_makes_one_record(client, proxy, holdings, brisk):
    # The first attempt is committed; what the SDK then hears is «slow down». Another attempt as a new transaction
    # would be a second contact.
    proxy.inject(LostAnswer(times=1, operations=WRITES), Throttle(every=2, times=1, operations=WRITES))
    answer = client.call("POST", "/v1/contacts", {"name": "José"})
    assert answer.status == 201
    held = holdings(client)
    assert [contact["id"]["S"] for contact in held.of("contact")] == [answer.body["id"]]
    assert held.flaws() == []


def test_a_change_whose_answer_was_lost_and_whose_repeat_is_throttled_is_not_called_a_conflict(client, proxy, brisk):
    made = client.call("POST", "/v1/contacts", {"name": "José"}).body
    proxy.inject(LostAnswer(times=1, operations=WRITES), Throttle(every=2, times=1, operations=WRITES))
    answer = client.call("PATCH", f"/v1/contacts/{made['id']}", {"status": "churned"}, If_Match='"1"')
    assert (answer.status, answer.body["version"]) == (200, 2)
