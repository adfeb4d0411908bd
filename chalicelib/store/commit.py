"""One transaction: its actions, how they are sent, and what a cancellation means."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pynamodb.expressions.condition import Condition

from chalicelib.store.connection import connection
from chalicelib.store.errors import (
    CancelledError,
    Raw,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
    TransactionTooLargeError,
    VersionConflictError,
)
from chalicelib.store.keys import Key

# AWS, TransactWriteItems: «up to 100 actions», «aggregate size of the items cannot exceed 4 MB».
MAX_ACTIONS: Final = 100
# An attempt older than 5 s takes new event ids (architecture.md, Events); one call can take up to 4 s (settings).
SAME_TOKEN_S: Final = 1.0
SAME_TOKEN_CALLS: Final = 6
MAX_BYTES: Final = 4 * 1024 * 1024 - 64 * 1024  # leaves room for expressions


def version_conflict(_: Raw | None) -> StoreError:
    """What a failed version check means."""
    return VersionConflictError("changed meanwhile")


@dataclass(slots=True)
class Action:
    """One put, delete, check or addition of a transaction. ``refused`` turns what stood there into an error.

    With ``add`` the item's other attributes are set and these numbers are added to what stands there: only ever in a
    transaction, whose token makes a repeated call count once (stack-facts 9).
    ``shared``: operations of one batch may each bring it for the same key; it is done once.
    ``table``: another than that of the transaction's own unit.
    """

    key: Key
    item: Raw | None = None
    condition: Condition | None = None
    refused: Callable[[Raw | None], StoreError] = version_conflict
    check_only: bool = False
    shared: bool = False
    table: str | None = None
    add: Mapping[str, int | Decimal] | None = None
    size: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Estimate the bytes that count against the transaction's limit."""
        self.size = len(str(self.item or self.key).encode())

    @property
    def place(self) -> tuple[str | None, Key]:
        """Table and key: no transaction takes two actions on one of them (AWS, TransactWriteItems)."""
        return self.table, self.key

    def request(self, table: str) -> dict[str, Any]:
        """The action as TransactWriteItems wants it, with a placeholder token for each name and value."""
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        body: dict[str, Any] = {"TableName": self.table or table}
        if self.add is not None:
            return {"Update": {**body, **self._addition(self.add)}}
        if self.condition is not None:
            body["ConditionExpression"] = self.condition.serialize(names, values)
            body["ExpressionAttributeNames"] = {token: name for name, token in names.items()}
            if values:
                body["ExpressionAttributeValues"] = values
            body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.item is not None:
            return {"Put": {**body, "Item": self.item}}
        body["Key"] = {"pk": {"S": str(self.key.pk)}, "sk": {"S": str(self.key.sk)}}
        return {"ConditionCheck": body} if self.check_only else {"Delete": body}

    def _addition(self, numbers: Mapping[str, int | Decimal]) -> dict[str, Any]:
        sets = {name: value for name, value in (self.item or {}).items() if name not in {"pk", "sk"}}
        adds = {name: {"N": str(number)} for name, number in numbers.items()}
        at = {name: place for place, name in enumerate([*sets, *adds])}
        parts = ", ".join(f"#a{at[name]} = :a{at[name]}" for name in sets)
        sums = ", ".join(f"#a{at[name]} :a{at[name]}" for name in adds)
        return {
            "Key": {"pk": {"S": str(self.key.pk)}, "sk": {"S": str(self.key.sk)}},
            "UpdateExpression": f"SET {parts} ADD {sums}",
            "ExpressionAttributeNames": {f"#a{place}": name for name, place in at.items()},
            "ExpressionAttributeValues": {f":a{at[name]}": value for name, value in {**sets, **adds}.items()},
        }


def fits(actions: Sequence[Action]) -> bool:
    """Whether the actions go into one transaction."""
    going = [each for each, goes in zip(actions, _sent(actions), strict=True) if goes]
    return len(going) <= MAX_ACTIONS and sum(each.size for each in going) <= MAX_BYTES


def _sent(actions: Sequence[Action]) -> list[bool]:
    """Which go: two operations of a batch may need the same parent, and a transaction takes one action per key.

    What is done to a record itself stands for all that only look at it.
    """
    own = {each.place for each in actions if not each.shared}
    before: set[tuple[str | None, Key]] = set()
    going = []
    for each in actions:
        going.append(not each.shared or (each.place not in own and each.place not in before))
        before.add(each.place)
    return going


@contextmanager
def told_if_refused(told: Iterable[Callable[[], None]]) -> Iterator[None]:
    """Tell these that a transaction is certainly not in; of one whose outcome is unknown nobody is told."""
    try:
        yield
    except StoreUnavailableError:
        raise
    except StoreError:
        for each in told:
            each()
        raise


def send(table: str, actions: Sequence[Action], token: str) -> None:
    """Commit all actions or none.

    ``token`` makes a repeated call count once for ten minutes (AWS, ClientRequestToken). Raises the error that
    the first refused action stands for, CancelledError never; StoreBusyError for a conflict that may pass.
    """
    if (cancelled := try_send(table, actions, token)) is not None:
        raise meaning(actions, cancelled.reasons) from cancelled


def try_send(table: str, actions: Sequence[Action], token: str) -> CancelledError | None:
    """Commit all actions or none; a cancellation is returned, for a batch that splits by its reasons.

    A lost answer is asked for again with the same token for as long as the event ids in the actions are young
    enough; so is «slow down», which the SDK may have heard on its repeat of a call that was committed and whose answer
    was lost: with another token it would be done twice. Raises TransactionTooLargeError and StoreUnavailableError
    (outcome unknown).
    """
    if not fits(actions):
        raise TransactionTooLargeError(len(actions))
    sent = _sent(actions)
    items = [each.request(table) for each, goes in zip(actions, sent, strict=True) if goes]
    started, calls = time.monotonic(), 0
    while True:
        calls += 1
        try:
            connection().dispatch("TransactWriteItems", {"TransactItems": items, "ClientRequestToken": token})
        except CancelledError as cancelled:
            given = iter(cancelled.reasons)
            cancelled.reasons = [next(given, None) if goes else None for goes in sent]
            return cancelled
        except (StoreUnavailableError, StoreBusyError) as error:
            if calls == SAME_TOKEN_CALLS or time.monotonic() - started > SAME_TOKEN_S:
                raise StoreUnavailableError(str(error), maybe_done=True) from error
        else:
            return None


def meaning(actions: Sequence[Action], reasons: Sequence[tuple[str, Raw | None] | None]) -> StoreError:
    """The error of the first action whose condition failed; else the conflict or throttle that may pass."""
    passing: StoreError = StoreBusyError("conflict")
    for action, reason in zip(actions, reasons, strict=False):
        if reason is None:
            continue
        code, item = reason
        if code == "ConditionalCheckFailed":
            return action.refused(item)
        if code not in {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}:
            passing = StoreError(code)
    return passing
