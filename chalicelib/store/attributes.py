"""Attribute types that PynamoDB does not bring."""

import json
from typing import Any

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.constants import STRING

from chalicelib.store.keys import PartitionKey, SortKey


class KeyAttribute(UnicodeAttribute):
    """A key that only store/keys.py can have spelled."""

    def serialize(self, value: Any) -> str:
        """The key as stored; raises TypeError for a plain string, which would be a key spelled elsewhere."""
        if not isinstance(value, PartitionKey | SortKey):
            message = "a key must come from chalicelib.store.keys"
            raise TypeError(message)
        return str(value)

    def deserialize(self, value: str) -> PartitionKey | SortKey:
        """The key as read: spelled by store/keys.py when it was stored."""
        return PartitionKey(value) if str(self.attr_name).endswith("pk") else SortKey(value)


class JsonAttribute(Attribute[Any]):
    """A list or mapping in the record, as compact JSON with sorted keys, so that equal values are stored alike.

    PynamoDB's DynamicMapAttribute corrupts on read-modify-write (stack-facts 7) and its JSONAttribute does not
    sort keys, which would make an unchanged value look changed.
    """

    attr_type = STRING

    def serialize(self, value: Any) -> str | None:
        """The JSON text, or None for an absent value."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def deserialize(self, value: str) -> Any:
        """The value that was stored."""
        return json.loads(value)
