"""The made-up customer file: the same for a seed, another for another, with the mess of the real one."""

import csv

import pytest

from infra import sample


def _read(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def made(tmp_path):
    sample.write(tmp_path / "made.csv", 2000, seed=1)
    return tmp_path / "made.csv"


def test_file__same_seed__is_the_same_and_another_seed_another(made, tmp_path):
    sample.write(tmp_path / "again.csv", 2000, seed=1)
    sample.write(tmp_path / "other.csv", 2000, seed=2)
    assert (tmp_path / "again.csv").read_bytes() == made.read_bytes()
    others = {row["Customerid "] for row in _read(tmp_path / "other.csv")}
    assert not others & {row["Customerid "] for row in _read(made)}


def test_file__has_the_mess_of_a_real_feed(made):
    content = made.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfCustomerid ,Gender,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2001
    rows = _read(made)
    assert {row["Customerstatus "] for row in rows} == {"Stayed", "Churned", "Joined"}
    assert 10 <= sum(float(row["Monthlycharge "]) < 0 for row in rows) <= 70
    assert any(row["Internettype "] == "" for row in rows)
    assert any(row["MultipleLines"] == "" for row in rows)
    assert all(bool(row["Churnreason "]) == (row["Customerstatus "] == "Churned") for row in rows)


def test_ids__are_unique(made):
    assert len({row["Customerid "] for row in _read(made)}) == 2000


def test_file__has_the_columns_of_the_real_one_and_no_customer_of_it(made, shared_data):
    real, rows = _read(shared_data / "telecom_customers.csv"), _read(made)
    assert list(rows[0]) == list(real[0])
    for column in ("Customerid ", "City", "Churnreason "):
        assert {row[column] for row in rows} & {row[column] for row in real} <= {""}


@pytest.mark.parametrize("rows", ["0", "-1", "9999999"])
def test_command__a_number_of_rows_that_can_not_be__is_refused(rows, tmp_path):
    with pytest.raises(SystemExit, match="2"):
        sample.main(["--rows", rows, str(tmp_path / "made.csv")])


def test_command__no_such_folder__says_so(tmp_path, capsys):
    assert sample.main(["--rows", "1", str(tmp_path / "no" / "made.csv")]) == 1
    assert "Can't write" in capsys.readouterr().err
