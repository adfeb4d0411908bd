"""T7 for what the tenant makes unique: one of fifty, whatever the store does."""

from collections import Counter
from functools import partial

import pytest

from tests.fault.crowd import all_at_once
from tests.support.faults import Conflict

ANYWAY = "/v1/contacts?allow_duplicates=true"


@pytest.mark.parametrize("faults", [(), (Conflict(probability=0.3),)], ids=["quiet", "conflicts"])
def test_of_50_parallel_creates_with_one_phone_and_email_exactly_one_succeeds(behind, proxy, faults):
    client = behind.house.client()
    chosen = client.call("PUT", "/v1/contacts/settings", {"unique_phone": True, "unique_email": True})
    assert chosen.status == 200
    proxy.inject(*faults)
    body = {"name": "José", "phones": ["+14155550101"], "emails": ["jose@example.com"]}
    answers = all_at_once([partial(client.call, "POST", ANYWAY, body)] * 50)
    proxy.clear()
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 49}
    assert {answer.code for answer in answers if answer.status == 409} == {"already_exists"}
    assert len(behind.of("contacts", "contact")) == 1
