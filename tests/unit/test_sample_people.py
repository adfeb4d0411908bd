"""Made-up names and numbers: the same for a seed, added to any customer file, found by whoever looks for them."""

import csv

from infra import sample, sample_people
from modules.contacts.people.rules import normalise_phone


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_people__same_seed__are_the_same_and_another_seed_others():
    some = list(sample_people.people(300, seed=1))
    assert some == list(sample_people.people(300, seed=1))
    assert [each.name for each in some[2:]] != [each.name for each in sample_people.people(300, seed=2)][2:]


def test_people__the_first_two__are_those_that_everybody_looks_for():
    first, second = sample_people.people(2, seed=9)
    assert (first.name, first.phone[-4:]) == ("张三丰", "4321")
    assert second.name == "José Núñez"


def test_people__numbers__are_possible_and_their_own():
    numbers = [each.phone for each in sample_people.people(20_000, seed=1)]
    assert len(set(numbers)) == len(numbers)
    for number in numbers[:300]:
        assert normalise_phone(number, "") == number


def test_command__a_customer_file__keeps_its_rows_and_gets_two_columns(tmp_path, capsys):
    sample.write(tmp_path / "in.csv", 50, seed=1)
    assert sample_people.main(["--seed", "1", str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]) == 0
    assert "50 customers" in capsys.readouterr().out
    rows = read(tmp_path / "out.csv")
    assert [{name: row[name] for name in sample.COLUMNS} for row in rows] == read(tmp_path / "in.csv")
    people = list(sample_people.people(50, seed=1))
    assert [(row["Name"], row["Phone"]) for row in rows] == [(each.name, each.phone) for each in people]


def test_command__the_real_file__too(tmp_path, shared_data):
    assert sample_people.main([str(shared_data / "telecom_customers.csv"), str(tmp_path / "out.csv")]) == 0
    assert len(read(tmp_path / "out.csv")) == 7043


def test_command__no_such_file__says_so(tmp_path, capsys):
    assert sample_people.main([str(tmp_path / "none.csv"), str(tmp_path / "out.csv")]) == 1
    assert "Can't" in capsys.readouterr().err
