"""Rules over the 7,043 real customers give what a plain count of the file gives."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from modules.contacts.custom_fields.rules import FieldRule
from modules.contacts.segment_attributes.rules import catalogue, check
from modules.contacts.segment_rules.rules import decide
from modules.contacts.segment_rules.schemas import Rule
from modules.contacts.segment_time.rules import Today
from tests.support.real_customers import facts, mapped, read_rows
from tests.support.segment_trees import TREES

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def customers(shared_data):
    rows = read_rows(shared_data / "telecom_customers.csv")
    bodies, own = mapped(rows)
    known = catalogue([FieldRule(each.name, each.type.value, each.options) for each in own], ())
    return rows, list(facts(bodies, NOW, ZONE)), known


@pytest.mark.parametrize("name", TREES)
def test_rule__over_the_real_customers__gives_a_plain_counts_customers(customers, name):
    rows, of_rows, known = customers
    rule, means = TREES[name]
    tree = Rule.model_validate(rule).tree()
    assert check(tree, known, "/rule", may_sensitive=False) == []
    inside = [decide(tree, each, Today(NOW, ZONE)).member for each in of_rows]
    assert inside == [means(row) for row in rows]
    assert 0 < sum(inside) < len(rows)


def test_there_are_at_least_twenty():
    assert len(TREES) >= 20
