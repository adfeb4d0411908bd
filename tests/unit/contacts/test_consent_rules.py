"""May somebody be contacted: a table of cases, the refusals first."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from modules.contacts.consents.rules import Decision, Reason, Status, may_contact, overrides

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


def decided(status, at=YESTERDAY, channel="email", purpose="marketing", **more):
    return Decision(channel, purpose, Status(status), at, "consent" if status == "granted" else None, **more)


def asked(*decisions, channel="email", purpose="marketing", at=NOW, dnc=False):
    found = may_contact(decisions, channel, purpose, at, do_not_contact=dnc)
    return found.allowed, str(found.reason)


@pytest.mark.parametrize("purpose", ["marketing", "service", "research", "profiling"])
def test_do_not_contact__overrides_everything(purpose):
    assert asked(decided("granted", purpose=purpose), purpose=purpose, dnc=True) == (False, "do_not_contact")


@pytest.mark.parametrize(
    ("decisions", "purpose", "expected"),
    [
        ([], "marketing", (False, "no_consent")),
        ([], "research", (False, "no_consent")),
        ([], "profiling", (False, "no_consent")),
        ([decided("withdrawn")], "marketing", (False, "withdrawn")),
        ([decided("withdrawn", purpose="service")], "service", (False, "withdrawn")),
        ([decided("granted", expires_at=NOW)], "marketing", (False, "expired")),
        ([decided("granted", channel="sms")], "marketing", (False, "no_consent")),
        ([decided("granted", purpose="service")], "marketing", (False, "no_consent")),
        ([decided("granted"), decided("withdrawn", NOW)], "marketing", (False, "withdrawn")),
        ([decided("granted"), decided("withdrawn")], "marketing", (False, "withdrawn")),
        ([], "service", (True, "contract")),
        ([decided("granted", purpose="service", expires_at=NOW)], "service", (True, "contract")),
        ([decided("granted")], "marketing", (True, "granted")),
        ([decided("granted", expires_at=TOMORROW)], "marketing", (True, "granted")),
        ([decided("withdrawn"), decided("granted", NOW)], "marketing", (True, "granted")),
    ],
)
def test_without_do_not_contact__the_youngest_decision_counts_whatever_the_order(decisions, purpose, expected):
    for each in permutations(decisions):
        assert asked(*each, purpose=purpose) == expected


def test_service_by_contract__says_so():
    found = may_contact([], "sms", "service", NOW, do_not_contact=False)
    assert (found.reason, found.legal_basis) == (Reason.CONTRACT, "contract")


@pytest.mark.parametrize(
    ("new", "standing", "expected"),
    [
        (decided("granted", YESTERDAY), decided("withdrawn", NOW), False),
        (decided("withdrawn", YESTERDAY), decided("granted", NOW), False),
        (decided("granted", NOW), decided("withdrawn", NOW), False),
        (decided("withdrawn", NOW), decided("granted", NOW), True),
        (decided("granted", NOW), decided("expired", YESTERDAY), True),
        (decided("granted", NOW), decided("granted", NOW), True),
    ],
)
def test_an_older_decision__never_overrides(new, standing, expected):
    assert overrides(new, standing) is expected
