"""The audit on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.web.wire import Shown

Value = str | int | float | bool | None


class ChangeOut(Shown):
    """One field's change: both values, or why they are not shown."""

    field: str
    old: Value
    new: Value
    withheld: Literal["permission", "erased", "not_kept"] | None = Field(
        description="permission: you may not see such values; erased: the person that they belonged to was erased; "
        "not_kept: only that the field changed was kept"
    )


class AuditEntryOut(Shown):
    """Something that somebody did: a change of a record, a sign-in, a denial, a look at what can't be searched for."""

    id: str
    time: datetime
    action: str = Field(examples=["contact.updated", "sign_in", "denied"])
    actor: str
    record: str | None
    version: int | None = Field(description="of the record, after the change")
    unit: str
    origin: str = Field(description="the request or job that did it")
    source: str | None = Field(description="the caller's IP address")
    changes: list[ChangeOut]
    detail: dict[str, str | int] = Field(description="of what is no change: code, operation, count")


class SealOut(Shown):
    """What a chunk's signature is over: its canonical JSON, sorted names without space, in UTF-8."""

    format: int
    tenant: str
    number: int
    after: str
    end: str
    count: int
    sha256: str
    previous: str
    sealed_at: str
    public_key: str


class ChunkOut(Shown):
    """A sealed chunk: entries behind ``seal.after`` up to ``seal.end``."""

    id: str
    number: int
    digest: str = Field(description="SHA-256 of the seal, which the next seal names as `previous`")
    seal: SealOut
    signature: str = Field(description="Ed25519, base64")
    size: int = Field(description="bytes of the packed entries")


class ChunkShown(ChunkOut):
    """A chunk, and where its entries can be had for some minutes."""

    download_url: str


class AuditKeyOut(Shown):
    """A public key that this deployment signs seals with, raw, base64: the first is the present one."""

    public_key: str
