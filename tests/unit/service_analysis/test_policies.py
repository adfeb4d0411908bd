"""Which policy holds for a request, and why the others do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.service_analysis.policies.rules import Facts, Policy, Reason, choose

ANY = Policy("any")
GOLD = Policy("gold", customer_levels=frozenset({"gold", "platinum"}))
BILLING = Policy("billing", category=("billing",))
ROAMING = Policy("roaming", category=("billing", "roaming"))
GOLD_BILLING = Policy("gold billing", customer_levels=frozenset({"gold"}), category=("billing",))
CRITICAL = Policy("critical", severities=frozenset({"critical"}))
URGENT = Policy("urgent", priorities=frozenset({"urgent"}))
ALL = (ANY, GOLD, BILLING, ROAMING, GOLD_BILLING, CRITICAL, URGENT)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), "any"),
        (Facts(customer_level="silver", category=("network",), severity="minor", priority="low"), "any"),
        (Facts(customer_level="platinum"), "gold"),
        (Facts(category=("billing",)), "billing"),
        (Facts(category=("billing", "dispute")), "billing"),
        (Facts(category=("billing", "roaming", "eu")), "roaming"),
        (Facts(customer_level="gold", category=("billing", "roaming")), "gold billing"),
        # A category that lies deeper goes before what stands earlier, in as many things.
        (Facts(customer_level="platinum", category=("billing", "roaming")), "roaming"),
        (Facts(category=("billing", "roaming"), severity="critical", priority="urgent"), "roaming"),
        # A category alone is as deep as its path; one level deep is still more than none.
        (Facts(category=("billing",), severity="critical"), "billing"),
        (Facts(severity="critical", priority="urgent"), "critical"),
        (Facts(priority="urgent"), "urgent"),
    ],
)
def test_choose__the_most_specific(facts, expected):
    assert choose(ALL, facts).policy.id == expected


def test_choose__ties__the_one_declared_first():
    facts = Facts(severity="critical", priority="urgent")
    assert choose((CRITICAL, URGENT), facts).policy is CRITICAL
    assert choose((URGENT, CRITICAL), facts).policy is URGENT


def test_choose__none_applies__none_and_every_reason():
    strict = Policy("strict", frozenset({"gold"}), ("billing",), frozenset({"critical"}), frozenset({"urgent"}))
    choice = choose((strict, BILLING), Facts(category=("network",)))
    assert choice.policy is None
    assert [(each.policy_id, each.reasons) for each in choice.others] == [
        ("strict", (Reason.CUSTOMER_LEVEL, Reason.CATEGORY, Reason.SEVERITY, Reason.PRIORITY)),
        ("billing", (Reason.CATEGORY,)),
    ]
    assert choose((), Facts()).policy is None


def test_choose__says_why_each_other_was_not_chosen():
    choice = choose(ALL, Facts(customer_level="gold", severity="critical"))
    assert choice.policy is GOLD
    assert {each.policy_id: each.reasons for each in choice.others} == {
        "any": (Reason.LESS_SPECIFIC,),
        "billing": (Reason.CATEGORY,),
        "roaming": (Reason.CATEGORY,),
        "gold billing": (Reason.CATEGORY,),
        "critical": (Reason.DECLARED_LATER,),
        "urgent": (Reason.PRIORITY,),
    }


def test_choose__a_category_whose_name_begins_alike__does_not_apply():
    assert choose((BILLING,), Facts(category=("billing-disputes",))).policy is None


@given(
    st.lists(st.sampled_from(ALL), unique=True),
    st.builds(
        Facts,
        st.sampled_from([None, "gold", "silver"]),
        st.sampled_from([(), ("billing",), ("billing", "roaming"), ("network",)]),
        st.sampled_from([None, "critical"]),
        st.sampled_from([None, "urgent"]),
    ),
)
def test_choose__every_policy_is_chosen_or_passed_once(policies, facts):
    choice = choose(policies, facts)
    told = [each.policy_id for each in choice.others] + ([choice.policy.id] if choice.policy else [])
    assert sorted(told) == sorted(each.id for each in policies)
    assert all(each.reasons for each in choice.others)
