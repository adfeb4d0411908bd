"""chalicelib/late.py: a module that is imported when something of it is asked for, and is itself then."""

import sys

import pytest

from chalicelib.late import Late


@pytest.fixture
def heavy(tmp_path, monkeypatch):
    (tmp_path / "made_up_heavy.py").write_text("def weight():\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Late("made_up_heavy")
    sys.modules.pop("made_up_heavy", None)


def test_nothing_is_imported_before_it_is_asked_for(heavy):
    assert "made_up_heavy" not in sys.modules
    assert heavy.weight() == 7
    assert "made_up_heavy" in sys.modules


def test_what_is_not_there_is_said_as_of_the_module(heavy):
    with pytest.raises(AttributeError, match=r"made_up_heavy.*height"):
        heavy.height()


def test_a_module_that_is_not_there_is_said_when_it_is_asked_for():
    with pytest.raises(ModuleNotFoundError, match="made_up_nothing"):
        Late("made_up_nothing").anything()
