import pytest

from chalicelib.imports.values import CellRefused, FieldType, Meaning, inferred, is_negative


def meaning(kind, options=(), **words):
    return Meaning(FieldType(kind), words, options)


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("number", "00501", "number_expected"),
        ("number", "1,5", "number_expected"),
        ("number", "1" * 16, "number_expected"),
        ("number", "nan", "number_expected"),
        ("money", "12.3 yuan", "number_expected"),
        ("boolean", "perhaps", "boolean_expected"),
        ("date", "04-Aug-15", "date_expected"),
        ("date", "2026-02-30", "date_expected"),
        ("enum", "Gold", "unknown_value"),
        ("multi_enum", "a;Gold", "unknown_value"),
    ],
)
def test_cell_that_is_no_value__refused_with_a_code_in_both_languages(kind, cell, code):
    with pytest.raises(CellRefused) as refused:
        meaning(kind, ("a", "b")).value(cell, "CNY")
    assert refused.value.code == code
    assert refused.value.detail.en
    assert refused.value.detail.zh


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", " =1", " =1"),
        ("number", "-4", -4),
        ("number", "65.60", 65.6),
        ("number", "0", 0),
        ("money", "12.30", {"amount": "12.30", "currency": "CNY"}),
        ("money", "12.30 USD", {"amount": "12.30", "currency": "USD"}),
        ("boolean", "YES", True),
        ("boolean", "否", False),
        ("date", "2026-03-01", "2026-03-01"),
        ("enum", "A", "a"),
        ("multi_enum", "a; b;", ["a", "b"]),
        ("list", "x@y.de; z@y.de", ["x@y.de", "z@y.de"]),
    ],
)
def test_cell__as_a_value_of_its_type(kind, cell, value):
    assert meaning(kind, ("a", "b")).value(cell, "CNY") == value


def test_word_that_stands_for_a_value__wins():
    assert meaning("enum", ("active",), stayed="active").value("Stayed", "") == "active"


@pytest.mark.parametrize("value", [-4, -0.5, {"amount": "-1.00", "currency": "CNY"}])
def test_negative(value):
    assert is_negative(value)


@pytest.mark.parametrize("value", [0, 4, "-4", True, None, {"amount": "1.00", "currency": "CNY"}])
def test_not_negative(value):
    assert not is_negative(value)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["", ""], "text"),
        (["1", "-2.5", ""], "number"),
        (["00501", "93225"], "text"),
        (["93225"] * 9 + ["00501"] * 9, "text"),
        (["Yes", "No", ""], "boolean"),
        (["1", "0"], "number"),
        (["2026-03-01"], "date"),
        (["04-Aug-15"], "text"),
        (["One Year", "Two Year"] * 5, "enum"),
        (["One Year", "one year"] * 5, "text"),
        (["One Year", "Two Year"], "text"),
        ([f"Reason {number}" for number in range(21)] * 9, "text"),
        (["x" * 61, "y"] * 9, "text"),
    ],
)
def test_inferred_type(cells, kind):
    assert inferred(cells, whole=True)[0] == kind


def test_enum__has_its_words_as_options():
    assert inferred(["b", "a"] * 5, whole=True) == (FieldType.ENUM, ("a", "b"))


def test_word_seen_seldom_in_a_part_of_the_file__others_may_follow():
    cells = ["a"] * 20 + ["b"] * 3
    assert inferred(cells, whole=True)[0] == "enum"
    assert inferred(cells, whole=False)[0] == "text"
