"""The shared half of a token bucket (chalicelib/access/limits.py): one item, moved by one conditional update."""

from typing import Any, Final, NamedTuple

from pynamodb.attributes import NumberAttribute

from chalicelib.modules import ByPartition, Kind
from chalicelib.store import keys
from chalicelib.store.connection import connection, table_name
from chalicelib.store.errors import ConditionFailedError, StoreBusyError
from chalicelib.store.records import Item

# A bucket that has been full for an hour says what one says that was never there.
RATE_LEASE: Final = Kind("rate_lease", ByPartition(), exported=False)
KEPT_S: Final = 3600
_MICRO: Final = 1_000_000
_TRIES: Final = 4


class RateLease(Item, discriminator="rate_lease"):
    """When a bucket will be full again, as all processes have told: microseconds since 1970."""

    full_at = NumberAttribute()


class Use(NamedTuple):
    """What a process has used of a bucket: so many seconds' worth, as if it had begun full and so is full ``until``.

    ``horizon`` is the furthest that a bucket's instant can be, ``heard`` what it was when the process told last.
    """

    seconds: float
    until: float
    horizon: float
    heard: float


def settle(tenant: str, owner: str, use: Use) -> float:
    """Move a bucket's instant by what was used; the instant as it is then, in seconds since 1970.

    A bucket that was full when the use began, or that some wrong clock has moved beyond the horizon, is full again at
    ``until``; any other is so much later. The two conditions exclude each other, so of two updates one does it, and
    what was heard last says which: one call as a rule.
    Not in a transaction: a repeat after a lost answer counts some tokens twice, which come back within the burst.
    Raises the store's errors.
    """
    key = keys.shelved(tenant, RATE_LEASE.name, owner)
    used, begin, furthest = (int(each * _MICRO) for each in (use.seconds, use.until - use.seconds, use.horizon))
    names = {"#f": "full_at", "#k": "kind", "#t": "ttl"}
    always = {":k": {"S": RATE_LEASE.name}, ":t": _number(int(use.horizon) + KEPT_S)}
    within = {":n": _number(begin), ":h": _number(furthest)}
    on = ("SET #f = #f + :u, #k = :k, #t = :t", "#f BETWEEN :n AND :h", {":u": _number(used)})
    anew = (
        "SET #f = :b, #k = :k, #t = :t",
        "attribute_not_exists(#f) OR #f < :n OR #f > :h",
        {":b": _number(begin + used)},
    )
    ways = (on, anew) if use.heard >= use.until - use.seconds else (anew, on)
    for attempt in range(_TRIES):
        update, condition, values = ways[attempt % 2]
        request: dict[str, Any] = {
            "TableName": table_name("core"),
            "Key": {"pk": {"S": str(key.pk)}, "sk": {"S": str(key.sk)}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": always | within | values,
            "ReturnValues": "UPDATED_NEW",
        }
        try:
            answer = connection().dispatch("UpdateItem", request)
        except ConditionFailedError:
            continue
        return int(answer["Attributes"]["full_at"]["N"]) / _MICRO
    reason = "a bucket that others move"
    raise StoreBusyError(reason)


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
