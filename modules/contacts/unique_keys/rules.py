"""Which of a contact's values it is to hold as unique keys. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final

KEYS: Final[Mapping[str, str]] = {"email": "emails", "phone": "phones"}
"""The look-ups that a tenant can make unique, and the attributes that they come from."""


def held_after(
    unique: Collection[str], held: Collection[str] | None, before: Mapping[str, Any] | None, now: Mapping[str, Any]
) -> list[str] | None:
    """Which look-ups a contact holds as keys when it is written; ``before`` is None for a new one.

    One that shares a value since before the tenant's choice holds none until that value changes: an edit of something
    else must not be refused for it.
    """
    found = []
    for key, attribute in KEYS.items():
        changed = before is None or before.get(attribute) != now.get(attribute)
        if key in unique and (changed or key in (held or ())):
            found.append(key)
    return found or None
