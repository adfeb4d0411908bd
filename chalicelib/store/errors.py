"""What the store can say no with. The web layer turns each into a problem; handlers and jobs retry or give up."""

from typing import Any

Raw = dict[str, dict[str, Any]]


class StoreError(Exception):
    """Base of all of the store's errors."""


class StoreUnavailableError(StoreError):
    """The store did not answer in time or was not reached. ``maybe_done``: the write may have happened."""

    def __init__(self, reason: str, *, maybe_done: bool = False) -> None:
        super().__init__(reason)
        self.maybe_done = maybe_done


class StoreBusyError(StoreError):
    """Throttled or in conflict for longer than we are willing to retry."""


class CancelledError(StoreError):
    """A transaction was cancelled; ``reasons`` are (code, item as it was) per action, None where it was no reason."""

    def __init__(self, reasons: list[tuple[str, Raw | None] | None]) -> None:
        super().__init__("transaction cancelled")
        self.reasons = reasons


class ConditionFailedError(StoreError):
    """The condition of a single update did not hold."""


class VersionConflictError(StoreError):
    """Somebody else changed the record between our read and our write: run the use case again."""


class ClaimTakenError(StoreError):
    """A value that must be unique belongs to another record already."""

    def __init__(self, name: str, value: str, owner: str) -> None:
        super().__init__(f"{name} is taken")
        self.name = name
        self.value = value
        self.owner = owner


class AnswerExistsError(StoreError):
    """This idempotency key has been used: ``stored`` is the item that holds the answer, or the lease on it."""

    def __init__(self, stored: Raw) -> None:
        super().__init__("idempotency key used")
        self.stored = stored


class BoundaryError(StoreError):
    """A key outside the caller's tenant was about to be touched. Always a bug, never the caller's fault."""


class TransactionTooLargeError(StoreError):
    """More actions than one transaction takes (100 items, 4 MB: AWS, TransactWriteItems)."""


class RecordTooLargeError(StoreError):
    """A record over 64 KB (architecture.md, Data)."""


class CursorError(StoreError):
    """A cursor that is forged, foreign, stale or of another query. Nothing has been read."""
