"""What a role may hold, and who may give it to whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.access.principal import Grant, Reach
from tenants.roles import PLATFORM_ONLY, ROLES, matches

_WIDTH: Final = {Reach.OWN: 0, Reach.UNIT: 1, Reach.SUBTREE: 2, Reach.ALL: 3}


@dataclass(frozen=True, slots=True)
class Held:
    """What a role gives to whoever has it, and how far it reaches unless something else is said."""

    name: str
    reach: Reach
    permissions: frozenset[str]


class PermissionFault(StrEnum):
    """Why a role can't hold a permission."""

    UNKNOWN = "unknown_permission"
    NOT_YOURS = "not_yours"


def permission_faults(
    wanted: Sequence[str], known: frozenset[str], had: Iterable[str], giver: Iterable[Grant]
) -> list[tuple[int, PermissionFault]]:
    """(position, fault) of each permission that the giver can't put into a role that ``had`` some before.

    Users may hold the role with any reach, so who puts a permission into it holds that for the whole tenant.
    """
    added = frozenset(wanted) - frozenset(had)
    lacking = frozenset(beyond(giver, added, Reach.ALL))
    found = []
    for position, permission in enumerate(wanted):
        if permission not in known or matches(permission, (PLATFORM_ONLY,)):
            found.append((position, PermissionFault.UNKNOWN))
        elif permission in lacking:
            found.append((position, PermissionFault.NOT_YOURS))
    return found


def beyond(giver: Iterable[Grant], permissions: frozenset[str], reach: Reach) -> list[str]:
    """The permissions that the giver lacks, or has with less reach: nobody gives more than they have."""
    widest: dict[str, int] = {}
    for grant in giver:
        for permission in grant.permissions:
            widest[permission] = max(widest.get(permission, -1), _WIDTH[grant.reach])
    return sorted(each for each in permissions if widest.get(each, -1) < _WIDTH[reach])


def built_in(name: str, known: frozenset[str]) -> Held | None:
    """What a built-in role holds in this deployment."""
    role = ROLES.get(name)
    return Held(role.name, role.reach, role.permissions(known)) if role else None


def own(name: str, reach: str, permissions: Iterable[str], known: frozenset[str]) -> Held:
    """What a tenant's own role holds: permissions of modules that are gone are none."""
    held = frozenset(each for each in permissions if each in known and not matches(each, (PLATFORM_ONLY,)))
    return Held(name, Reach(reach), held)
