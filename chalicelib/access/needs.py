"""What a route needs before it runs, in its four forms; without one a route can't be registered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """A right of the caller's roles or key: ``contacts:write``."""

    name: str


@dataclass(frozen=True, slots=True)
class Public:
    """Open to everybody, for a stated reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """A signed link that carries tenant and one record (surveys, calendar feeds, invitations).

    The route's path has a ``{link}``; ``ttl_hours`` is how long a link lives, ``uses`` how often it serves
    (None: until it expires). The record behind it counts the uses.
    """

    purpose: str
    ttl_hours: int
    uses: int | None


@dataclass(frozen=True, slots=True)
class ProviderSignature:
    """A callback signed by a provider (bounces, delivery receipts)."""

    name: str


Needs = Permission | Public | Link | ProviderSignature


def as_needs(needs: "str | Needs") -> Needs:
    """A plain string is a permission."""
    return Permission(needs) if isinstance(needs, str) else needs
