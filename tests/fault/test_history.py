"""T9: callers do random things at once while the store misbehaves; what they were told must fit what is there.

Contacts are registers (`value_tier`, written with and without If-Match), a set (creates under a few external ids, and
deletes) and anonymous records (creates that only their Idempotency-Key tells apart). Every value is written once, so
each can be found in the events: exactly once when it was acknowledged, at most once when its outcome is unknown, never
when it was refused.
"""

import random
from dataclasses import dataclass, field

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict, Fail, LostAnswer, Reset, Throttle

CALLERS = 4
STEPS = 5
EXTERNAL_IDS = ("a", "b", "c")
WRITES = "TransactWriteItems"
SEEDS = 12
MANY_SEEDS = 1000


@dataclass
class History:
    """What one caller did and was told."""

    acknowledged: list[tuple[str, int, str]] = field(default_factory=list)  # contact, version, value
    unknown: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    anonymous: dict[str, set[str]] = field(default_factory=dict)  # value → ids that were answered
    seen: dict[str, list[int]] = field(default_factory=dict)  # contact → versions in the order of the answers


def faults_of(draw):
    pool = [
        Conflict(probability=0.3),
        Throttle(probability=0.2, operations=WRITES),
        Throttle(probability=0.2, as_reason=True, operations=WRITES),
        LostAnswer(probability=0.3, operations=WRITES),
        LostAnswer(probability=0.1),
        Reset(probability=0.15),
        Fail(probability=0.1, code="TransactionInProgressException"),
        Fail(probability=0.1),
    ]
    return draw.sample(pool, draw.randint(1, 4))


def caller(client, name, seed):
    draw = random.Random(f"{seed}/{name}")
    history = History()

    def note(answer, value):
        if answer.status in {200, 201}:
            history.acknowledged.append((answer.body["id"], answer.body["version"], value))
            see(answer)
        elif answer.status == 503:
            history.unknown.append(value)
        else:
            assert answer.status in {404, 409, 412}, answer
            history.refused.append(value)

    def see(answer):
        history.seen.setdefault(answer.body["id"], []).append(answer.body["version"])

    def look(external_id):
        answer = client.call("GET", f"/v1/contacts/lookup?external_id=s:{external_id}")
        assert answer.status in {200, 404, 503}, answer
        if answer.status == 200:
            see(answer)
            return answer
        return None

    def run():
        for step in range(STEPS):
            value, external_id = f"{name}-{step}", draw.choice(EXTERNAL_IDS)
            where = f"/v1/contacts/by-external-id/s/{external_id}"
            whole = {"value_tier": value, "external_ids": [{"system": "s", "id": external_id}]}
            match draw.choice(("create", "upsert", "put", "patch", "patch", "delete", "anonymous")):
                case "create":
                    note(client.call("POST", "/v1/contacts", whole), value)
                case "upsert":
                    note(client.call("PUT", where, whole), value)
                case "put":
                    if now := look(external_id):
                        path = f"/v1/contacts/{now.body['id']}"
                        note(client.call("PATCH", path, {"value_tier": value}, If_Match=now.headers["ETag"]), value)
                case "patch":
                    if now := look(external_id):
                        note(client.call("PATCH", f"/v1/contacts/{now.body['id']}", {"value_tier": value}), value)
                case "delete":
                    if now := look(external_id):
                        answer = client.call("DELETE", f"/v1/contacts/{now.body['id']}")
                        assert answer.status in {204, 404, 503}, answer
                        if answer.status == 204:
                            history.deleted.append(now.body["id"])
                case "anonymous":
                    ids = history.anonymous.setdefault(value, set())
                    for _ in range(3):
                        answer = client.call("POST", "/v1/contacts", {"value_tier": value}, Idempotency_Key=value)
                        assert answer.status in {201, 503}, answer
                        if answer.status == 201:
                            ids.add(answer.body["id"])
        return history

    return run


