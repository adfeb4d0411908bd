"""The bench's own arithmetic: units, money, budgets, growth and the document. Nothing here is timed."""

import pytest

from bench import budgets, report
from bench.operations import READS, WRITES, Operation
from bench.prices import Prices
from bench.results import Cost, Measure, Results
from bench.spending import Purse, Spent, fair_units, spent_on
from bench.writing import item_bytes, transaction_units


def item(size, **more):
    """An item of so many bytes, names included."""
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    made = {**key, **more, "v": {"S": ""}}
    made["v"] = {"S": "x" * (size - item_bytes(made))}
    return made


IN_INDEX = {"gsi1pk": {"S": "a"}, "gsi1sk": {"S": "1"}}
MOVED = {"gsi1pk": {"S": "a"}, "gsi1sk": {"S": "2"}}


@pytest.mark.parametrize(
    ("value", "size"), [({"S": "客户"}, 6), ({"N": "12345"}, 4), ({"N": "-1.5"}, 2), ({"BOOL": True}, 1)]
)
def test_item_bytes__counts_names_and_values_in_utf_8(value, size):
    assert item_bytes({"ab": value}) == 2 + size


@pytest.mark.parametrize(("sizes", "units"), [([], 0.5), ([0], 0.5), ([4096], 0.5), ([4097], 1.0), ([1, 1], 1.0)])
def test_fair_units__are_half_a_unit_for_each_4_kb_begun(sizes, units):
    assert fair_units(sizes) == units


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, item(100), 2),
        (None, item(1025), 4),
        (item(2000), item(100), 4),  # the larger of both counts
        (None, item(100, **IN_INDEX), 4),
        (item(100, **IN_INDEX), item(100), 4),
        (item(100, **IN_INDEX), item(101, **IN_INDEX), 4),
        (item(100, **IN_INDEX), item(100, **MOVED), 6),  # out of one place and into another
    ],
)
def test_transaction_units__of_a_put__item_and_index_rounded_alone_and_taken_twice(before, after, units):
    put = {"Put": {"TableName": "t", "Item": after}}
    assert list(transaction_units({"TransactItems": [put]}, lambda *_: before)) == [units]


@pytest.mark.parametrize(
    ("kind", "more", "before", "units"),
    [
        ("ConditionCheck", {}, item(5000), 10),
        ("Delete", {}, item(100, **IN_INDEX), 4),
        ("Delete", {}, None, 2),
        ("Update", {"ExpressionAttributeValues": {":a0": {"N": "1"}}}, None, 2),
        ("Update", {"ExpressionAttributeValues": {":a0": {"N": "1"}}}, item(1500), 4),
    ],
)
def test_transaction_units__of_other_actions__by_what_stands_there(kind, more, before, units):
    action = {kind: {"TableName": "t", "Key": {"pk": {"S": "p"}, "sk": {"S": "s"}}, **more}}
    assert list(transaction_units({"TransactItems": [action]}, lambda *_: before)) == [units]


def test_spent_on__a_query_is_weighed_as_a_whole_and_a_batch_item_by_item():
    two = [item(3000), item(3000)]
    capacity = {"CapacityUnits": 1.0}
    query = spent_on("Query", {"Items": two, "ScannedCount": 7, "ConsumedCapacity": capacity})
    assert query == Spent(("Query",), 1.0, 0.0, queried=7, fetched=0, fair=1.0)
    batch = spent_on("BatchGetItem", {"Responses": {"t": two}, "ConsumedCapacity": [capacity, capacity]})
    assert batch == Spent(("BatchGetItem",), 2.0, 0.0, queried=0, fetched=2, fair=1.0)
    assert spent_on("GetItem", {}) == Spent(("GetItem",), fair=0.5)


def test_purse__does_not_count_its_own_looks():
    def look(*_):
        purse.take("GetItem", {"Item": item(100)})

    purse = Purse(look)
    purse.before_writing({"TransactItems": [{"Put": {"TableName": "t", "Item": item(100)}}]})
    purse.take("TransactWriteItems", {})
    assert purse.spent == Spent(("TransactWriteItems",), write_units=2)


