"""The faults that DynamoDB Local never gives by itself, as values; and the seeded decision which call each strikes.

Codes, messages and shapes are those of botocore's model of DynamoDB 2012-08-10 (documentation of
`TransactionCanceledException`, and `errors` of each operation).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Final, Literal

from tests.support.fault_wire import (
    BATCHES,
    DATA,
    SINGLE_WRITES,
    TRANSACTIONS,
    Answer,
    Body,
    Call,
    FaultProxyError,
    Refusal,
    known_operations,
)

_THROTTLED: Final = {
    "ThrottlingException": "Throughput exceeds the current capacity of your table or index.",
    "ProvisionedThroughputExceededException": "The level of configured provisioned throughput for the table was "
    "exceeded. Consider increasing your provisioning level with the UpdateTable API.",
    "RequestLimitExceeded": "Throughput exceeds the current throughput limit for your account.",
}
_FAILED: Final = {
    "InternalServerError": (500, "The request processing has failed because of an unknown error."),
    "ServiceUnavailable": (503, "The service is temporarily unavailable."),
    "TransactionInProgressException": (400, "The transaction with the given request token is already in progress."),
}


@dataclass
class Verdict:
    """What is to happen to one call. The first fault that settles it wins; delays add up.

    `replay`: it repeats a transaction whose token DynamoDB has committed, or still works on. DynamoDB answers that with
    success, or TransactionInProgressException (API reference, TransactWriteItems, `ClientRequestToken`): no fault may
    cancel it, or its caller would rightly start anew with another token and do it twice.
    """

    replay: bool = False
    delay: float = 0.0
    refusal: Refusal | None = None
    reset: bool = False
    lost: bool = False
    held_back: float = 0.0

    @property
    def settled(self) -> bool:
        """Tell whether a fault other than a delay has struck."""
        return self.reset or self.lost or self.refusal is not None or self.held_back > 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Which calls a fault strikes.

    Of the calls which `operations` (default: all that the kind can strike) and `where` admit, it strikes each
    `every`-th (default: each), of these the share `probability`, until it has struck `times` times.
    """

    probability: float = 1.0
    every: int | None = None
    times: int | None = None
    operations: str | Collection[str] = ()
    where: Callable[[Call], bool] | None = None

    usual: ClassVar[frozenset[str]] = DATA
    possible: ClassVar[frozenset[str] | None] = None

    def __post_init__(self) -> None:
        """Refuse a fault that could never strike, or that DynamoDB never gives."""
        if not 0.0 <= self.probability <= 1.0:
            message = f"probability is a share from 0 to 1, not {self.probability}"
            raise ValueError(message)
        for name, number in (("every", self.every), ("times", self.times)):
            if number is not None and number < 1:
                message = f"{name} counts from 1, not {number}"
                raise ValueError(message)
        impossible = self.named - self.possible if self.possible else frozenset()
        if impossible:
            message = f"{type(self).__name__} never happens to {', '.join(sorted(impossible))}"
            raise ValueError(message)

    @cached_property
    def named(self) -> frozenset[str]:
        """The operations it may strike."""
        return known_operations(self.operations) or self.usual

    def admits(self, call: Call) -> bool:
        """Tell whether the fault may strike this call at all."""
        return call.operation in self.named and (self.where is None or self.where(call))


@dataclass(frozen=True, kw_only=True)
class Conflict(Fault):
    """Another transaction holds an item: the SDK does not retry it.

    A transaction is cancelled with `TransactionConflict` among its reasons, at an item that the seed picks; a single
    write gets `TransactionConflictException`.
    """

    usual = TRANSACTIONS | SINGLE_WRITES
    possible = usual


@dataclass(frozen=True, kw_only=True)
class Throttle(Fault):
    """The table, the index or the account is over its throughput: the SDK retries it.

    With `as_reason`, transactions are cancelled for the reason `ThrottlingError` instead, which the SDK does not retry.
    """

    code: Literal["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] = (
        "ThrottlingException"
    )
    as_reason: bool = False

    def __post_init__(self) -> None:
        """Refuse an unknown code."""
        super().__post_init__()
        _one_of("code", self.code, _THROTTLED)


@dataclass(frozen=True, kw_only=True)
class Fail(Fault):
    """DynamoDB itself fails (500, 503), or still works on the first attempt of the same token."""

    code: Literal["InternalServerError", "ServiceUnavailable", "TransactionInProgressException"] = "InternalServerError"

    def __post_init__(self) -> None:
        """Refuse an unknown code."""
        super().__post_init__()
        _one_of("code", self.code, _FAILED)

    def admits(self, call: Call) -> bool:
        """Keep `TransactionInProgressException` to the one operation that has tokens."""
        fits = self.code != "TransactionInProgressException" or call.operation == "TransactWriteItems"
        return fits and super().admits(call)


@dataclass(frozen=True, kw_only=True)
class Reset(Fault):
    """The connection is reset before the call reaches DynamoDB: nothing is committed."""


