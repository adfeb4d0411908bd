"""How items are read: by their keys, and by the page from a partition or an index."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.store import keys
from chalicelib.store.connection import connection
from chalicelib.store.errors import CursorError, Raw, StoreUnavailableError
from chalicelib.store.keys import Key, PartitionKey, SortKey

BATCH_GET: Final = 100
# A throttled table gives a batch back in parts; AWS asks for a pause before the rest is asked for again.
FRUITLESS_READS: Final = 3
FIRST_PAUSE_S: Final = 0.02


def key_of(raw: Raw) -> Key:
    """The primary key of an item as read."""
    return keys.as_read(raw["pk"]["S"], raw["sk"]["S"])


def read_items(table: str, wanted: Sequence[Key], *, strongly: bool) -> dict[Key, Raw | None]:
    """The items at up to 100 keys in one round trip; what is not there is None.

    Raises StoreUnavailableError when a throttled table goes on answering without giving anything.
    """
    asked = [{"pk": {"S": str(key.pk)}, "sk": {"S": str(key.sk)}} for key in wanted]
    if len(asked) == 1:
        arguments = {"TableName": table, "Key": asked[0], "ConsistentRead": strongly}
        return {wanted[0]: connection().dispatch("GetItem", arguments).get("Item")}
    found: dict[Key, Raw | None] = dict.fromkeys(wanted)
    fruitless = 0
    while asked:
        request = {table: {"Keys": asked, "ConsistentRead": strongly}}
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        found.update({key_of(raw): raw for raw in answer["Responses"].get(table, [])})
        rest = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        fruitless = fruitless + 1 if len(rest) == len(asked) else 0
        if fruitless == FRUITLESS_READS:
            reason = "UnprocessedKeys"
            raise StoreUnavailableError(reason)
        if rest:
            time.sleep(random.uniform(0, FIRST_PAUSE_S * 2**fruitless))  # noqa: S311 - spreads readers, no secret
        asked = rest
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a partition, of the table or of an index, in the order of its sort keys."""

    pk: PartitionKey
    begins: SortKey | None = None
    between: tuple[SortKey, SortKey] | None = None
    index: str | None = None
    newest_first: bool = False

    def request(self, table: str, start: Mapping[str, Any] | None) -> dict[str, Any]:
        """The Query for it, behind ``start``.

        Raises CursorError when that is no position in this part: another caller's data scope has another index.
        """
        names = {"#p": f"{self.index or ''}pk", "#s": f"{self.index or ''}sk"}
        if start and not self._holds(start, names["#p"], names["#s"]):
            raise CursorError
        values: dict[str, Any] = {":p": {"S": str(self.pk)}}
        condition = "#p = :p"
        if self.begins is not None:
            condition += " AND begins_with(#s, :b)"
            values[":b"] = {"S": str(self.begins)}
        elif self.between is not None:
            condition += " AND #s BETWEEN :b AND :e"
            values |= {":b": {"S": str(self.between[0])}, ":e": {"S": str(self.between[1])}}
        else:
            del names["#s"]
        request: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not self.newest_first,
        }
        if self.index:
            request["IndexName"] = self.index
        if start:
            request["ExclusiveStartKey"] = start
        return request

    def _holds(self, position: Mapping[str, Any], pk_name: str, sk_name: str) -> bool:
        if position.keys() != {"pk", "sk", pk_name, sk_name} or position[pk_name] != {"S": str(self.pk)}:
            return False
        at = position[sk_name]["S"]
        low, high = self.between or ("", at)
        return bool(at.startswith(self.begins or "") and low <= at <= high)
