"""Users, roles and the caller on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import EmailStr, Field, StringConstraints

from chalicelib.access.principal import PrincipalKind, Reach
from chalicelib.web.wire import Body, Resource, Shown, common
from tenants.lifecycle.schemas import InvitationOut
from tenants.own_roles.schemas import RoleName
from tenants.schemas import Name
from tenants.users.records import User
from tenants.users.rules import UserState

# A person with more than a few roles has one that is missing.
_MOST_GRANTS: int = 10

RecordId = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class GrantIn(Body):
    """A role, and how far it reaches for this user."""

    role: RoleName = Field(examples=["viewer"])
    reach: Reach


_More = Annotated[list[GrantIn], Field(default=[], max_length=_MOST_GRANTS, description="roles beside the first one")]


class UserIn(Body):
    """Who is invited, in which role: a built-in one or one of your own, by its name.

    Reach defaults to the role's, the org unit to your own.
    """

    name: Name
    email: EmailStr
    role: RoleName = Field(examples=["viewer"])
    reach: Reach | None = None
    more_grants: _More
    org_unit_id: RecordId | None = None


class UserPatch(Body):
    """What may change of a user."""

    name: Name
    role: RoleName = Field(examples=["viewer"])
    reach: Reach
    more_grants: _More
    org_unit_id: RecordId


class ReassignIn(Body):
    """Who is to look after the user's records, and of which kinds (default: of all)."""

    to_user_id: RecordId
    kinds: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] | None = Field(
        default=None, min_length=1, max_length=100, examples=[["contact", "task"]]
    )


class MoreGrantOut(Shown):
    """A role beside the first one."""

    role: str
    reach: Reach


class UserOut(Resource):
    """A user."""

    name: str
    email: str
    role: str
    reach: Reach
    more_grants: list[MoreGrantOut]
    org_unit_id: str
    state: UserState
    signs_in: bool
    api_key_issued_at: datetime | None

    @classmethod
    def of(cls, user: User) -> "UserOut":
        """The wire form of a stored user."""
        return cls(
            **common(user),
            name=user.name,
            email=user.email,
            role=user.role,
            reach=Reach(user.reach),
            more_grants=[MoreGrantOut(role=role, reach=reach) for role, reach in user.given()[1:]],
            org_unit_id=user.unit_id,
            state=UserState(user.status),
            signs_in=bool(user.sign_in),
            api_key_issued_at=user.api_key_issued_at,
        )


class InvitedOut(UserOut):
    """A new user with the invitation, which is shown once."""

    invitation: InvitationOut


class GrantOut(Shown):
    """Permissions and how far they reach."""

    reach: Reach
    permissions: list[str]


class OwnTenantOut(Shown):
    """The caller's tenant."""

    id: str
    locale: str
    time_zone: str
    default_phone_region: str
    currency: str


class MeOut(Shown):
    """Who is calling."""

    kind: PrincipalKind
    id: str
    user_id: str | None
    org_unit_id: str | None
    tenant: OwnTenantOut | None
    grants: list[GrantOut]
