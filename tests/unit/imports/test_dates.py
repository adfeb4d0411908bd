"""Dates in whatever form: which one it is, what a cell means then, and when nobody can know."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.imports.compile import as_plan, compiled
from chalicelib.imports.date_columns import dates_in, is_question, look, with_swaps, written
from chalicelib.imports.dates import FORM, instant, moment, parted, time_of_day
from chalicelib.imports.schemas import Column, ImportPlan
from chalicelib.imports.suggest import Sample, suggest
from chalicelib.imports.swapped import repaired
from chalicelib.imports.values import CellRefused, FieldType, Meaning
from chalicelib.problems import Invalid
from modules.contacts.imports.service import CONTACTS
from modules.service_analysis.imports.service import REQUESTS

FORMS = ("%Y-%m-%d", "%d-%m-%y", "%d-%b-%y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%B %d, %Y", "%Y%m%d", "%Y年%m月%d日")


def days_from(first, count, rows, seed=7):
    dice = random.Random(seed)
    return sorted(first + timedelta(dice.randrange(count)) for _ in range(rows))


def looked_at(days, form):
    return look([f"{day:{form}}" for day in days])


@pytest.mark.parametrize("form", FORMS)
def test_look__a_quarter_of_days__has_one_form(form):
    found = looked_at(days_from(date(2015, 4, 1), 91, 400), form)
    assert found is not None
    assert found.form == form
    assert (found.rows, found.timed) == (400, 0)
    assert (found.readings[0].first.month, found.readings[0].last.month) == (4, 6)


@settings(max_examples=50)
@given(st.sampled_from(FORMS), st.lists(st.dates(date(1990, 1, 1), date(2040, 1, 1)), min_size=1, max_size=40))
def test_look__whatever_the_days__each_reading_reads_them(form, days):
    found = looked_at(days, form)
    assert found is not None
    assert {each.rows for each in found.readings} == {len(days)}
    assert found.form == form or form in {each.form for each in found.readings} or found.form is not None


def test_look__no_day_above_12__is_a_question_with_both_readings():
    days = [day for day in days_from(date(2015, 4, 1), 91, 400) if day.day <= 12]
    found = looked_at(days, "%d/%m/%Y")
    assert found is not None
    assert found.form is None
    assert [each.form for each in found.readings] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert [each.en for each in found.why] == [
        "Read as %d/%m/%Y, the dates lie between 2015-04-01 and 2015-06-12.",
        "Read as %m/%d/%Y, the dates lie between 2015-01-04 and 2015-12-06.",
    ]
    assert is_question(written(found))


def test_look__some_slips__do_no_harm_and_many_make_it_another_column():
    cells = [f"{day:%d-%m-%y}" for day in days_from(date(2015, 4, 1), 91, 400)]
    assert look([*cells, *["soon"] * 10]).form == "%d-%m-%y"
    assert look([*cells, *["soon"] * 100]) is None


@pytest.mark.parametrize("cells", [[], [""], ["93225"], ["65.6"], ["10.0.0.1"], ["555-12-3456"], ["a"], ["1-2"]])
def test_look__other_columns__nothing(cells):
    assert look(cells) is None


def test_look__dates_with_times__are_counted():
    found = look(["22-04-15 3:53 PM", "23-04-15"])
    assert (found.form, found.timed, found.rows) == ("%d-%m-%y", 1, 2)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("22-04-15", ("22-04-15", None)),
        ("22-04-15 3:53:50 PM", ("22-04-15", "3:53:50 PM")),
        ("2015-04-22T15:53:50Z", ("2015-04-22", "15:53:50Z")),
        ("Apr 22, 2015, 15:53", ("Apr 22, 2015", "15:53")),
        ("2015年4月22日 下午3:53", ("2015年4月22日", "下午3:53")),
    ],
)
def test_parted__date_and_time(cell, parts):
    assert parted(cell) == parts


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("3:53:50 PM", "15:53:50"),
        ("12:00:00 AM", "00:00:00"),
        ("12:30 p.m.", "12:30:00"),
        ("15:53", "15:53:00"),
        ("下午3:53", "15:53:00"),
        ("15:53:50.123", "15:53:50"),
        ("15:53+08:00", "15:53:00+08:00"),
        ("13:00 PM", None),
        ("24:00", None),
        ("15.53", None),
        ("noon", None),
    ],
)
def test_time_of_day(cell, at):
    assert time_of_day(cell) == at


@pytest.mark.parametrize(
    ("cell", "form", "found"),
    [
        ("22-04-15", "%d-%m-%y", "2015-04-22"),
        ("04-Aug-15 10:22:56 AM", "%d-%b-%y", "2015-08-04T10:22:56"),
        ("2015-04-22T15:53:50Z", "%Y-%m-%d", "2015-04-22T15:53:50+00:00"),
        ("31-02-15", "%d-%m-%y", None),
        ("22-04-15 25:00", "%d-%m-%y", None),
        ("22-04-15", "%m-%d-%y", None),
    ],
)
def test_moment(cell, form, found):
    assert moment(cell, form) == found


def test_moment__swapped__is_put_back():
    assert moment("04-08-15", "%d-%m-%y", swapped=True) == "2015-04-08"
    assert moment("22-04-15", "%d-%m-%y", swapped=True) == "2015-04-22"


@pytest.mark.parametrize(
    ("local", "at", "zone", "found"),
    [
        ("2015-04-22", "15:53:50", "America/New_York", "2015-04-22T19:53:50Z"),
        ("2015-04-22", None, "Asia/Shanghai", "2015-04-21T16:00:00Z"),
        ("2015-01-22", "15:53:50", "America/New_York", "2015-01-22T20:53:50Z"),
        ("2015-04-22T10:00:00+00:00", "15:53:50", "Asia/Shanghai", "2015-04-22T10:00:00Z"),
        ("2015-03-08", "02:30:00", "America/New_York", "2015-03-08T07:30:00Z"),  # a time that clocks skipped
    ],
)
def test_instant__in_the_tenants_zone(local, at, zone, found):
    assert instant(local, at, zone) == found


@pytest.mark.parametrize("form", ["%d-%m-%y", "%Y年%m月%d日", "%Y%m%d", "%B %d, %Y"])
def test_date_form__on_the_wire(form):
    assert Column(field="opened_at", date_form=form).date_form == form


@pytest.mark.parametrize("form", ["%d-%m", "%d-%d-%y", "%d-%m-%y %H", "soon", "%x", "%d%%m%y", FORM])
def test_date_form__that_is_none__refused(form):
    with pytest.raises(ValueError, match="date_form"):
        Column(field="opened_at", date_form=form)


@pytest.mark.parametrize(
    ("meaning", "cell", "value"),
    [
        (Meaning(FieldType.DATE, {}, form="%d-%m-%y"), "22-04-15", "2015-04-22"),
        (Meaning(FieldType.DATE, {}, form="%d-%m-%y", swapped=True), "04-08-15", "2015-04-08"),
        (Meaning(FieldType.DATETIME, {}), "2015-04-22", "2015-04-22"),
        (Meaning(FieldType.TIME, {}), "3 pm", "time_expected"),
        (Meaning(FieldType.DATE, {}, form="%d-%m-%y"), "2015-04-22", "date_expected"),
        (Meaning(FieldType.DATE, {}), "2015-4-2", "date_expected"),
        (Meaning(FieldType.DATETIME, {}), "yesterday", "date_expected"),
    ],
)
def test_cell_of_a_date(meaning, cell, value):
    try:
        assert meaning.value(cell, "USD") == value
    except CellRefused as refused:
        assert refused.code == value  # noqa: PT017 - both are what a cell comes to


def found_in(cells):
    dates = dates_in(cells)
    suggested = suggest(Sample(cells, whole=True), REQUESTS.fields, None, {}, dates=dates)
    return suggested, as_plan(REQUESTS, suggested, with_swaps(dates, cells, cells.get("Ticket #")))


def test_suggested__form_and_repair_of_the_column_that_is_loaded():
    days = [repaired(day) for day in days_from(date(2015, 4, 1), 91, 400)]
    cells = {
        "Ticket #": [str(number) for number in range(400)],
        "Date": [f"{day:%d-%m-%y}" for day in days],
        "Date_month_year": [f"{day:%d-%b-%y}" for day in days],
        "Time": ["3:53:50 PM"] * 400,
    }
    _, plan = found_in(cells)
    assert plan.mapping["Date"] == Column(field="opened_at", date_form="%d-%m-%y", day_month_swapped=True)
    assert plan.mapping["Time"].field == "opened_at.time"
    assert plan.mapping["Date_month_year"] == Column()


def test_suggested__dates_as_they_happened__no_repair_and_no_form_for_iso():
    _, plan = found_in({"Date": [f"{day}" for day in days_from(date(2015, 4, 1), 91, 400)]})
    assert plan.mapping["Date"] == Column(field="opened_at")


def test_suggested__a_time_without_its_date__is_kept_out():
    assert found_in({"Time": ["3:53:50 PM"] * 3})[1].mapping["Time"].field is None


def test_suggested__custom_field__has_the_form_of_its_dates():
    cells = {"Joined": [f"{day:%d.%m.%Y}" for day in days_from(date(2015, 4, 1), 91, 400)]}
    found = suggest(Sample(cells, whole=True), CONTACTS.fields, (), {}, dates=dates_in(cells))["Joined"]
    assert (found.new.type, found.date_form) == (FieldType.DATE, "%d.%m.%Y")


@pytest.mark.parametrize(
    ("mapping", "pointer", "code"),
    [
        ({"a": {"field": "opened_at.time"}}, "/mapping/a/field", "date_missing"),
        ({"a": {"field": "title", "date_form": "%d-%m-%y"}}, "/mapping/a/date_form", "no_dates"),
        ({"a": {"field": "title", "day_month_swapped": True}}, "/mapping/a/date_form", "no_dates"),
    ],
)
def test_mapping_that_does_not_go_together(mapping, pointer, code):
    wanted = ImportPlan.model_validate({"mode": "create", "mapping": mapping})
    with pytest.raises(Invalid) as refused:
        compiled(REQUESTS, ("a",), wanted, (), system="desk", currency="USD")
    assert [(each.pointer, each.code) for each in refused.value.errors] == [(pointer, code)]


def test_parse__date_and_time_of_two_columns__are_one_instant():
    mapping = {"d": {"field": "opened_at", "date_form": "%d-%m-%y"}, "t": {"field": "opened_at.time"}}
    wanted = ImportPlan.model_validate({"mode": "create", "mapping": mapping})
    plan = compiled(REQUESTS, ("d", "t"), wanted, (), system="desk", currency="USD")
    assert plan.parse(["22-04-15", "3:53 PM"]).values == {"opened_at": "2015-04-22T15:53:00Z"}
    assert plan.parse(["22-04-15", ""]).values == {"opened_at": "2015-04-22T00:00:00Z"}
    assert plan.parse(["", "3:53 PM"]).values == {}
    assert [each.code for each in plan.parse(["22-04-15", "x"]).errors] == ["time_expected"]
