"""Writing what follows from something else, so that late, repeated and shuffled events do no harm.

Each write is conditional on the source's version being younger than what stands there. Two forms:

* ``project``: a set of items at any keys, noted in a head beside their source (search tokens, timeline entries);
* ``put_in_place``: one item that carries its source's version itself (badges); its end is a tombstone there.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from chalicelib.changes.records import REMEMBERED, Head
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key, as_read
from chalicelib.store.records import Item
from chalicelib.store.store import Store

DIGEST_CHARACTERS: Final = 12


def project(store: Store, head_at: Key, version: int, items: Iterable[Item], *, afresh: bool = False) -> bool:
    """Stage what a source of that version puts elsewhere, and the end of what it no longer does.

    False, and nothing staged, when as much is known already; ``afresh`` writes it all again (a rebuild).
    """
    head = store.get_item(Head, head_at)
    known = int(head.source_version) if head else None
    if known is not None and (known > version or (known == version and not afresh)):
        return False
    before = {as_read(*place): digest for *place, digest in head.places} if head else {}
    wanted = {item.stands_at(): item for item in items}
    digests = {key: _digest(item) for key, item in wanted.items()}
    for key, item in wanted.items():
        if afresh or before.get(key) != digests[key]:
            store.put(item)
    for key in before.keys() - wanted.keys():
        store.remove(key)
    after = Head(source_version=version, places=sorted([*map(str, key), digest] for key, digest in digests.items()))
    if not wanted:
        # Nothing stands anywhere: what is left is the tombstone, for as long as an older event can still come.
        after.ttl = int((store.clock() + REMEMBERED).timestamp())
    unchanged = Head.source_version == known if head else Item.pk.does_not_exist()
    store.put(after.put_at(head_at), Action(head_at, condition=unchanged))
    return True


def put_in_place(store: Store, item: Item, version: int, *, gone: bool = False) -> bool:
    """Stage an item that stands at a fixed key and names its source's version in ``source_version``.

    ``gone``: it is withdrawn; the item then says so in ``gone`` and leaves with its TTL. False when as much is known.
    """
    at = item.stands_at()
    found = store.get_item(type(item), at)
    known: int | None = int(_attribute(found, "source_version")) if found else None
    if known is not None and known >= version:
        return False
    _set(item, "source_version", version)
    if gone:
        _set(item, "gone", value=True)
        item.ttl = int((store.clock() + REMEMBERED).timestamp())
    unchanged = _attribute(type(item), "source_version") == known if found else Item.pk.does_not_exist()
    store.put(item, Action(at, condition=unchanged))
    return True


def _attribute(of: Any, name: str) -> Any:
    return getattr(of, name)


def _set(item: Item, name: str, value: object) -> None:
    setattr(item, name, value)


def _digest(item: Item) -> str:
    return hashlib.sha256(repr(sorted(item.raw().items())).encode()).hexdigest()[:DIGEST_CHARACTERS]
