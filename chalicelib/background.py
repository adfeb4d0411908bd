"""What work without a caller shares: handlers of changes, steps of jobs, timers."""

import traceback
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools import Logger

from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.principal import ACTIVATING, Directory
from chalicelib.clock import Clock
from chalicelib.modules import Catalogue
from chalicelib.store.keys import PLATFORM
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store

MOST_CAUSES: Final = 5


@dataclass(frozen=True, slots=True)
class Background:
    """Catalogue, keys, directory, clock and log of this process."""

    catalogue: Catalogue
    keyring: Keyring
    directory: Directory
    clock: Clock
    log: Logger

    @classmethod
    def of(cls, gate: Gate, catalogue: Catalogue, log: Logger) -> "Background":
        """What the gate of this process also uses."""
        return cls(catalogue, gate.keyring, gate.directory, gate.clock, log)

    def store(self, unit: str, tenant: str, actor: str, origin: str, scope: Scope = EVERYTHING) -> Store:
        """A door to one unit's table for one tenant (or PLATFORM), with strongly consistent reads."""
        return Store(unit, tenant, self.keyring, actor, origin, self.clock, scope, writing=True)

    def report(self, what: str, error: BaseException, **extra: Any) -> None:
        """Log what broke, without anything that a caller typed."""
        self.log.error(what, extra={**extra, "causes": causes_of(error)})

    def is_erased(self, tenant: str) -> bool:
        """Whether the tenant is being erased, or has been: nothing is done for it any more."""
        if tenant == PLATFORM or self.directory.standing(tenant) is not None:
            return False
        return self.directory.is_erased(tenant)

    def reacts(self, tenant: str, module: str) -> bool:
        """Whether the module reacts to changes of this tenant: while it is enabled, and while it catches up."""
        standing = self.directory.standing(tenant)
        if standing is None:
            return False
        decision = standing.decide(module)
        return decision.enabled or decision.reason == ACTIVATING


def causes_of(error: BaseException) -> list[dict[str, Any]]:
    """What broke and where, without messages: exceptions quote the values that they met (pydantic's all do)."""
    causes: list[dict[str, Any]] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < MOST_CAUSES:
        frames = traceback.extract_tb(cause.__traceback__)
        trace = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
        causes.append({"type": f"{type(cause).__module__}.{type(cause).__qualname__}", "trace": trace})
        cause = cause.__cause__ or cause.__context__
    return causes
