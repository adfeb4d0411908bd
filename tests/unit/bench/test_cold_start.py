"""The budget's arithmetic: ratios by round, so that a load that comes and goes counts little."""

import pytest

from bench.cold_start import ColdStart, Measured, main


def measured(bare, *answers):
    return ColdStart(Measured("bare", bare), tuple(Measured(f"GET {n}", each) for n, each in enumerate(answers)))


def test_broken__when_one_of_several_answers_costs_more(capsys):
    found = measured((0.2, 0.2, 0.2), (0.3, 0.3, 0.3), (0.5, 0.5, 0.5))
    assert not found.holds
    assert [line.endswith("BROKEN") for line in found.table()] == [False, False, False, True]


@pytest.mark.parametrize(("cpu", "holds"), [(0.4, True), (0.401, False)])
def test_the_budget_itself_is_allowed(cpu, holds):
    assert measured((0.2,), (cpu,)).holds is holds


def test_a_round_under_load_slows_both_and_changes_nothing():
    found = measured((0.2, 0.6, 0.2), (0.36, 1.08, 0.36))
    assert found.ratio(found.answers[0]) == pytest.approx(1.8)


def test_without_a_bundle_it_says_how_to_make_one(tmp_path, capsys):
    assert main(["--bundle", str(tmp_path / "none.zip")]) == 1
    assert "make package" in capsys.readouterr().err
