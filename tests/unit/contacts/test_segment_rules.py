"""Rules of segments: each operator, what is unknown, lines, usage, and until when an answer stands."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.contacts.custom_fields.rules import FieldRule
from modules.contacts.segment_attributes.rules import MAX_CONDITIONS, MAX_DEPTH, catalogue, check, masked
from modules.contacts.segment_rules.rules import Facts, Month, decide, explain
from modules.contacts.segment_rules.schemas import Rule
from modules.contacts.segment_time.rules import Today

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
TODAY = Today(NOW, ZONE)
KNOWN = catalogue([FieldRule("contract", "enum", ("One Year", "Two Year")), FieldRule("since", "date")], ["visits"])

JOSE = Facts(
    values={
        "status": ("active",),
        "city": ("Kunming", "Dàlǐ"),
        "tags": ("vip", "5g"),
        "birth_date": (date(1980, 3, 17),),
        "custom.contract": ("One Year",),
        "custom.since": ("2024-05-01",),
        "custom.charge": (Decimal("80.85"),),
        "org_unit": ("/ou_1/ou_5/",),
        "has_email": (False,),
        "visits.last_minutes": (Decimal(12),),
    },
    lines=(
        Facts({"product": ("Fibre 500",), "status": ("ended",), "monthly_fee": (Decimal(99),)}, id="lin_1"),
        Facts({"product": ("Mobile S",), "status": ("active",), "monthly_fee": (Decimal(19),)}, id="lin_2"),
    ),
    months=(
        Month("2026-02", {"invoice": Decimal(30), "data_mb": Decimal(10)}),
        Month("2026-01", {"invoice": Decimal(60)}),
        Month("2025-11", {"invoice": Decimal(90)}),
    ),
    changes={"visits.last_minutes": NOW + timedelta(hours=3)},
)


def a(attribute, **operator):
    return {"attribute": attribute, **operator}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (a("status", **{"is": "active"}), True),
        (a("status", is_not="active"), False),
        (a("status", is_one_of=["churned", "active"]), True),
        (a("city", **{"is": "Kunming"}), True),
        (a("city", is_not="Kunming"), False),
        (a("city", is_not="Paris"), True),
        (a("city", begins_with="DALI"), True),
        (a("city", contains="unm"), True),
        (a("tags", has="vip"), True),
        (a("tags", has_one_of=["x", "5g"]), True),
        (a("tags", has="x"), False),
        (a("custom.charge", more_than=80.84), True),
        (a("custom.charge", more_than=80.85), False),
        (a("custom.charge", at_least=80.85), True),
        (a("custom.charge", less_than=81), True),
        (a("custom.charge", at_most=80.85), True),
        (a("custom.charge", between=[80, 81]), True),
        (a("custom.charge", **{"is": 80.85}), True),
        (a("org_unit", is_within="ou_1"), True),
        (a("org_unit", is_within="ou_5"), True),
        (a("org_unit", is_within="ou"), False),
        (a("has_email", **{"is": False}), True),
        (a("birth_date", before="1980-03-18"), True),
        (a("birth_date", after="1980-03-17"), False),
        (a("birth_date", between=["1980-01-01", "1980-12-31"]), True),
        (a("birth_date", anniversary_in_days=7), True),
        (a("age", **{"is": 45}), True),
        (a("custom.since", more_than_ago="P22M"), True),
        (a("custom.since", within_last="P22M"), False),
        (a("custom.since", within_last="P2Y"), True),
        (a("visits.last_minutes", at_least=12), True),
        # What nobody knows fits nothing but that it is not there.
        (a("region", exists=False), True),
        (a("region", exists=True), False),
        (a("region", is_not="Yunnan"), False),
        ({"not": a("region", **{"is": "Yunnan"})}, True),
        (a("region", begins_with="Y"), False),
        # All of it on one line.
        ({"any_line": a("product", begins_with="fibre")}, True),
        ({"any_line": {"all": [a("product", begins_with="fibre"), a("status", **{"is": "active"})]}}, False),
        ({"any_line": a("monthly_fee", less_than=20)}, True),
        # Usage: the newest month, and the last so many.
        (a("usage.invoice", **{"is": 30}), True),
        (a("usage.sms", exists=False), True),
        (a("usage.invoice", over={"months": 2, "figure": "average"}, **{"is": 45}), True),
        (a("usage.invoice", over={"months": 3, "figure": "sum"}, **{"is": 90}), True),
        (a("usage.invoice", over={"months": 4, "figure": "sum"}, **{"is": 180}), True),
        (a("usage.data_mb", over={"months": 12, "figure": "average"}, **{"is": 10}), True),
        # Types that do not go together fit nothing.
        (a("visits.last_minutes", **{"is": "12"}), False),
        (a("has_email", **{"is": 0}), False),
        ({"all": [a("status", **{"is": "active"}), {"not": a("city", **{"is": "Paris"})}]}, True),
        ({"any": [a("status", **{"is": "churned"}), a("city", **{"is": "Paris"})]}, False),
    ],
)
def test_decide(rule, expected):
    tree = Rule.model_validate(rule).tree()
    assert tree == rule
    assert decide(tree, JOSE, TODAY).member is expected


MIDNIGHT = datetime(2026, 3, 10, 16, tzinfo=UTC)  # in Shanghai
YEARS = datetime(2026, 4, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (a("status", **{"is": "active"}), None),
        (a("custom.since", more_than_ago="P2Y"), datetime(2026, 5, 1, 16, tzinfo=UTC)),
        (a("birth_date", anniversary_in_days=7), MIDNIGHT),
        (a("visits.last_minutes", at_least=1), NOW + timedelta(hours=3)),
        # As long as one condition of «all» fails for ever, the others may change as they like.
        ({"all": [a("status", **{"is": "churned"}), a("birth_date", anniversary_in_days=7)]}, None),
        ({"any": [a("status", **{"is": "active"}), a("birth_date", anniversary_in_days=7)]}, None),
        ({"all": [a("status", **{"is": "active"}), a("birth_date", anniversary_in_days=7)]}, MIDNIGHT),
        ({"not": a("birth_date", anniversary_in_days=7)}, MIDNIGHT),
        (a("age", at_least=46), datetime(2026, 3, 16, 16, tzinfo=UTC)),
    ],
)
def test_changes_at(rule, expected):
    assert decide(rule, JOSE, TODAY).changes_at == expected


def test_explain__says_it_of_each_node_with_what_it_saw():
    rule = {"all": [a("city", **{"is": "Paris"}), {"any_line": a("status", **{"is": "active"})}]}
    judged = explain(rule, JOSE, TODAY)
    city, lines = judged.parts
    assert (judged.kind, judged.holds) == ("all", False)
    assert (city.kind, city.holds, city.seen) == ("attribute", False, ("Kunming", "Dàlǐ"))
    assert [(each.line, each.holds, each.seen) for each in lines.parts] == [
        ("lin_1", False, ("ended",)),
        ("lin_2", True, ("active",)),
    ]


# -- what is refused


def refusals(rule, **may):
    tree = Rule.model_validate(rule).tree()
    return [(each.pointer, each.code) for each in check(tree, KNOWN, "/rule", **{"may_sensitive": True} | may)]


@pytest.mark.parametrize(
    ("rule", "pointer", "code"),
    [
        (a("colour", exists=True), "/rule/attribute", "unknown_attribute"),
        (a("custom.nope", exists=True), "/rule/attribute", "unknown_attribute"),
        (a("product", exists=True), "/rule/attribute", "unknown_attribute"),
        (a("nosuch.thing", exists=True), "/rule/attribute", "unknown_attribute"),
        ({"any_line": a("city", exists=True)}, "/rule/any_line/attribute", "unknown_attribute"),
        ({"any": [a("status", more_than=3)]}, "/rule/any/0/more_than", "unknown_operator"),
        (a("status", over={"months": 1, "figure": "sum"}, exists=True), "/rule/over", "unknown_operator"),
        (a("status", **{"is": "Stayed"}), "/rule/is", "unknown_value"),
        (a("custom.contract", is_one_of=["One Year", "Ten Years"]), "/rule/is_one_of", "unknown_value"),
        (a("created_at", before="yesterday"), "/rule/before", "unknown_value"),
        (a("created_at", more_than_ago="P"), "/rule/more_than_ago", "unknown_value"),
        (a("created_at", more_than_ago="P999Y"), "/rule/more_than_ago", "unknown_value"),
        (a("usage.invoice", **{"is": "much"}), "/rule/is", "unknown_value"),
        (a("usage.invoice", between=[3, 2]), "/rule/between", "unknown_value"),
        (a("usage.invoice", between=[3, "4"]), "/rule/between", "unknown_value"),
        (a("status"), "/rule", "rule_form"),
        ({**a("status", exists=True), "is": "active"}, "/rule", "rule_form"),
        ({**a("status", exists=True), "not": a("status", exists=True)}, "/rule", "rule_form"),
        ({}, "/rule", "rule_form"),
        ({"any_line": {"any_line": a("status", exists=True)}}, "/rule/any_line", "rule_form"),
    ],
)
def test_check__refuses_at_its_place(rule, pointer, code):
    assert refusals(rule) == [(pointer, code)]


@pytest.mark.parametrize("name", ["birth_date", "age", "phones"])
def test_check__sensitive_attributes__need_the_right_to_see_them(name):
    rule = {"not": a(name, exists=True)}
    assert refusals(rule, may_sensitive=False) == [("/rule/not/attribute", "beyond_yours")]
    assert refusals(rule) == []


def test_check__depth_and_number_are_bounded():
    deep = a("status", exists=True)
    for _ in range(MAX_DEPTH - 1):
        deep = {"not": deep}
    assert refusals(deep) == []
    assert [code for _, code in refusals({"not": deep})] == ["rule_too_deep"]
    many = [a("status", exists=True)] * MAX_CONDITIONS
    assert refusals({"all": many}) == []
    assert refusals({"any": [{"all": many}, {"all": many[:1]}]}) == [("/rule", "rule_too_large")]


def test_check__far_too_deep_or_wide__is_told_at_once():
    rule = a("status", exists=True)
    for _ in range(60):
        rule = {"not": rule}
    assert [code for _, code in refusals(rule)] == ["rule_too_deep"]
    with pytest.raises(ValidationError):
        Rule.model_validate({"all": [{}] * 51})


def test_masked__says_nothing_of_what_is_asked_of_sensitive_attributes():
    rule = {"all": [a("phones", has="+14155550101"), {"not": a("age", over={}, at_least=60)}, a("city", exists=True)]}
    assert masked(rule, "x") == {
        "all": [a("phones", has="x"), {"not": a("age", over={}, at_least="x")}, a("city", exists=True)]
    }


# -- any rule, any facts

texts = st.sampled_from(["active", "ended", "Kunming", "2024-02-29", "2026-03-10", "", "Zoë"])
values = st.one_of(texts, st.booleans(), st.decimals(-99, 99, places=2), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
names = st.sampled_from(["status", "birth_date", "age", "custom.since", "usage.invoice", "visits.x", "nobody.knows"])
numbers = st.integers(-99, 99) | st.floats(-99, 99)
scalars = texts.filter(bool) | numbers | st.booleans()
spans = st.builds("P{}{}".format, st.integers(0, 99), st.sampled_from("YMWD"))
operators = st.one_of(
    *(st.fixed_dictionaries({name: scalars}) for name in ("is", "is_not")),
    *(st.fixed_dictionaries({name: numbers}) for name in ("less_than", "at_most", "more_than", "at_least")),
    *(
        st.fixed_dictionaries({name: texts.filter(bool)})
        for name in ("before", "after", "begins_with", "contains", "has")
    ),
    *(st.fixed_dictionaries({name: spans}) for name in ("more_than_ago", "within_last", "within_next")),
    st.fixed_dictionaries({"between": st.lists(numbers, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"is_one_of": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"anniversary_in_days": st.integers(0, 366)}),
    st.fixed_dictionaries({"exists": st.booleans()}),
)
leaves = st.builds(lambda name, operator: {"attribute": name, **operator}, names, operators)


def several(inner):
    return st.lists(inner, min_size=1, max_size=3)


trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda form, parts: {form: parts}, st.sampled_from(["all", "any"]), several(inner)),
        st.builds(lambda form, part: {form: part}, st.sampled_from(["not", "any_line"]), inner),
    ),
    max_leaves=8,
)  # fmt: skip
attributes = st.dictionaries(
    names.filter(lambda each: each != "age"), st.lists(values, max_size=2).map(tuple), max_size=4
)
instants = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see there
customers = st.builds(
    Facts,
    attributes,
    st.lists(st.builds(Facts, attributes), max_size=2).map(tuple),
    st.just(JOSE.months),
    st.dictionaries(st.just("visits.x"), instants, max_size=1),
)
zones = st.sampled_from([ZoneInfo(each) for each in ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Africa/Cairo")])


@given(trees, customers, instants, zones, st.lists(st.floats(0, 1), max_size=6))
def test_decide__of_anything__is_the_same_until_the_instant_that_is_told(tree, facts, now, zone, spots):
    verdict = decide(tree, facts, Today(now, zone))
    assert verdict == decide(tree, facts, Today(now, zone))
    assert verdict.changes_at is None or verdict.changes_at > now
    if any(at > now for at in facts.changes.values()):
        return  # what a module tells of its own times is not decided here
    last = (verdict.changes_at or now + timedelta(days=4000)) - timedelta(microseconds=1)
    for spot in (*spots, 1.0):
        assert decide(tree, facts, Today(now + (last - now) * spot, zone)).member == verdict.member
