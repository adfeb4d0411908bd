"""What two contacts come to as one, and what is given back."""

import pytest

from chalicelib.problems import Invalid
from modules.contacts.merges.rules import again_of, given, merge, now_from, taken_apart

NAMES = ("name", "emails", "external_ids", "custom", "status", "churn_reason", "birth_date", "barred", "org_unit_id")


@pytest.mark.parametrize(
    ("winner", "loser", "choices", "name", "expected"),
    [
        ({"name": "A"}, {"name": "B"}, {}, "name", "A"),
        ({"name": "A"}, {"name": "B"}, {"name": "loser"}, "name", "B"),
        ({}, {"name": "B"}, {}, "name", "B"),
        ({"name": "A"}, {}, {"name": "loser"}, "name", None),
        ({"emails": ["a@x"]}, {"emails": ["A@x", "b@x"]}, {}, "emails", ["a@x", "b@x"]),
        ({"emails": ["a@x"]}, {"emails": ["b@x"]}, {"emails": "loser"}, "emails", ["b@x"]),
        ({"custom": {"a": 1}}, {"custom": {"a": 2, "b": 3}}, {}, "custom", {"a": 1, "b": 3}),
        ({"status": "active"}, {"status": "churned", "churn_reason": "moved"}, {}, "churn_reason", None),
        (
            {"status": "active"},
            {"status": "churned", "churn_reason": "moved"},
            {"status": "loser"},
            "churn_reason",
            "moved",
        ),
        ({"barred": False}, {"barred": True}, {}, "barred", True),
        ({"barred": True}, {"barred": False}, {"barred": "loser"}, "barred", False),
        ({"unit_path": "/a/", "org_unit_id": "a"}, {"unit_path": "/b/", "org_unit_id": "b"}, {}, "unit_path", "/a/"),
    ],
)
def test_merge__each_field__has_the_value_that_was_chosen(winner, loser, choices, name, expected):
    assert merge(winner, loser, choices, NAMES).values[name] == expected


@pytest.mark.parametrize(
    ("choices", "code"),
    [({"hat": "loser"}, "unknown_field"), ({"name": "both"}, "not_a_list"), ({"type": "loser"}, "unknown_field")],
)
def test_merge__a_choice_that_is_none__is_refused(choices, code):
    with pytest.raises(Invalid) as refused:
        merge({"name": "A"}, {"name": "B"}, choices, (*NAMES, "type"))
    assert [each.code for each in refused.value.errors] == [code]


def test_merge__lists_that_are_too_long__leave_some_out_but_no_external_id():
    mails = [f"{number}@x" for number in range(4)]
    outcome = merge({"emails": mails[:2]}, {"emails": [*mails[2:], "y@x", "z@x"]}, {}, NAMES)
    assert (len(outcome.values["emails"]), outcome.left_out) == (5, {"emails": 1})
    ids = [{"system": "s", "id": str(number)} for number in range(11)]
    with pytest.raises(Invalid):
        merge({"external_ids": ids[:6]}, {"external_ids": ids[6:]}, {}, NAMES)


def test_taken_apart__nothing_edited__is_as_before():
    before = {"name": "A", "emails": ["a"]}
    after = {"name": "B", "emails": ["a", "b"], "birth_date": "1980-01-01"}
    assert taken_apart(before, given(before, after), after) == (
        {"name": "A", "emails": ["a"], "birth_date": None},
        [],
    )


def test_taken_apart__what_was_edited_stays_and_what_came_with_the_other_goes():
    before = {"name": "A", "emails": ["a", "c"], "custom": {"x": 1}}
    made = {"name": "B", "emails": ["b"], "custom": {"x": 1, "y": 2}}
    now = {"name": "C", "emails": ["b", "d"], "custom": {"x": 9, "y": 2, "z": 3}}
    values, kept = taken_apart(before, made, now)
    assert values == {"emails": ["d", "a", "c"], "custom": {"x": 9, "z": 3}}
    assert kept == ["custom", "emails", "name"]


def test_merged_from__knows_one_contact_behind_the_other():
    mark = now_from(now_from(None, "a"), "b")
    assert again_of(mark) == ("b", "a")
    assert again_of("a") == ("a", None)
    assert again_of(None) == ("", None)
