"""When a delivery is tried again, and when a webhook is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# Standard Webhooks, «Deliverability and reliability», its example schedule: at once, then 5 s, 5 min, 30 min, 2 h,
# 5 h, 10 h, 14 h, 20 h and 24 h after each failure: ten attempts over 75 h 35 min.
DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_ATTEMPTS: Final = len(DELAYS) + 1
# Each delay is longer or shorter by up to a tenth, so that what failed together does not come back together.
JITTER: Final = 0.1
# A receiver may ask for a later time than ours, within the longest of our own delays.
LONGEST_WAIT: Final = DELAYS[-1]
# A webhook that nothing has got through to for so long is switched off: longer than one event's 75 h, so that a
# weekend's outage ends nothing (Svix, a maker of the standard, waits five days too).
FAILING_FOR: Final = timedelta(days=5)
# Who takes a turn holds it so long: longer than a POST's 10 s, so that nobody sends the same beside it.
HELD: Final = timedelta(seconds=30)
# A turn that no worker was woken for is found again.
LOOKED_AFTER: Final = timedelta(minutes=1)
# How often a suspended tenant's subscribers are looked at again: nothing of theirs is counted as an attempt.
SUSPENDED_FOR: Final = timedelta(hours=1)
GONE: Final = 410
EVENTS_KEPT: Final = timedelta(days=30)
REPLAYED_EVERY: Final = timedelta(minutes=10)


def next_attempt(attempts: int, now: datetime, retry_after: str, chance: float) -> datetime | None:
    """When to try again after so many attempts; None after the last. ``chance`` is a random number in [0, 1)."""
    if attempts >= MOST_ATTEMPTS:
        return None
    delay = DELAYS[attempts - 1] * (1 - JITTER + 2 * JITTER * chance)
    return now + max(delay, asked_for(retry_after, now))


def asked_for(retry_after: str, now: datetime) -> timedelta:
    """What a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date); zero for what can't be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        wanted = timedelta(seconds=min(int(text[:9]), int(LONGEST_WAIT.total_seconds())))
    else:
        try:
            wanted = parsedate_to_datetime(text).replace(tzinfo=UTC) - now
        except (ValueError, TypeError):
            return timedelta()
    return min(max(wanted, timedelta()), LONGEST_WAIT)


def has_failed_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether a webhook is to be switched off."""
    return failing_since is not None and now - failing_since >= FAILING_FOR
