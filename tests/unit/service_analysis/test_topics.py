"""Topics of complaints: the words of the vocabulary, precedence, and the few causes that make the most."""

import csv
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.modules import Text
from modules.service_analysis.topics.rules import OTHER, VOCABULARY, Topic, pareto, topic, topics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Comcast Billing Issues", "billing"),
        ("I am being unfairly billed", "billing"),
        ("Hidden FEES", "billing"),
        ("Over-charged again", "billing"),
        ("Comcast Data Cap Overage Fees", "data_caps"),
        ("Outrageous billing costs and Data caps", "data_caps"),
        ("Internet cap", "data_caps"),
        ("Slow Internet/ Billing/ poor customer service", "speed"),
        ("Throttled internet", "speed"),
        ("Incorrect Modem Rental Charge", "equipment"),
        ("No internet service", "connection"),
        ("comcast blocking HBO GO on Playstation", "blocked_content"),
        ("Unable to cancel my contract", "cancellation"),
        ("bait and switch", "sales"),
        ("Raising my rate", "prices"),
        ("very poor customer service", "customer_service"),
        ("Comcast has a monopoly on our internet", "availability"),
        ("账单多收了费用", "billing"),
        ("家里网速太慢", "speed"),
        ("流量超出后被多扣费", "data_caps"),
        ("宽带经常断网", "connection"),
        ("我家wifi连不上", "connection"),
        ("客服态度差", "customer_service"),
        ("希望贵公司处理", OTHER),
        ("Comcast", OTHER),
        ("", OTHER),
        ("capital of Delaware", OTHER),
        ("feedback, payable never", OTHER),
    ],
)
def test_topic__words_of_the_vocabulary__in_the_order_of_precedence(text, expected):
    assert topic(text, VOCABULARY) == expected


def test_topics__several__the_most_specific_first():
    assert topics("Data caps, slow speed and billing", VOCABULARY) == ("data_caps", "speed", "billing")
    assert topics("nothing known", VOCABULARY) == (OTHER,)


def test_topics__accents_and_punctuation__do_not_count():
    own = [Topic("invoice", Text("Invoices", "发票"), ("factur*", "double charge"))]
    assert topics("FÁCTURAS erróneas", own) == ("invoice",)
    assert topics("Double - charge!", own) == ("invoice",)
    assert topics("manufacture", own) == (OTHER,)


def test_vocabulary__each_topic_once__in_two_languages_and_no_term_twice():
    assert len({each.name for each in VOCABULARY}) == len(VOCABULARY)
    assert OTHER not in {each.name for each in VOCABULARY}
    terms = [term for each in VOCABULARY for term in each.terms]
    assert [term for term, times in Counter(terms).items() if times > 1] == []
    for each in VOCABULARY:
        assert each.titles.en
        assert each.titles.zh
        assert {True, False} == {term.isascii() for term in each.terms} or each.name == "blocked_content"


def test_pareto__causes_by_frequency__with_the_few_that_make_four_fifths():
    found = pareto({"speed": 30, "billing": 50, "tv": 15, "sales": 5, OTHER: 70, "": 2, "never": 0})
    assert (found.known, found.unknown) == (100, 72)
    assert [(each.name, each.share, each.cumulated, each.vital) for each in found.causes] == [
        ("billing", 0.5, 0.5, True),
        ("speed", 0.3, 0.8, True),
        ("tv", 0.15, 0.95, False),
        ("sales", 0.05, 1.0, False),
    ]


def test_pareto__nothing_known__no_causes():
    assert pareto({}).causes == ()
    assert pareto({OTHER: 3}) == pareto({"": 3})


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 500), max_size=20))
def test_pareto__any_counts__add_up(counts):
    found = pareto(counts)
    assert sum(each.count for each in found.causes) == found.known
    assert found.known + found.unknown == sum(counts.values())
    assert all(one.count >= two.count and one.cumulated < two.cumulated for one, two in pairwise(found.causes))
    if found.causes:
        assert found.causes[-1].cumulated == 1.0
        few = [each for each in found.causes if each.vital]
        # As few as can be: without the last of them they are not enough.
        assert 5 * sum(each.count for each in few) >= 4 * found.known > 5 * sum(each.count for each in few[:-1])
        assert found.causes[: len(few)] == tuple(few)


def test_pareto__real_complaints__billing_speed_and_data_caps_lead(shared_data):
    path = shared_data / "telecom_complaints.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        counts = Counter(topic(row["Customer Complaint"], VOCABULARY) for row in csv.DictReader(file))
    found = pareto(counts)
    assert found.known + found.unknown == 2224
    assert [each.name for each in found.causes[:3]] == ["billing", "speed", "data_caps"]
    # «Comcast», «Comcast Internet»: who complains, and of what company, but not about what.
    assert found.unknown < 0.25 * 2224
