"""Idempotency keys: the stored answer is part of the write's own transaction (api.md, Writing).

The answer is sealed under a key derived from the caller's own Idempotency-Key, of which only a hash is stored: an
answer that shows a secret once (an API key, an invitation) is no plain secret in the table.
Only answers of what was done are kept: a refused request changed nothing and may be sent again.
"""

import hashlib
import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.access.crypto import Keyring
from chalicelib.modules import Text
from chalicelib.problems import IdempotencyInProgress, IdempotencyMismatch, StateConflict
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import AnswerExistsError, Raw, StoreError
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, StoredAnswer
from chalicelib.store.store import Store
from chalicelib.web.render import Response

WINDOW: Final = timedelta(hours=24)
ANYBODY: Final = frozenset({"*"})
"""Of an answer that may tell of anybody."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """One use of an Idempotency-Key by one principal on one route, with the digest of what was sent."""

    key: str
    place: Key
    body_digest: str
    keyring: Keyring

    @classmethod
    def of(cls, keyring: Keyring, tenant: str, principal: str, route: str, key: str, body: bytes) -> "Idempotency":
        """Keys are per tenant, principal and route; the body's digest tells a repeat from a misuse."""
        digest = hashlib.sha256(json.dumps([principal, route, key]).encode()).hexdigest()
        return cls(key, keys.idempotency(tenant, digest), hashlib.sha256(body).hexdigest(), keyring)

    def keep(self, response: Response, now: datetime, about: Collection[str] = ()) -> Action:
        """The action that stores the answer, refused when there is one already.

        ``about``: the persons whom it may tell of.
        """
        document = json.dumps([response.status, response.body, response.headers, response.content_type])
        # Packed: a thousand signed URLs are a megabyte, an item holds 400 KB, and they differ in a few characters.
        packed = zlib.compress(document.encode(), zlib.Z_BEST_SPEED)
        sealed = self.keyring.fernet("idempotency", self.key).encrypt(packed).decode()
        return self._put(now, sealed=sealed, about=sorted(about) or None)

    def lease(self, now: datetime, seconds: int) -> Action:
        """The action that reserves the key for a batch, refused while another holds it or has answered."""
        action = self._put(now, lease_until=now + timedelta(seconds=seconds))
        lapsed = StoredAnswer.sealed.does_not_exist() & (StoredAnswer.lease_until < now)
        same = StoredAnswer.body_digest == self.body_digest
        action.condition = action.condition | (lapsed & same)
        return action

    def lapse(self, now: datetime) -> Action:
        """The action that ends our own lease at once."""
        return self._put(now, lease_until=now - timedelta(seconds=1))

    def _put(self, now: datetime, **content: Any) -> Action:
        item = StoredAnswer(body_digest=self.body_digest, ttl=int((now + WINDOW).timestamp()), **content)
        # TTL deletes late (up to days): an answer past its window counts as gone.
        free = Item.pk.does_not_exist() | (Item.ttl < int(now.timestamp()))
        return Action(self.place, item.put_at(self.place).raw(), free, _exists)

    def replay(self, stored: Raw) -> Response:
        """The first answer again; raises IdempotencyMismatch for another body, IdempotencyInProgress for a lease."""
        if stored["body_digest"]["S"] != self.body_digest:
            raise IdempotencyMismatch
        if "erased" in stored:
            raise StateConflict(
                Text(
                    "This was done; its answer has been erased with a person.", "该请求已执行，其应答已随个人信息删除。"
                )
            )
        if "sealed" not in stored:
            raise IdempotencyInProgress(headers={"Retry-After": "5"})
        document = self.keyring.fernet("idempotency", self.key).decrypt(stored["sealed"]["S"])
        status, body, headers, content_type = json.loads(zlib.decompress(document))
        return Response(status, body, {**headers, "Idempotency-Replayed": "true"}, content_type)

    def find(self, store: Store, now: datetime) -> Response | None:
        """The stored answer, if there is a live one."""
        raw = store.fetch([self.place])[self.place]
        return self.replay(raw) if raw and int(raw["ttl"]["N"]) >= int(now.timestamp()) else None


def _exists(stood: Raw | None) -> StoreError:
    return AnswerExistsError(stood or {})
