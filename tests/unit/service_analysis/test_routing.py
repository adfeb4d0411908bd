"""Routing: which rule decides, who gets it and why not the others, and that strategies are fair."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.service_analysis.routing.rules import FALLBACK, Asked, Candidate, Rule, Strategy, decide

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
REST = Rule(FALLBACK, "front desk", Strategy.LEAST_BUSY)
BILLING = Rule("billing", "billing", Strategy.ROUND_ROBIN, categories=("/billing/",))
ASKED = Asked("/billing/refund/", "/US/Georgia/Atlanta/", "gold", "en-US")
PEOPLE = [Candidate("ana"), Candidate("bo"), Candidate("cy")]


def chosen(rule, people=PEOPLE, asked=ASKED, turns=None):
    return decide(asked, [rule], REST, {rule.queue: people}, turns or {})


@pytest.mark.parametrize(
    ("conditions", "against"),
    [
        ({"categories": ("/billing/refund/late/",)}, "The category is /billing/refund/, not of /billing/refund/late/."),
        ({"categories": ("/bill/",)}, "The category is /billing/refund/, not of /bill/."),
        ({"areas": ("/US/Florida/", "/CA/")}, "The area is /US/Georgia/Atlanta/, not of /US/Florida/, /CA/."),
        ({"levels": ("platinum",)}, "The customer level is gold, not of platinum."),
        ({"languages": ("es", "e")}, "The language is en-US, not of es, e."),
        ({"languages": ("en-GB",)}, "The language is en-US, not of en-GB."),
    ],
)
def test_decide__a_condition_fails__the_fallback_and_why(conditions, against):
    found = chosen(Rule("r", "q", Strategy.ROUND_ROBIN, **conditions))
    assert (found.rule, found.queue, found.person) == (FALLBACK, "front desk", None)
    assert [text.en for text in found.rules[0].against] == [against]
    assert found.rules[1].decided


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"categories": ("/billing/",)},
        {"categories": ("/faults/", "billing/refund")},
        {"areas": ("/US/",), "levels": ("gold", "platinum"), "languages": ("EN",)},
    ],
)
def test_decide__all_conditions_hold__this_rule(conditions):
    found = chosen(Rule("r", "q", Strategy.ROUND_ROBIN, **conditions))
    assert (found.rule, found.queue, found.person) == ("r", "q", "ana")


@pytest.mark.parametrize("field", ["category", "area", "level", "language"])
def test_decide__what_is_not_known__matches_no_condition(field):
    conditions = {"categories": ("/billing/",), "areas": ("/US/",), "levels": ("gold",), "languages": ("en",)}
    found = chosen(Rule("r", "q", Strategy.ROUND_ROBIN, **conditions), asked=replace(ASKED, **{field: ""}))
    assert found.rule == FALLBACK
    assert "not known" in found.rules[0].against[0].en


def test_decide__several_rules_hold__the_first_one():
    found = decide(ASKED, [replace(BILLING, id="one"), BILLING], REST, {"billing": PEOPLE}, {})
    assert found.rule == "one"
    assert [(each.id, each.decided) for each in found.rules] == [("one", True), ("billing", False), (FALLBACK, False)]
    assert found.rules[1].against[0].en == "Rule one comes first."


def test_decide__nobody_can__waits_in_the_queue_and_no_turn_is_taken():
    rule = replace(BILLING, skills=frozenset({"refunds", "vip"}))
    people = [
        Candidate("ana", present=False, skills=rule.skills),
        Candidate("bo", skills=frozenset({"vip"})),
        Candidate("cy", skills=rule.skills, languages=frozenset({"es", "fr-CA"})),
    ]
    found = chosen(rule, people)
    assert (found.queue, found.person, found.turn) == ("billing", None, None)
    assert {each.id: [text.en for text in each.against] for each in found.candidates} == {
        "ana": ["Not present."],
        "bo": ["Lacks skills: refunds."],
        "cy": ["Does not speak en-US."],
    }


def test_decide__the_others__are_told_why_not():
    found = chosen(BILLING, turns={"billing/en-US": 1})
    assert [(each.id, each.place, [text.en for text in each.against]) for each in found.candidates] == [
        ("bo", 0, []),
        ("cy", 1, ["It is the turn of bo."]),
        ("ana", 2, ["It is the turn of bo."]),
    ]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([Candidate("ana", load=2), Candidate("bo", load=1)], "bo"),
        ([Candidate("ana", served_at=NOW), Candidate("bo", served_at=NOW - timedelta(hours=1))], "bo"),
        ([Candidate("ana", served_at=NOW), Candidate("bo")], "bo"),
        ([Candidate("bo"), Candidate("ana")], "ana"),
        ([Candidate("bo", load=9), Candidate("ana", present=False)], "bo"),
    ],
)
def test_least_busy__by_load_then_the_longest_waiting_then_id(people, expected):
    found = chosen(replace(BILLING, strategy=Strategy.LEAST_BUSY), people)
    assert (found.person, found.turn) == (expected, None)


@pytest.mark.parametrize(
    ("behind", "why"),
    [
        (Candidate("bo", load=2), "ana has fewer open requests: 1, not 2."),
        (Candidate("bo", load=1, served_at=NOW), "ana has waited longer for a request."),
        (Candidate("bo", load=1), "ana comes first by id."),
    ],
)
def test_least_busy__the_others__are_told_why_not(behind, why):
    found = chosen(replace(BILLING, strategy=Strategy.LEAST_BUSY), [behind, Candidate("ana", load=1)])
    assert [text.en for text in found.candidates[1].against] == [why]


IDS = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=8, unique=True)


@given(IDS, st.integers(0, 200), st.integers(0, 10**6))
def test_round_robin__any_people__all_equally_often(ids, requests, begun):
    people = [Candidate(each) for each in ids]
    turns = {"billing/en-US": begun}
    got = Counter(dict.fromkeys(ids, 0))
    for _ in range(requests):
        found = chosen(BILLING, people, turns=turns)
        got[found.person] += 1
        turns[found.turn] += 1
    assert max(got.values()) - min(got.values()) <= 1


@given(st.lists(st.sampled_from(["en", "fr"]), max_size=60))
def test_round_robin__languages_in_any_order__fair_within_each(languages):
    people = [Candidate(each, languages=frozenset({each[:2]})) for each in ("en1", "en2", "fr1", "fr2")]
    turns: Counter[str] = Counter()
    got = Counter({each.id: 0 for each in people})
    for language in languages:
        found = chosen(BILLING, people, Asked("/billing/", language=language), turns)
        assert found.person.startswith(language)
        got[found.person] += 1
        turns[found.turn] += 1
    assert abs(got["en1"] - got["en2"]) <= 1
    assert abs(got["fr1"] - got["fr2"]) <= 1


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(0, 120))
def test_least_busy__any_loads__levels_out(loads, requests):
    people = {str(n): Candidate(str(n), load=load) for n, load in enumerate(loads)}
    rule = replace(BILLING, strategy=Strategy.LEAST_BUSY)
    for second in range(requests):
        least = min(each.load for each in people.values())
        person = people[chosen(rule, list(people.values())).person]
        assert person.load == least
        people[person.id] = replace(person, load=least + 1, served_at=NOW + timedelta(seconds=second))
    after = [each.load for each in people.values()]
    # Nobody got anything beyond the level that all have reached.
    assert all(now == before or now <= min(after) + 1 for before, now in zip(loads, after, strict=True))


CANDIDATES = st.builds(
    Candidate,
    id=st.text("abc", min_size=1, max_size=3),
    skills=st.frozensets(st.sampled_from(["s", "t"])),
    languages=st.frozensets(st.sampled_from(["en", "es"])),
    load=st.integers(0, 5),
    present=st.booleans(),
    served_at=st.none() | st.integers(0, 9).map(lambda hours: NOW + timedelta(hours=hours)),
)
RULES = st.builds(
    Rule,
    id=st.sampled_from(["r1", "r2", "r3"]),
    queue=st.sampled_from(["q1", "q2"]),
    strategy=st.sampled_from(Strategy),
    categories=st.lists(st.sampled_from(["/a/", "/a/b/", "/c/"]), max_size=2).map(tuple),
    areas=st.lists(st.sampled_from(["/x/", "/y/"]), max_size=1).map(tuple),
    levels=st.lists(st.sampled_from(["gold", "basic"]), max_size=1).map(tuple),
    languages=st.lists(st.sampled_from(["en", "es"]), max_size=1).map(tuple),
    skills=st.frozensets(st.sampled_from(["s", "t"])),
)


@given(
    st.lists(RULES, max_size=4, unique_by=lambda rule: rule.id),
    st.builds(
        Asked,
        category=st.sampled_from(["", "/a/", "/a/b/"]),
        area=st.sampled_from(["", "/x/"]),
        level=st.sampled_from(["", "gold"]),
        language=st.sampled_from(["", "en", "es-MX"]),
    ),
    st.lists(CANDIDATES, max_size=5, unique_by=lambda each: each.id),
    st.randoms(use_true_random=False),
)
def test_decide__anything__a_queue_and_the_same_answer_for_any_order_of_people(rules, asked, people, dice):
    queues = {"q1": people, "front desk": people}
    found = decide(asked, rules, REST, queues, {})
    assert found.queue
    assert len(found.rules) == len(rules) + 1
    assert [each.id for each in found.rules if each.decided] == [found.rule]
    there = queues.get(found.queue, [])
    assert sorted(each.id for each in found.candidates) == sorted(each.id for each in there)
    assert [each.id for each in found.candidates if not each.against] == ([found.person] if found.person else [])
    places = [each.place for each in found.candidates if each.place is not None]
    assert all(place == expected for place, expected in zip(places, count(), strict=False))
    assert bool(places) == (found.person is not None)
    if found.person is not None:
        person = next(each for each in there if each.id == found.person)
        rule = next((each for each in rules if each.id == found.rule), REST)
        assert person.present
        assert rule.skills <= person.skills
    shuffled = list(people)
    dice.shuffle(shuffled)
    assert decide(asked, rules, REST, dict.fromkeys(queues, shuffled), {}) == found
