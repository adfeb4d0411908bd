"""The built-in roles (control-plane.md, People) as data: rules over permission names, since modules come and go.

A pattern's ``*`` stands for any text. What a role is refused wins over what it is granted. Nobody in a tenant ever
holds a ``platform:`` permission, and only admins see or make credentials.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from chalicelib.access.principal import Reach
from chalicelib.modules import Text

PLATFORM_ONLY: Final = "platform:*"
# A key can never read or mint credentials (api.md, Credentials): these are not for keys, whoever makes them.
NEVER_IN_A_KEY: Final = ("keys:*", "issuers:*", "users:write", PLATFORM_ONLY)
# The one exception, the key that an invitation is exchanged for: it may invite people, so that a tenant can be set up
# by curl alone. The invitations that it sends bind sign-ins only and can't be exchanged for another key.
NEVER_IN_A_FIRST_KEY: Final = ("keys:*", "issuers:*", PLATFORM_ONLY)

# A webhook's URL may let its bearer in, and what is sent there leaves the house: for admins and integrators.
_CREDENTIALS: Final = ("keys:*", "issuers:*", "webhooks:*")
# What everybody did and saw, over all org units.
_AUDIT: Final = "audit:*"
_CORE_CHANGES: Final = (*_CREDENTIALS, _AUDIT, "users:write", "org_units:write", "tenant:admin")


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions and how far over the data it reaches unless an invitation says otherwise."""

    name: str
    titles: Text
    reach: Reach
    granted: tuple[str, ...]
    refused: tuple[str, ...] = ()

    def permissions(self, all_permissions: Iterable[str]) -> frozenset[str]:
        """Those of all the permissions that any manifest declares which this role holds."""
        refused = (*self.refused, PLATFORM_ONLY)
        return frozenset(each for each in all_permissions if matches(each, self.granted) and not matches(each, refused))


def matches(permission: str, patterns: Iterable[str]) -> bool:
    """Whether the permission's name fits any of the patterns."""
    return any(fnmatchcase(permission, pattern) for pattern in patterns)


_ALL: Final = (
    Role("admin", Text("Administrator", "管理员"), Reach.ALL, ("*",)),
    Role(
        "director",
        Text("Director", "总监"),
        Reach.ALL,
        ("*:read", "*:read_sensitive", "org_units:write", "journal:follow"),
        _CREDENTIALS,
    ),
    Role(
        "department_manager",
        Text("Department manager", "部门经理"),
        Reach.SUBTREE,
        ("*:read", "*:write", "*:delete", "*:read_sensitive"),
        _CORE_CHANGES,
    ),
    Role(
        "area_manager",
        Text("Area manager", "片区经理"),
        Reach.SUBTREE,
        ("*:read", "*:write", "*:read_sensitive"),
        _CORE_CHANGES,
    ),
    Role(
        "account_manager",
        Text("Account manager", "客户经理"),
        Reach.OWN,
        ("*:read", "*:write", "*:read_sensitive"),
        _CORE_CHANGES,
    ),
    Role("marketer", Text("Marketer", "营销人员"), Reach.ALL, ("*:read", "campaigns:*", "files:write"), _CORE_CHANGES),
    Role(
        "service_agent",
        Text("Service agent", "客服人员"),
        Reach.SUBTREE,
        ("*:read", "contacts:write", "contacts:read_sensitive", "service_analysis:write"),
        _CORE_CHANGES,
    ),
    Role(
        "service_lead",
        Text("Service lead", "客服主管"),
        Reach.SUBTREE,
        ("*:read", "contacts:write", "contacts:read_sensitive", "service_analysis:*", "files:write"),
        _CORE_CHANGES,
    ),
    Role(
        "partner_manager",
        Text("Partner manager", "渠道经理"),
        Reach.SUBTREE,
        ("*:read", "contacts:write", "partners:*", "files:write"),
        _CORE_CHANGES,
    ),
    # Until partner branches exist (issue 7) a partner's people see what they own and nothing of the tenant's people.
    Role(
        "partner_user",
        Text("Partner user", "渠道人员"),
        Reach.OWN,
        ("contacts:read", "contacts:write", "partners:read", "tenant:read", "modules:read"),
    ),
    Role("analyst", Text("Analyst", "分析师"), Reach.ALL, ("*:read",), (*_CREDENTIALS, _AUDIT, "users:read")),
    Role("viewer", Text("Viewer", "只读用户"), Reach.ALL, ("*:read",), (*_CREDENTIALS, _AUDIT)),
    Role(
        "integrator",
        Text("Integrator", "系统集成"),
        Reach.ALL,
        ("*:read", "*:write", "*:read_sensitive", "contacts:load_usage", "journal:follow", "webhooks:admin"),
        ("keys:*", "issuers:*", _AUDIT, "users:*", "org_units:write", "tenant:admin"),
    ),
)

ROLES: Final = {role.name: role for role in _ALL}
ADMIN: Final = ROLES["admin"]