def test_prices__a_million_operations():
    prices = Prices(read_units=0.125, write_units=0.625, lambda_requests=0.2, lambda_gb_second=0.00001)
    assert prices.store(2, 4) == pytest.approx(2.75)
    one_gb = Prices(lambda_requests=0.2, lambda_gb_second=0.00001, lambda_mb=1024, lambda_ms=10, round_trip_ms=5)
    assert one_gb.function(2) == pytest.approx(0.2 + 1_000_000 * 0.02 * 0.00001)


@pytest.mark.parametrize(
    ("budget", "within", "over"),
    [
        (budgets.BY_ID, Spent(("GetItem",), 0.5, fair=0.5), Spent(("GetItem", "GetItem"), 1.0, fair=1.0)),
        (budgets.BY_ID, Spent(("GetItem",), 0.5, fair=0.5), Spent(("GetItem",), 1.0, fair=0.5)),  # read consistently
        (budgets.INDEXED, Spent(("Query",), queried=50), Spent(("Query",), queried=51)),
        (budgets.OTHER_FILTER, Spent(queried=1000), Spent(queried=1001)),
        (budgets.SEARCH, Spent(queried=500, fetched=50), Spent(queried=501)),
        (budgets.CREATE, Spent(("BatchGetItem", "TransactWriteItems")), Spent(("GetItem", "TransactWriteItems"))),
        (budgets.CREATE, Spent(("TransactWriteItems",)), Spent(("TransactWriteItems", "TransactWriteItems"))),
        (budgets.CREATE, Spent(("TransactWriteItems",)), Spent()),
    ],
)
def test_budgets__the_limit_itself_is_allowed(budget, within, over):
    assert budget.broken(within) == []
    assert len(budget.broken(over)) == 1


@pytest.mark.parametrize(
    ("large", "grows"),
    [
        (Spent(("Query",), 7.0, queried=50, fair=7.0), False),
        (Spent(("Query",), 7.5, queried=50, fair=7.5), False),  # the page weighs more
        (Spent(("Query",), 14.0, queried=50, fair=7.0), True),
        (Spent(("Query",), 7.5, queried=60, fair=7.5), True),
        (Spent(("Query", "Query"), 7.0, queried=50, fair=7.0), True),
    ],
)
def test_growth__but_for_what_the_page_weighs_is_named(large, grows):
    small = Spent(("Query",), 7.0, queried=50, fair=7.0)
    read = Cost(Operation("x", "/x", budgets.UNNAMED), (small, large))
    assert bool(read.broken) is grows
    bounded = Cost(Operation("x", "/x", budgets.UNNAMED, grows=True), (small, large))
    assert bounded.broken == []


def test_operations__have_names_of_their_own():
    names = [each.name for each in (*READS, *WRITES)]
    assert len(set(names)) == len(names)


def test_results__what_is_over_its_budget_stands_in_the_table_and_in_the_end(tmp_path):
    over = Cost(Operation("twice", "/x", budgets.BY_ID), (Spent(("GetItem", "GetItem")),))
    results = Results((1000,), [over], [], [Measure("a", "2", "≤ 1", "over the budget"), Measure("b", "1", "≤ 1")])
    assert results.broken == ["twice: 2 round trips", "a: 2, over the budget"]
    page = tmp_path / "costs.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    report.put(page, report.document(results, Prices()))
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"before\n{report.BEGIN}\n")
    assert written.endswith(f"{report.END}\nafter\n")
    assert "old" not in written
    assert written.count("BROKEN") == 2
    for _, lines in report.tables(results, Prices()):
        assert len({len(line) for line in lines}) == 1
        assert len(list(report.as_text(lines))) == len(lines)


def test_put__a_document_without_markers_is_left_alone(tmp_path):
    page = tmp_path / "costs.md"
    page.write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="markers"):
        report.put(page, "text")
    assert page.read_text(encoding="utf-8") == "mine"
