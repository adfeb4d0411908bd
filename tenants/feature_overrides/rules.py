"""Which of a tenant's switches of one feature counts for a caller (control-plane.md, Feature toggles).

The most specific one that applies: a switch for an org unit before one for roles before one for everybody; of two for
units that of the deeper unit; where both name the same, one that names roles too; at last the one set last. What has
expired does not apply: its interval is half-open, at ``expires_at`` it is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom is asked: roles held, and the path of the org unit (``/ou_a/ou_b/``). Empty: nobody in particular."""

    roles: tuple[str, ...] = ()
    unit_path: str = ""


NOBODY: Final = Viewer()


@dataclass(frozen=True, slots=True)
class Override:
    """One switch. Without roles it is for all roles, without units for all units; with both, both must fit."""

    id: str
    enabled: bool
    roles: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    set_at: datetime | None = None


def applies(override: Override, viewer: Viewer, now: datetime) -> bool:
    """Whether the switch is for this viewer at this instant."""
    if override.expires_at is not None and override.expires_at <= now:
        return False
    if override.roles and override.roles.isdisjoint(viewer.roles):
        return False
    return not override.units or _depth(override, viewer) > 0


def deciding(overrides: Iterable[Override], viewer: Viewer, now: datetime) -> Override | None:
    """The one that counts, or None."""
    fitting = [each for each in overrides if applies(each, viewer, now)]
    return max(fitting, key=lambda each: _rank(each, viewer), default=None)


def _rank(override: Override, viewer: Viewer) -> tuple[int, bool, float, str]:
    set_at = override.set_at.timestamp() if override.set_at else 0.0
    return (_depth(override, viewer), bool(override.roles), set_at, override.id)


def _depth(override: Override, viewer: Viewer) -> int:
    """How deep in the viewer's own line of units the deepest named one stands, from 1; 0 when none does."""
    line = [part for part in viewer.unit_path.split("/") if part]
    return max((place for place, unit in enumerate(line, 1) if unit in override.units), default=0)
