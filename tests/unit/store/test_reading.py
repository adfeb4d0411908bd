"""Reading by keys and by the page."""

import pytest

from chalicelib.store import keys, reading
from chalicelib.store.errors import CursorError, StoreUnavailableError
from chalicelib.store.reading import FRUITLESS_READS, Part, key_of, read_items

WANTED = [keys.record("tnt_1", "contact", str(n)) for n in range(4)]
GSI1 = keys.by_kind("tnt_1", "contact")


def raw(key):
    return {"pk": {"S": str(key.pk)}, "sk": {"S": str(key.sk)}}


class Engine:
    """Gives back `given` items of each batch, the rest unprocessed."""

    def __init__(self, given):
        self.given = given
        self.calls = []

    def dispatch(self, operation, request):
        self.calls.append(operation)
        if operation == "GetItem":
            return {"Item": request["Key"]}
        asked = request["RequestItems"]["table"]["Keys"]
        unprocessed = {"table": {"Keys": asked[self.given :]}} if asked[self.given :] else {}
        return {"Responses": {"table": asked[: self.given]}, "UnprocessedKeys": unprocessed}


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: None)

    def install(given):
        made = Engine(given)
        monkeypatch.setattr(reading, "connection", lambda: made)
        return made

    return install


def test_one_key_is_a_get_and_several_are_a_batch(engine):
    made = engine(given=100)
    assert read_items("table", WANTED[:1], strongly=True) == {WANTED[0]: raw(WANTED[0])}
    assert read_items("table", WANTED, strongly=True) == {key: raw(key) for key in WANTED}
    assert made.calls == ["GetItem", "BatchGetItem"]


def test_what_comes_back_in_parts_is_asked_for_until_it_is_whole(engine):
    made = engine(given=1)
    assert read_items("table", WANTED, strongly=False) == {key: raw(key) for key in WANTED}
    assert len(made.calls) == 4


def test_a_table_that_gives_nothing_is_asked_a_bounded_number_of_times(engine):
    made = engine(given=0)
    with pytest.raises(StoreUnavailableError):
        read_items("table", WANTED, strongly=False)
    assert len(made.calls) == FRUITLESS_READS


def position(pk, sk, index="gsi1", **more):
    return {**raw(WANTED[0]), f"{index}pk": {"S": pk}, f"{index}sk": {"S": sk}, **more}


def test_a_position_in_the_part_leads_on():
    start = position(GSI1, "cnt_1")
    assert Part(GSI1, index="gsi1").request("t", start)["ExclusiveStartKey"] == start
    assert "ExclusiveStartKey" not in Part(GSI1, index="gsi1").request("t", None)
    between = (keys.creation("cnt_1"), keys.creation("cnt_9"))
    assert Part(GSI1, between=between, index="gsi1").request("t", start)["ExclusiveStartKey"] == start
    table = Part(WANTED[0].pk, begins=keys.children("line"))
    assert table.request("t", {"pk": {"S": str(WANTED[0].pk)}, "sk": {"S": "line#1"}})["ExclusiveStartKey"]


@pytest.mark.parametrize(
    ("part", "start"),
    [
        (Part(GSI1, index="gsi1"), position(GSI1, "x", index="gsi2")),
        (Part(GSI1, index="gsi1"), position("tnt_2#contact", "x")),
        (Part(GSI1, index="gsi1"), raw(WANTED[0])),
        (Part(GSI1, index="gsi1"), position(GSI1, "x", other={"S": "x"})),
        (Part(GSI1, begins=keys.under_unit("/a/"), index="gsi2"), position(GSI1, "/b/#x", index="gsi2")),
        (Part(GSI1, between=(keys.creation("b"), keys.creation("c")), index="gsi1"), position(GSI1, "a")),
        (Part(GSI1, between=(keys.creation("b"), keys.creation("c")), index="gsi1"), position(GSI1, "d")),
        (Part(WANTED[1].pk), raw(WANTED[0])),
    ],
)
def test_a_position_elsewhere_is_refused_before_anything_is_read(part, start):
    with pytest.raises(CursorError):
        part.request("t", start)


def test_a_key_as_read_is_the_key():
    assert key_of(raw(WANTED[0])) == WANTED[0]
