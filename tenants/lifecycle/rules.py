"""The states of a tenant and the only ways between them (control-plane.md, Tenant lifecycle).

    registered → provisioning → active ⇄ suspended → offboarding → erased
                                                     offboarding ⇄ failed

A transition may lead through states that nobody sees: onboarding is one transaction, and so is the offboarding of a
tenant that nobody has suspended before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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

    ONBOARD = "onboard"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    OFFBOARD = "offboard"
    FAIL = "fail"
    RETRY = "retry"
    ERASE = "erase"


ARROWS: Final = frozenset(
    {
        (TenantState.REGISTERED, TenantState.PROVISIONING),
        (TenantState.PROVISIONING, TenantState.ACTIVE),
        (TenantState.ACTIVE, TenantState.SUSPENDED),
        (TenantState.SUSPENDED, TenantState.ACTIVE),
        (TenantState.SUSPENDED, TenantState.OFFBOARDING),
        (TenantState.OFFBOARDING, TenantState.ERASED),
        # An erasure that can't prove itself, and another try.
        (TenantState.OFFBOARDING, TenantState.FAILED),
        (TenantState.FAILED, TenantState.OFFBOARDING),
    }
)
"""All arrows that there are."""

_WAYS: Final[dict[Transition, dict[TenantState | None, tuple[TenantState, ...]]]] = {
    Transition.ONBOARD: {None: (TenantState.REGISTERED, TenantState.PROVISIONING, TenantState.ACTIVE)},
    # Suspending a suspended tenant sets its switches; reactivating an active one changes nothing.
    Transition.SUSPEND: {TenantState.ACTIVE: (TenantState.SUSPENDED,), TenantState.SUSPENDED: ()},
    Transition.REACTIVATE: {TenantState.SUSPENDED: (TenantState.ACTIVE,), TenantState.ACTIVE: ()},
    Transition.OFFBOARD: {
        TenantState.SUSPENDED: (TenantState.OFFBOARDING,),
        TenantState.ACTIVE: (TenantState.SUSPENDED, TenantState.OFFBOARDING),
    },
    Transition.FAIL: {TenantState.OFFBOARDING: (TenantState.FAILED,)},
    Transition.RETRY: {TenantState.FAILED: (TenantState.OFFBOARDING,)},
    Transition.ERASE: {TenantState.OFFBOARDING: (TenantState.ERASED,)},
}

# In these states a tenant's people and machines are let in at all, as far as its blocks allow.
LIVE: Final = frozenset({TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.OFFBOARDING})


@dataclass(frozen=True, slots=True)
class Blocks:
    """The three switches of a suspension."""

    sign_in: bool = False
    changes: bool = False
    billing: bool = False


def way(transition: Transition, state: TenantState | None) -> tuple[TenantState, ...] | None:
    """The states that the transition leads through from here (None: there is no tenant yet); None: it is refused."""
    return _WAYS[transition].get(state)


def after(transition: Transition, state: TenantState | None) -> TenantState | None:
    """The state that the transition leads to, or None when it is not allowed from here."""
    led = way(transition, state)
    return None if led is None else (*((state,) if state else ()), *led)[-1]


def effective_blocks(state: TenantState, blocks: Blocks) -> Blocks:
    """What is blocked in a state: a tenant that is leaving reads, and writes no more."""
    if state is TenantState.SUSPENDED:
        return blocks
    if state is TenantState.OFFBOARDING:
        return Blocks(changes=True, billing=blocks.billing)
    return Blocks()


Pause = Sequence[str | None]
"""From when until when (None: it lasts) nothing is billed, RFC 3339 in UTC; half open."""


def pauses_after(pauses: Iterable[Pause], at: datetime, *, blocked: bool) -> list[list[str | None]]:
    """The pauses of billing when it is blocked, or goes on, from ``at`` on. What has passed is not rewritten."""
    known = [list(each) for each in pauses]
    lasts = bool(known) and known[-1][1] is None
    if blocked and not lasts:
        return [*known, [at.isoformat(), None]]
    if lasts and not blocked:
        return [*known[:-1], [known[-1][0], at.isoformat()]]
    return known


def is_paused(pauses: Iterable[Pause], at: datetime, until: datetime | None = None) -> bool:
    """Whether nothing is billed at an instant, or at any of ``[at, until)``."""
    end = until or at + datetime.resolution
    return any(
        datetime.fromisoformat(str(begun)) < end and (ended is None or at < datetime.fromisoformat(ended))
        for begun, ended in pauses
    )


def registered_name(name: str) -> str:
    """The form of a tenant's name that must be unique: case and spacing make no other name."""
    return " ".join(name.casefold().split())
