"""What an API key may hold, and for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tenants.roles import NEVER_IN_A_FIRST_KEY, NEVER_IN_A_KEY, matches

# A year unless said otherwise, two at most: long enough for a system's yearly maintenance, and no key is for ever.
DEFAULT_LIFE: Final = timedelta(days=365)
LONGEST_LIFE: Final = timedelta(days=731)


class ScopeFault(StrEnum):
    """Why a key can't hold a scope."""

    UNKNOWN = "unknown_permission"
    NOT_FOR_KEYS = "not_for_keys"
    NOT_YOURS = "not_yours"


def scope_faults(wanted: Sequence[str], known: frozenset[str], own: frozenset[str]) -> list[tuple[int, ScopeFault]]:
    """(position, fault) of each wanted scope that a key of a person with ``own`` permissions can't hold."""
    found = []
    for position, scope in enumerate(wanted):
        if matches(scope, NEVER_IN_A_KEY):
            found.append((position, ScopeFault.NOT_FOR_KEYS))
        elif scope not in known:
            found.append((position, ScopeFault.UNKNOWN))
        elif scope not in own:
            found.append((position, ScopeFault.NOT_YOURS))
    return found


def first_key_scopes(own: frozenset[str]) -> list[str]:
    """What the key from an invitation holds: all that its user may, but for keys."""
    return sorted(each for each in own if not matches(each, NEVER_IN_A_FIRST_KEY))


def expiry(wanted: datetime | None, now: datetime) -> datetime | None:
    """When a key made now ends, or None when the wanted end is past or too far away."""
    if wanted is None:
        return (now + DEFAULT_LIFE).replace(microsecond=0)
    return wanted if now < wanted <= now + LONGEST_LIFE else None
