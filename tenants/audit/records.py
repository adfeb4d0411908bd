"""Sealed chunks, the end of their chain, and what finds the chunks of an actor, a record or an action."""

from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.files.paths import ObjectPath, object_path
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from tenants.kinds import AUDIT_CHUNK, AUDIT_HEAD

AREA: Final = "audit"
PREFIX: Final = "auc"


class AuditChunk(Item, discriminator="audit_chunk"):
    """A chunk's seal and signature; its entries stand in a file (``path_of``). ``size`` is the file's, in bytes."""

    number = NumberAttribute()
    end = UnicodeAttribute()
    seal: Any = JsonAttribute()
    signature = UnicodeAttribute()
    digest = UnicodeAttribute()
    size = NumberAttribute()

    @staticmethod
    def key_of(tenant: str, end: str) -> Key:
        """All chunks of a tenant stand in one partition, by where they end."""
        return keys.shelved(tenant, AUDIT_CHUNK.name, end)


class AuditHead(Item, discriminator="audit_head"):
    """The last chunk of a tenant's chain: what is behind ``end`` is not sealed yet."""

    number = NumberAttribute()
    end = UnicodeAttribute()
    digest = UnicodeAttribute()

    @staticmethod
    def key_of(tenant: str) -> Key:
        """One for each tenant."""
        return keys.shelved(tenant, AUDIT_HEAD.name, "head")


class AuditMention(Item, discriminator="audit_index"):
    """A chunk has entries of somebody, of a record or of an action; all of it stands in the key (store/keys.py)."""


def path_of(tenant: str, end: str) -> ObjectPath:
    """Where a chunk's entries stand."""
    return object_path(tenant, AREA, end, "entries.jsonl.gz")
