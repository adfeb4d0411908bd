"""What a kill switch says (control-plane.md, Feature toggles): pure, over all tenants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SwitchMode(StrEnum):
    """Off, or only to be read."""

    OFF = "off"
    READ_ONLY = "read_only"


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A switch of a module (``feature`` is None) or a feature, in force until it expires or is lifted."""

    module: str
    feature: str | None
    mode: SwitchMode
    expires_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it counts; at ``expires_at`` it is over."""
        return self.expires_at is None or now < self.expires_at


def target_of(text: str) -> tuple[str, str | None]:
    """(module, feature or None) of ``contacts`` or ``contacts.lines``."""
    module, _, feature = text.partition(".")
    return module, feature or None


def found(
    switches: Iterable[KillSwitch], now: datetime, mode: SwitchMode, module: str, feature: str | None = None
) -> KillSwitch | None:
    """The switch of that mode in force for exactly this module or feature."""
    for each in switches:
        if (each.module, each.feature, each.mode) == (module, feature, mode) and each.in_force(now):
            return each
    return None
