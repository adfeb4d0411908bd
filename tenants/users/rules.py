"""The states of a user, and who is an admin."""

from collections.abc import Iterable
from enum import StrEnum

from chalicelib.access.principal import Reach
from tenants.roles import ADMIN


class UserState(StrEnum):
    """Where a user is: invited until a sign-in is bound."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


def is_admin(given: Iterable[tuple[str, Reach]]) -> bool:
    """Whether somebody with these (role, reach) can set up all of the tenant."""
    return any(role == ADMIN.name and reach is Reach.ALL for role, reach in given)