@dataclass(frozen=True, kw_only=True)
class LostAnswer(Fault):
    """DynamoDB does the call, and the connection is reset before its answer (success or refusal) arrives."""


@dataclass(frozen=True, kw_only=True)
class Delay(Fault):
    """The call reaches DynamoDB `seconds` later."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Unprocessed(Fault):
    """A batch is done in part: its last `share` (never all of it) comes back as UnprocessedItems or UnprocessedKeys.

    A batch of one item is done: DynamoDB throttles a batch of which it can do nothing, see `Throttle`.
    """

    share: float = 0.5

    usual = BATCHES
    possible = usual

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        super().__post_init__()
        if not 0.0 < self.share <= 1.0:
            message = f"share is above 0 and at most 1, not {self.share}"
            raise ValueError(message)


def _cancels(fault: Fault) -> bool:
    return isinstance(fault, Conflict) or (isinstance(fault, Throttle) and fault.as_reason)


def _strike(fault: Fault, verdict: Verdict, call: Call, draw: float) -> None:
    """Write what the fault does into the verdict; `draw` in [0, 1) settles what else is left to chance."""
    in_transaction = call.operation in TRANSACTIONS
    match fault:
        case Conflict() if in_transaction:
            verdict.refusal = _cancelled(call, draw, "TransactionConflict", "Transaction is ongoing for the item")
        case Conflict():
            verdict.refusal = Refusal("TransactionConflictException", "Transaction is ongoing for the item")
        case Throttle(as_reason=True, code=code) if in_transaction:
            verdict.refusal = _cancelled(call, draw, "ThrottlingError", _THROTTLED[code])
        case Throttle(code=code):
            verdict.refusal = Refusal(code, _THROTTLED[code])
        case Fail(code=code):
            status, text = _FAILED[code]
            verdict.refusal = Refusal(code, text, status)
        case Reset():
            verdict.reset = True
        case LostAnswer():
            verdict.lost = True
        case Delay(seconds=seconds):
            verdict.delay += seconds
        case Unprocessed(share=share):
            verdict.held_back = share
        case _:
            message = f"the fault proxy does not know how {fault!r} strikes"
            raise FaultProxyError(message)


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        message = f"{name} is one of {', '.join(known)}, not {value!r}"
        raise ValueError(message)


def _cancelled(call: Call, draw: float, code: str, text: str) -> Refusal:
    """Cancel a transaction because of one of its items; reasons stand in the order of the items, the others `None`."""
    size = max(1, len(call.body.get("TransactItems", ())))
    struck = int(draw * size)
    reasons: list[Body] = [{"Code": "None"} for _ in range(size)]
    reasons[struck] = {"Code": code, "Message": text}
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refusal("TransactionCanceledException", message, fields={"CancellationReasons": reasons})


def split_batch(call: Call, share: float) -> tuple[Body, Body]:
    """Return the body of the batch to be forwarded, and the part of RequestItems that is held back."""
    rows = [
        (table, row)
        for table, wanted in call.body.get("RequestItems", {}).items()
        for row in (wanted["Keys"] if call.operation == "BatchGetItem" else wanted)
    ]
    kept = max(1, len(rows) - math.ceil(len(rows) * share))
    return {**call.body, "RequestItems": _grouped(call, rows[:kept])}, _grouped(call, rows[kept:])


def _grouped(call: Call, rows: list[tuple[str, Body]]) -> Body:
    grouped: Body = {}
    for table, row in rows:
        grouped.setdefault(table, []).append(row)
    if call.operation == "BatchGetItem":
        return {table: {**call.body["RequestItems"][table], "Keys": keys} for table, keys in grouped.items()}
    return grouped


def with_unprocessed(call: Call, answer: Answer, held: Body) -> Answer:
    """Add what was held back to what the engine itself left undone."""
    body = answer.json()
    name = "UnprocessedKeys" if call.operation == "BatchGetItem" else "UnprocessedItems"
    undone = body.setdefault(name, {})
    for table, rest in held.items():
        if table not in undone:
            undone[table] = rest
        elif call.operation == "BatchGetItem":
            undone[table]["Keys"] += rest["Keys"]
        else:
            undone[table] += rest
    return answer.with_body(body)


@dataclass
class Armed:
    """A fault at work: counts the calls it admits, so that its decisions depend on seed and number alone."""

    fault: Fault
    seed: str
    admitted: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def strike(self, verdict: Verdict, call: Call) -> bool:
        """Decide on one call; return whether the fault struck. Not thread-safe: the proxy holds a lock."""
        fault = self.fault
        if not fault.admits(call) or (verdict.replay and _cancels(fault)):
            return False
        self.admitted += 1
        if verdict.settled or (fault.times is not None and self.struck >= fault.times):
            return False
        if self.admitted % (fault.every or 1) or self._draw("strike") >= fault.probability:
            return False
        self.struck += 1
        _strike(fault, verdict, call, self._draw("detail"))
        return True

    def _draw(self, purpose: str) -> float:
        digest = hashlib.sha256(f"{self.seed}/{self.admitted}/{purpose}".encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48
