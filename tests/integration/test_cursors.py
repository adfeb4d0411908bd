"""T19: a cursor that is not exactly ours, of this tenant, for this query, today, is refused, and nothing is read."""

import base64
import time
from urllib.parse import quote

import pytest

from chalicelib.access.principal import Reach
from tests.support.application import UNIT, UNIT_PATH


@pytest.fixture
def page(client):
    """The query of a list with more than one page, and its cursor."""
    for number in range(5):
        client.call("POST", "/v1/contacts", {"name": f"n{number}"})
    return "/v1/contacts?status=active&limit=2", next_cursor(client, "/v1/contacts?status=active&limit=2")


def next_cursor(client, path):
    cursor = client.call("GET", path).body["next_cursor"]
    assert cursor
    return cursor


@pytest.fixture
def refused(proxy):
    def check(client, path, cursor):
        proxy.calls.reset()
        answer = client.call("GET", f"{path}&cursor={quote(cursor)}")
        assert (answer.status, answer.code) == (400, "invalid_cursor"), answer
        assert proxy.calls == []

    return check


def test_a_cursor_of_ours_leads_through_all_pages_once(client, page):
    path, _ = page
    seen, cursor = [], ""
    while True:
        answer = client.call("GET", path + (f"&cursor={cursor}" if cursor else ""))
        seen += [each["id"] for each in answer.body["items"]]
        if not (cursor := answer.body["next_cursor"]):
            break
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


def test_page_size_and_fields_may_change_between_pages(client, page):
    _, cursor = page
    answer = client.call("GET", f"/v1/contacts?status=active&limit=5&fields=id&cursor={cursor}")
    assert (answer.status, len(answer.body["items"])) == (200, 3)


@pytest.mark.parametrize(
    "forged",
    ["", "x", "gAAAAA", "eyJwayI6IHsiUyI6ICJ0bnQifX0", "é", "a" * 4000, "=" * 8, '{"pk":{"S":"tnt_1#contact"}}', "%00"],
)
def test_a_made_up_cursor_is_refused(client, page, refused, forged):
    refused(client, page[0], forged)


def test_a_cursor_with_any_bit_flipped_is_refused(client, page, refused):
    path, cursor = page
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for position in range(0, len(raw) * 8, 7):
        flipped = bytearray(raw)
        flipped[position // 8] ^= 1 << position % 8
        refused(client, path, base64.urlsafe_b64encode(bytes(flipped)).decode().rstrip("="))


def test_a_cursor_cut_short_or_lengthened_is_refused(client, page, refused):
    path, cursor = page
    for wrong in (cursor[:-1], cursor[1:], cursor[: len(cursor) // 2], cursor + cursor, cursor + "AAAA"):
        refused(client, path, wrong)


def test_another_tenants_cursor_is_refused(house, page, refused):
    path, cursor = page
    refused(house.client(), path, cursor)


@pytest.mark.parametrize(
    "other",
    [
        "/v1/contacts?limit=2",
        "/v1/contacts?status=churned&limit=2",
        "/v1/contacts?status=active&city=X&limit=2",
        "/v1/contacts?status=active&sort=created_at&limit=2",
        "/v1/lines?status=active&limit=2",
        "/v1/contacts/custom-fields?limit=2",
    ],
)
def test_a_cursor_of_another_query_is_refused(client, page, refused, other):
    refused(client, other, page[1])


def test_a_cursor_of_yesterday_is_refused(client, page, refused, monkeypatch):
    path, cursor = page
    now = time.time()
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: now + 24 * 3600 - 60)
    assert client.call("GET", f"{path}&cursor={cursor}").status == 200
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: now + 24 * 3600 + 60)
    refused(client, path, cursor)


def test_a_cursor_of_a_caller_who_sees_by_another_index_is_refused(house, client, page, refused):
    # The list of who sees all stands in another index than the list of who sees a subtree: a position in one is none
    # in the other.
    path, cursor = page
    below = house.client(client.tenant_id, reach=Reach.SUBTREE, unit=(UNIT, UNIT_PATH))
    refused(below, path, cursor)


def test_a_cursor_tells_nothing_of_what_it_holds(client, page):
    raw = base64.urlsafe_b64decode(page[1] + "=" * (-len(page[1]) % 4))
    assert client.tenant_id.encode() not in raw
    assert b"contact" not in raw
