"""The states of a tenant and the only ways between them (control-plane.md, Tenant lifecycle)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class TenantState(StrEnum):
    """Where a tenant is in its life."""

    REGISTERED = "registered"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    OFFBOARDING = "offboarding"
    ERASED = "erased"
    FAILED = "failed"


class Transition(StrEnum):
    """What can be done to a tenant."""

    SUSPEND = "suspend"
    REACTIVATE = "reactivate"


_ALLOWED: Final = {
    # Suspending a suspended tenant sets its switches; reactivating an active one changes nothing.
    Transition.SUSPEND: (frozenset({TenantState.ACTIVE, TenantState.SUSPENDED}), TenantState.SUSPENDED),
    Transition.REACTIVATE: (frozenset({TenantState.ACTIVE, TenantState.SUSPENDED}), TenantState.ACTIVE),
}

# In these states a tenant's people and machines are let in at all, as far as its blocks allow.
LIVE: Final = frozenset({TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.OFFBOARDING})


@dataclass(frozen=True, slots=True)
class Blocks:
    """The three switches of a suspension."""

    sign_in: bool = False
    changes: bool = False
    billing: bool = False


def after(transition: Transition, state: TenantState) -> TenantState | None:
    """The state that the transition leads to, or None when it is not allowed from here."""
    allowed, target = _ALLOWED[transition]
    return target if state in allowed else None


def effective_blocks(state: TenantState, blocks: Blocks) -> Blocks:
    """What is blocked in a state: a tenant that is leaving reads, and writes no more."""
    if state is TenantState.SUSPENDED:
        return blocks
    return Blocks(changes=state is TenantState.OFFBOARDING)


def registered_name(name: str) -> str:
    """The form of a tenant's name that must be unique: case and spacing make no other name."""
    return " ".join(name.casefold().split())
