"""Roles on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.access.principal import Reach
from chalicelib.web.wire import Body, Shown
from tenants.own_roles.records import OwnRole
from tenants.own_roles.rules import own
from tenants.roles import Role
from tenants.schemas import BothLanguages, Name

_MOST: int = 200  # more than all modules' permissions together

RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""What a role is called where users name it: a built-in one (`viewer`) or one of the tenant's own."""
Permissions = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=100)]],
    Field(min_length=1, max_length=_MOST, examples=[["contacts:read"]]),
]


class TitlesIn(Body):
    """A title in both languages of the product."""

    en: Name
    zh: Name


class RolePatch(Body):
    """What may change of a role of the tenant's own; users who have it have the change within seconds."""

    titles: TitlesIn
    default_reach: Reach = Field(default=Reach.SUBTREE, description="unless the user is given another")
    permissions: Permissions


class RoleIn(RolePatch):
    """A new role."""

    name: RoleName = Field(examples=["call_centre"])


class RoleOut(Shown):
    """A role, with the permissions that it holds in this deployment. A built-in one's id is its name."""

    id: str
    name: str
    built_in: bool
    titles: BothLanguages
    default_reach: Reach
    permissions: list[str]
    version: int

    @classmethod
    def of_own(cls, role: OwnRole, known: frozenset[str]) -> "RoleOut":
        """The wire form of a tenant's own role."""
        return cls(
            id=role.id,
            name=role.name,
            built_in=False,
            titles=BothLanguages(**role.titles),
            default_reach=Reach(role.reach),
            permissions=sorted(own(role.name, role.reach, role.permissions, known).permissions),
            version=int(role.version),
        )

    @classmethod
    def of_built_in(cls, role: Role, known: frozenset[str]) -> "RoleOut":
        """The wire form of a built-in role."""
        return cls(
            id=role.name,
            name=role.name,
            built_in=True,
            titles=BothLanguages.of(role.titles),
            default_reach=role.reach,
            permissions=sorted(role.permissions(known)),
            version=1,
        )
