"""What a use case is told about the call that runs it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.access.crypto import Keyring
from chalicelib.access.links import LinkToken
from chalicelib.access.principal import Directory, Principal, Standing
from chalicelib.modules import Catalogue, Text
from chalicelib.problems import VersionMismatch
from chalicelib.store.doors import read_beside
from chalicelib.store.records import Record
from chalicelib.store.scope import Scope
from chalicelib.store.store import Store


class Contract(Protocol):
    """The API's own description (chalicelib/web/contract.py)."""

    @property
    def server_url(self) -> str:
        """Where the API is reached from outside, without ``/v1``."""
        ...

    def document(self, standing: Standing | None, added: tuple[Any, ...] = ()) -> tuple[str, str]:
        """The OpenAPI document as JSON text, and its ETag: what the tenant has enabled; everything for None.

        ``added`` is what the tenant has added itself (chalicelib/web/additions.py).
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """Principal, tenant, entitlements, locale, request id and clock, and the door to the data.

    ``standing`` is absent for platform operators and public routes. ``if_match`` is the version of an If-Match
    header; ``link`` what a signed link carries; ``contract`` is for the routes that show the API itself.
    """

    principal: Principal
    store: Store
    catalogue: Catalogue
    keyring: Keyring
    request_id: str
    locale: str
    now: datetime
    directory: Directory
    standing: Standing | None = None
    if_match: int | None = None
    link: LinkToken | None = None
    headers: dict[str, str] = field(default_factory=dict)
    contract: Contract | None = None

    @property
    def tenant_id(self) -> str:
        """The caller's tenant; PLATFORM for operators."""
        return self.store.boundary

    @property
    def tenant(self) -> Standing:
        """The tenant's settings and entitlements; only for calls of a tenant's principal."""
        if self.standing is None:
            message = "this route has no tenant"
            raise TypeError(message)
        return self.standing

    def may(self, permission: str) -> bool:
        """Whether the caller holds the permission."""
        return self.principal.may(permission)

    def scope(self, permission: str) -> Scope:
        """What the caller reaches with the permission."""
        return self.principal.scope(permission)

    def check_version(self, record: Record, touched: dict[str, Any]) -> None:
        """Refuse a change of a record that has moved on since the caller read it.

        ``touched`` are the current values of the fields that the request wants to change, as this caller may see
        them (web/render.py, ``document_of``). Raises VersionMismatch.
        """
        if self.if_match is None or self.if_match == int(record.version):
            return
        text = Text(
            f"Version {self.if_match} was expected, the record is at {int(record.version)}: read it again and decide.",
            f"期望版本 {self.if_match}，当前版本 {int(record.version)}：请重新读取后再决定。",
        )
        raise VersionMismatch(text, current_version=int(record.version), current=touched)

    def reading(self, module: str, permission: str) -> Store:
        """A door to what a required module lets others read, in what the caller reaches with one of its permissions.

        Raises BoundaryError for a module that the route's own does not require.
        """
        return replace(read_beside(self.catalogue, self.store, module), scope=self.scope(permission))

    def note(self, action: str, record: str = "", **detail: str | int) -> None:
        """Tell the audit what leaves no event: that somebody saw what he could not have searched for.

        Written at once and by itself; nothing personal may stand in it. Raises the store's errors: what is not noted is
        not to be shown either.
        """
        from chalicelib.audit.notes import write  # noqa: PLC0415 - seldom

        write(self.store, action, record, detail)

    def with_store(self, store: Store) -> "Call":
        """The same call with a fresh store (a repeated attempt, one operation of a batch)."""
        return replace(self, store=store)
