"""Where a branch can stand."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.store.branches import Stretch, stretches
from chalicelib.store.keys import ABOVE
from chalicelib.store.scope import Move, Scope, as_moved, unit_at
from tenants.org_units.rules import RESTED, SETTLED, MoveFault, is_quiet, move_fault, moved_path, touch

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def deep(levels):
    return "/" + "".join(f"u{level}/" for level in range(levels))


@pytest.mark.parametrize(
    ("path", "parent", "below", "fault"),
    [
        ("/a/", "/a/b/", [], MoveFault.ROOT),
        ("/a/b/", "/a/b/", [], MoveFault.CYCLE),
        ("/a/b/", "/a/b/c/", [], MoveFault.CYCLE),
        ("/a/b/", "/a/bb/", [], None),
        ("/a/b/", "/a/", [], MoveFault.THERE_ALREADY),
        ("/a/b/c/", "/a/", [], None),
        ("/x/b/", deep(10), [], MoveFault.TOO_DEEP),
        ("/x/b/", deep(9), [], None),
        ("/x/b/", deep(9), ["/x/b/", "/x/b/c/"], MoveFault.TOO_DEEP),
        ("/x/b/", deep(8), ["/x/b/c/"], None),
    ],
)
def test_move_fault(path, parent, below, fault):
    assert move_fault(path, parent, below) is fault


def test_moved_path__the_unit_keeps_its_id():
    assert moved_path("/a/b/c/", "/x/") == "/x/c/"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("/r/a/x/", "/r/b/x/"), ("/r/a/y/", "/r/b/y/"), False),
        (("/r/a/x/", "/r/b/x/"), ("/r/a/", "/r/c/a/"), True),
        (("/r/a/x/", "/r/b/x/"), ("/r/b/", "/r/c/b/"), True),
        (("/r/a/x/", "/r/b/x/"), ("/r/d/", "/r/b/x/d/"), True),
        (("/r/a/x/", "/r/b/x/"), ("/r/b/x/y/", "/r/y/"), True),
        (("/r/a/x/", "/r/b/x/"), ("/r/a/x/y/", "/r/y/"), True),
        (("/r/a/x/", "/r/b/x/"), ("/r/a/xx/", "/r/b/xx/"), False),
    ],
)
def test_touch__moves_of_one_branch(one, other, expected):
    assert touch(one, other) is expected
    assert touch(other, one) is expected


def test_quiet__only_when_nobody_can_write_the_old_path_and_all_has_followed():
    since = NOW.isoformat()
    assert not is_quiet(NOW + SETTLED - timedelta(seconds=1), since, None)
    assert is_quiet(NOW + SETTLED, since, None)
    last = (NOW + SETTLED).isoformat()
    assert not is_quiet(NOW + SETTLED + RESTED - timedelta(seconds=1), since, last)
    assert is_quiet(NOW + SETTLED + RESTED, since, last)


MOVE = Move("/r/a/x/", "/r/b/x/")


def test_as_moved__what_stands_in_the_branch_and_nothing_else():
    assert as_moved("/r/a/x/y/", [MOVE]) == "/r/b/x/y/"
    assert as_moved("/r/a/xx/", [MOVE]) == "/r/a/xx/"
    assert as_moved("/r/b/x/", [MOVE]) == "/r/b/x/"
    assert unit_at("/r/a/x/") == "x"


@pytest.mark.parametrize(
    ("top", "stored", "seen"),
    [
        ("/r/b/", "/r/a/x/y/", True),
        ("/r/b/", "/r/b/x/y/", True),
        ("/r/a/", "/r/a/x/y/", False),
        ("/r/a/", "/r/a/z/", True),
        ("/r/b/x/y/", "/r/a/x/y/", True),
        ("/r/b/x/y/", "/r/a/x/", False),
    ],
)
def test_scope__reaches_by_the_tree_as_it_is_now(top, stored, seen):
    assert Scope(subtrees=frozenset({top}), moves=(MOVE,)).reaches(stored) is seen
    assert Scope(units=frozenset({as_moved(stored, [MOVE])}), moves=(MOVE,)).reaches(stored)


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ("/r/c/", [("/r/c/", "/r/c/" + ABOVE, None)]),
        ("/r/b/", [("/r/a/x/", "/r/a/x/" + ABOVE, MOVE), ("/r/b/", "/r/b/" + ABOVE, None)]),
        ("/r/b/x/y/", [("/r/a/x/y/", "/r/a/x/y/" + ABOVE, MOVE), ("/r/b/x/y/", "/r/b/x/y/" + ABOVE, None)]),
        ("/r/a/", [("/r/a/", "/r/a/x/", None), ("/r/a/x/" + ABOVE, "/r/a/" + ABOVE, None)]),
        (
            "/r/",
            [
                ("/r/a/x/", "/r/a/x/" + ABOVE, MOVE),
                ("/r/", "/r/a/x/", None),
                ("/r/a/x/" + ABOVE, "/r/" + ABOVE, None),
            ],
        ),
    ],
)
def test_stretches__where_a_subtree_stands_in_the_index(top, expected):
    assert stretches(top, [MOVE]) == [Stretch(*each) for each in expected]
