"""Users, roles and the caller on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, EmailStr, StringConstraints, WithJsonSchema

from chalicelib.access.principal import PrincipalKind, Reach
from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.web.wire import Body, Resource, Shown, common
from tenants.lifecycle.schemas import InvitationOut
from tenants.roles import ROLES
from tenants.schemas import BothLanguages, Name
from tenants.users.records import User
from tenants.users.rules import UserState

RecordId = Annotated[str, StringConstraints(min_length=1, max_length=40)]


def _known(name: str) -> str:
    if name not in ROLES:
        raise ValueRefused(Text(f"Roles: {', '.join(ROLES)}", f"可用角色：{'、'.join(ROLES)}"))
    return name


RoleName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60),
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": list(ROLES)}),
]


class UserIn(Body):
    """Who is invited, in which role. Reach defaults to the role's, the org unit to your own."""

    name: Name
    email: EmailStr
    role: RoleName
    reach: Reach | None = None
    org_unit_id: RecordId | None = None


class UserOut(Resource):
    """A user."""

    name: str
    email: str
    role: str
    reach: Reach
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
            org_unit_id=user.unit_id,
            state=UserState(user.status),
            signs_in=bool(user.sign_in),
            api_key_issued_at=user.api_key_issued_at,
        )


class InvitedOut(UserOut):
    """A new user with the invitation, which is shown once."""

    invitation: InvitationOut


class RoleOut(Shown):
    """A built-in role, with the permissions that it holds in this deployment."""

    name: str
    titles: BothLanguages
    default_reach: Reach
    permissions: list[str]


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
