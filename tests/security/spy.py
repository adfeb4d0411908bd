"""What a request asked of AWS: every call of every client in this process, whoever makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from botocore.client import BaseClient

READS: Final = frozenset({"GetItem", "BatchGetItem", "Query"})
WRITES: Final = frozenset({"TransactWriteItems"})
_PARTITION: Final = re.compile(r"(gsi\d)?pk")
# architecture.md, Data: keys start with the tenant; the platform's registry (who signs in as whom, which issuer speaks
# for whom) is asked before the tenant is known.
# What the platform's operators have switched off for all is read with every tenant's standing.
REGISTRY: Final = ("platform#registry#sign_in#", "platform#registry#issuer#", "platform#kill_switch")
# A tenant's own profile stands in the operators' list; to ask for that list is another matter (`:p` is looked at too).
LISTED: Final = "platform#tenant"
DUE: Final = "due#"
NOTES: Final = frozenset({"audit_note", "audit_token"})


@dataclass
class Spy:
    """The calls of one stretch of time: (operation, parameters, answer)."""

    calls: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    noted: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    """That somebody has come, or was refused, may be noted for the audit: it is neither reading nor changing."""

    @property
    def operations(self) -> list[str]:
        """What was called, in order."""
        return [operation for operation, _, _ in self.calls]

    @property
    def writes(self) -> list[str]:
        """Every call that may change something."""
        return [each for each in self.operations if each not in READS]

    def partitions(self) -> set[str]:
        """Every partition key, of tables and indexes, that was sent or came back."""
        found: set[str] = set()
        for _, sent, answered in (*self.calls, *self.noted):
            found |= set(_partitions(sent)) | set(_partitions(answered))
            if "KeyConditionExpression" in sent:
                found.add(sent["ExpressionAttributeValues"][":p"]["S"])
        return found

    def strays(self, *tenants: str) -> list[str]:
        """What lies outside of these tenants: foreign keys, and operations that no request may use."""
        allowed = (*(f"{each}#" for each in tenants), *REGISTRY)
        keys = [each for each in sorted(self.partitions()) if not each.startswith(allowed)]
        return keys + [each for each in self.operations if each not in READS | WRITES]


_preparing: ContextVar[bool] = ContextVar("preparing", default=False)


@contextmanager
def unwatched() -> Iterator[None]:
    """Prepare what a call needs: it is no part of the call that is watched."""
    before = _preparing.set(True)
    try:
        yield
    finally:
        _preparing.reset(before)


@contextmanager
def spying() -> Iterator[Spy]:
    """Watch all calls to AWS."""
    spy, original = Spy(), BaseClient._make_api_call  # noqa: SLF001 - the one place through which all clients go

    def watched(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if _preparing.get():
            return original(client, operation, parameters)
        call: tuple[str, dict[str, Any], dict[str, Any]] = (operation, parameters, {})
        (spy.noted if _is_note(parameters) else spy.calls).append(call)
        answer = original(client, operation, parameters)
        call[2].update(answer)
        return answer

    with patch.object(BaseClient, "_make_api_call", watched):
        yield spy


def _is_note(sent: dict[str, Any]) -> bool:
    """Whether a transaction only notes something for the audit."""
    items = [each.get("Put", {}).get("Item", {}) for each in sent.get("TransactItems", ())]
    kinds = {each.get("kind", {}).get("S") for each in items}
    timers = {each["name"]["S"] for each in items if each.get("kind", {}).get("S") == "due"}
    return bool(kinds & NOTES) and kinds <= NOTES | {"due"} and timers <= {"core.seal_audit"}


def _partitions(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _partitions(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if "pk" in value and isinstance(inner, dict) and str(inner.get("S", "")).startswith(LISTED):
                continue
            if _PARTITION.fullmatch(str(name)) and isinstance(inner, dict) and "S" in inner:
                # A timer stands in a partition of all tenants, and its sort key begins with its own.
                yield value["sk"]["S"] if inner["S"].startswith(DUE) else inner["S"]
            else:
                yield from _partitions(inner)
