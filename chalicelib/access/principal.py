"""Who is calling, and what they may: the protocols that the control plane implements (tenants/directory.py)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from chalicelib.access.limits import Rate
from chalicelib.access.quotas import Spent
from chalicelib.access.tokens import Issuer
from chalicelib.store.keys import PLATFORM
from chalicelib.store.scope import EVERYTHING, Move, Scope, as_moved


class PrincipalKind(StrEnum):
    """Kinds of callers."""

    USER = "user"
    API_KEY = "api_key"
    PLATFORM = "platform"
    LINK = "link"
    ANONYMOUS = "anonymous"


class Reach(StrEnum):
    """How far a grant reaches over the tenant's records (control-plane.md, People)."""

    OWN = "own"
    UNIT = "unit"
    SUBTREE = "subtree"
    ALL = "all"


class Grant(NamedTuple):
    """Rights, and how far over the data they reach from the holder's org unit."""

    permissions: frozenset[str]
    reach: Reach


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. ``tenant_id`` comes from our own record of the credential, never from a claim.

    ``roles`` are the names of the roles that the person was given. ``moves`` are branches of the org tree that are
    under way: scopes follow the tree as it is now.
    """

    kind: PrincipalKind
    id: str
    tenant_id: str = PLATFORM
    grants: tuple[Grant, ...] = ()
    unit_id: str = ""
    unit_path: str = ""
    user_id: str | None = None
    roles: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether any grant holds the permission."""
        return any(permission in grant.permissions for grant in self.grants)

    def permissions(self) -> frozenset[str]:
        """All permissions of all grants."""
        return frozenset().union(*(grant.permissions for grant in self.grants))

    def scope(self, permission: str | None) -> Scope:
        """The union of what the grants with this permission reach."""
        grants = [grant for grant in self.grants if permission is None or permission in grant.permissions]
        if any(grant.reach is Reach.ALL for grant in grants):
            return EVERYTHING
        return Scope(
            subtrees=frozenset({self.unit_path} if any(each.reach is Reach.SUBTREE for each in grants) else ()),
            units=frozenset({self.unit_path} if any(each.reach is Reach.UNIT for each in grants) else ()),
            owner=self.user_id or self.id,
            moves=self.moves,
        )

    def placed(self, moves: Sequence[Move]) -> "Principal":
        """The same caller in the tree as it is now."""
        return replace(self, unit_path=as_moved(self.unit_path, moves), moves=tuple(moves)) if moves else self


# Nobody's tenant is nobody: the platform's boundary opens every tenant (store/store.py), so it is not the default here.
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "anonymous", tenant_id="anonymous")


class Decision(NamedTuple):
    """Whether a module or feature is on, why, and which step decided (control-plane.md, Feature toggles).

    ``read_only``: it is on for reading alone. ``until``: when this changes by itself, if that is known.
    """

    enabled: bool
    reason: str
    decided_by: str
    read_only: bool = False
    until: datetime | None = None


ACTIVATING: Final = "activating"
"""The reason of a decision that says no because the module's catch-up after a pause has not ended."""


class Standing(Protocol):
    """A tenant as the gate sees it: a snapshot of state, settings and entitlements, at most 5 s old."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        ...

    @property
    def sign_in_blocked(self) -> bool:
        """Whether sign-in and API access are switched off."""
        ...

    @property
    def changes_blocked(self) -> bool:
        """Whether the tenant is read-only."""
        ...

    @property
    def locale(self) -> str:
        """The tenant's language, BCP 47."""
        ...

    @property
    def time_zone(self) -> str:
        """The tenant's time zone, IANA."""
        ...

    @property
    def default_region(self) -> str:
        """The region that phone numbers are read with, ISO 3166."""
        ...

    @property
    def currency(self) -> str:
        """The tenant's currency, ISO 4217."""
        ...

    @property
    def moves(self) -> Sequence[Move]:
        """Branches of the org tree that stand elsewhere already, while records follow them."""
        ...

    @property
    def tree(self) -> int:
        """How often a branch of the org tree has been moved: another number is another tree."""
        ...

    @property
    def rate(self) -> Rate:
        """How many requests the tenant may make."""
        ...

    def spent(self, module: str, meter: str, at: datetime) -> Spent | None:
        """The hard quota that is used up at that instant, or None."""
        ...

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """The entitlement decision; never raises."""
        ...

    def seen_by(self, principal: Principal) -> "Standing":
        """The same at this instant, as somebody sees it: features may be on for some roles and org units alone."""
        ...


class Directory(Protocol):
    """Where credentials and tenants are looked up. Answers may be up to 5 s old."""

    def key_holder(self, tenant_id: str, macs: Sequence[str]) -> Principal | None:
        """The principal behind an API key, given the key's hashes (newest secret first)."""
        ...

    def person(self, issuer: str, subject: str) -> Principal | None:
        """The active person of our own record of (issuer, subject), or a platform operator."""
        ...

    def issuer(self, url: str) -> Issuer | None:
        """A trusted issuer."""
        ...

    def standing(self, tenant_id: str) -> Standing | None:
        """The tenant's standing, or None when there is no such tenant."""
        ...

    def is_erased(self, tenant_id: str) -> bool:
        """Whether the tenant is being erased, or has been: asked of one that has no standing."""
        ...

    def every_tenant(self) -> Iterator[str]:
        """The ids of all tenants of the platform, for upkeep that no tenant asks for."""
        ...

    def unit_path(self, tenant_id: str, unit_id: str) -> str | None:
        """The path of an org unit of the tenant (``/ou_a/ou_b/``), or None when there is no such unit."""
        ...

    def is_active_user(self, tenant_id: str, user_id: str) -> bool:
        """Whether records can be given to this person of the tenant."""
        ...