def check(histories, held):
    assert held.flaws() == []  # versions without a gap, ids that rise, claims, replay: see tests/support/holdings.py
    events = held.events()
    written = {}  # value → (contact, version) of each event that wrote it
    for subject, chain in events.items():
        for event in chain:
            new = (event.changed.get("value_tier") or [None, None])[1]
            if new is not None:
                written.setdefault(new, []).append((subject, int(event.subject_version)))
    for history in histories:
        for contact, version, value in history.acknowledged:
            assert written.get(value) == [(contact, version)], f"{value} was acknowledged"
        for value in history.unknown:
            assert len(written.get(value, [])) <= 1, f"{value} may have been written once"
        for value in history.refused:
            assert value not in written, f"{value} was refused"
        for value, ids in history.anonymous.items():
            assert len(ids) <= 1, f"{value} was answered with {ids}"
            assert len(written.get(value, [])) <= 1, f"{value} was created twice"
            assert {contact for contact, _ in written.get(value, [])} >= ids
        for contact in history.deleted:
            assert events[contact][-1].type == "contact.deleted"
        for contact, versions in history.seen.items():
            assert versions == sorted(versions), f"{contact} went back: {versions}"
    taken = [(contact, version) for history in histories for contact, version, _ in history.acknowledged]
    assert len(taken) == len(set(taken)), "one version was given to two changes"
    live = {each["id"]["S"] for each in held.of("contact")}
    assert set(held.claims().values()) <= live


def run_seed(house, proxy, holdings, seed):
    client = house.client()
    assert client.call("POST", "/v1/contacts", {"parent_id": "cnt_0"}).status == 422
    proxy.inject(*faults_of(random.Random(seed)))
    histories = all_at_once([caller(client, f"w{number}", seed) for number in range(CALLERS)])
    proxy.clear()
    check(histories, holdings(client))
    return sum(len(history.acknowledged) for history in histories)


@pytest.fixture
def hasty(brisk, monkeypatch):
    """Writers that meet wait for a hundredth of the usual time: the schedule is denser, and a seed takes less."""
    monkeypatch.setattr("chalicelib.store.attempts.FIRST_PAUSE_S", 0.0005)
    monkeypatch.setattr("chalicelib.store.attempts.LONGEST_PAUSE_S", 0.01)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_was_acknowledged_is_there_once_and_in_order(house, client, proxy, holdings, hasty, seed):
    run_seed(house, proxy, holdings, seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_what_was_acknowledged_is_there_once_and_in_order_over_1000_seeds(house, client, proxy, holdings, hasty, block):
    acknowledged = 0
    for seed in range(block * MANY_SEEDS // 20, (block + 1) * MANY_SEEDS // 20):
        acknowledged += run_seed(house, proxy, holdings, 1_000_000 + seed)
    assert acknowledged > MANY_SEEDS // 20, "the callers were hardly ever successful: the test proves little"


def test_the_checker_sees_what_is_wrong(house, client, holdings):
    # A checker that never objects proves nothing: each of these lies is found.
    made = client.call("POST", "/v1/contacts", {"value_tier": "w0-0"}).body
    client.call("PATCH", f"/v1/contacts/{made['id']}", {"value_tier": "w0-1"})
    held = holdings(client)
    honest = History(acknowledged=[(made["id"], 1, "w0-0"), (made["id"], 2, "w0-1")])
    check([honest], held)
    for lie in (
        History(acknowledged=[(made["id"], 3, "w0-2")]),
        History(acknowledged=[(made["id"], 1, "w0-1")]),
        History(refused=["w0-1"]),
        History(seen={made["id"]: [2, 1]}),
        History(anonymous={"w0-0": {"cnt_1", "cnt_2"}}),
        History(deleted=[made["id"]]),
    ):
        with pytest.raises(AssertionError):
            check([lie], held)
    for kind in ("event", "subject_key", "contact"):
        rest = [item for item in held.items if item is not held.of(kind)[0]]
        assert type(held)(held.tenant_id, rest, held.keyring).flaws()
