"""What the rows of a transaction stage together, and rows of one key that are about different things."""

from dataclasses import replace

import pytest

from chalicelib.imports import acting, steps
from chalicelib.imports.target import Closing
from modules.contacts.imports import service
from modules.contacts.people.records import Contact

ROWS = "".join(f"A-{number},{('Ojai', 'Dali')[number % 2]}\r\n" for number in range(60))


@pytest.fixture
def closed(monkeypatch):
    """What was closed: group and names, transaction by transaction. Each closing makes a contact of its own."""
    seen = []

    def close(call, group, made):
        seen.append((call.store.actions()[0].key, group, [each.external_ids[0]["id"] for each in made]))
        call.store.create(Contact.fresh(call.now, type="organization", name=group, status="active"))

    target = replace(service.CONTACTS, closing=Closing(lambda values: values["addresses.city"], 3, close))
    monkeypatch.setattr(service, "CONTACTS", target)
    return seen


def test_closing__once_for_each_group_of_a_transaction__with_room_kept_for_it(desk, closed):
    done = desk.load(desk.draft(("Customerid,City\r\n" + ROWS).encode()))
    assert (done["status"], done["counts"]["created"]) == ("succeeded", 60)
    assert sorted(name for _, _, names in closed for name in names) == sorted(f"A-{number}" for number in range(60))
    transactions = {place for place, _, _ in closed}
    assert len(transactions) == 3
    assert len(closed) == len({(place, group) for place, group, _ in closed}) == 2 * len(transactions)
    made = [each for each in desk.events("contacts") if each.type == "contact.created"]
    assert len(made) == 60 + len(closed)


def test_closing__of_rows_that_change_nothing__is_none(desk, closed):
    content = ("Customerid,City\r\n" + ROWS).encode()
    desk.load(desk.draft(content))
    closed.clear()
    assert desk.load(desk.draft(content))["counts"]["unchanged"] == 60
    assert closed == []


def test_row_beyond_the_transaction__is_closed_with_the_next_one(desk, closed, monkeypatch):
    """The row that does not fit has been in its group already."""
    monkeypatch.setattr(steps._Loading, "full", lambda _: False)
    assert desk.load(desk.draft(("Customerid,City\r\n" + ROWS).encode()))["counts"]["created"] == 60
    assert sorted(name for _, _, names in closed for name in names) == sorted(f"A-{number}" for number in range(60))


def test_identity__rows_of_one_key_that_are_told_apart__share_a_transaction(desk, monkeypatch):
    by_city = replace(service.CONTACTS, identity=lambda values: f"{values['external_id']}/{values['addresses.city']}")
    monkeypatch.setattr(service, "CONTACTS", by_city)
    monkeypatch.setattr(service.Contacts, "find", lambda *_: None)
    again = []
    act = acting.Acting.act

    def counted(self, parsed, size):
        try:
            return act(self, parsed, size)
        except acting.AgainError:
            again.append(parsed.values["addresses.city"])
            raise

    monkeypatch.setattr(acting.Acting, "act", counted)
    draft = desk.draft(b"Customerid,City,Name\r\nA-1,Ojai,a\r\nA-1,Dali,b\r\nA-1,Dali,c\r\n")
    monkeypatch.setattr(service.Contacts, "create", lambda *_: None)
    done = desk.load(draft)
    assert (done["counts"]["created"], again) == (3, ["Dali"])
