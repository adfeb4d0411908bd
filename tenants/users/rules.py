"""Who may give whom which role, and the states of a user."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from chalicelib.access.principal import Grant, Reach


class UserState(StrEnum):
    """Where a user is: invited until a sign-in is bound."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


_WIDTH: Final = {Reach.OWN: 0, Reach.UNIT: 1, Reach.SUBTREE: 2, Reach.ALL: 3}


def beyond(giver: Iterable[Grant], permissions: frozenset[str], reach: Reach) -> list[str]:
    """The permissions that the giver lacks, or has with less reach: nobody gives more than they have."""
    widest: dict[str, int] = {}
    for grant in giver:
        for permission in grant.permissions:
            widest[permission] = max(widest.get(permission, -1), _WIDTH[grant.reach])
    return sorted(each for each in permissions if widest.get(each, -1) < _WIDTH[reach])
