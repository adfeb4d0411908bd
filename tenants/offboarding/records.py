"""How a tenant leaves, as the platform keeps it; what the certificate of the erasure says, in the end."""

from enum import StrEnum
from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from tenants.kinds import OFFBOARDING


class ExportState(StrEnum):
    """Whether the tenant can take its data along."""

    NONE = "none"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    ERASED = "erased"


class Offboarding(Record, discriminator="offboarding"):
    """One tenant's leaving. It stands under the platform's keys, and outlives the tenant.

    ``born`` is when the tenant was made. ``export``, when it is ready: {made_at, rows, manifest_sha256, files: [{name,
    unit, kind, rows, bytes, sha256}]}. ``counted`` is what an erasure that has failed had deleted by then.
    ``certificate``, ``signature`` and ``public_key`` are the erasure's (tenants/erasure/rules.py).
    """

    KIND: ClassVar[Kind] = OFFBOARDING

    tenant_id = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    born = UTCDateTimeAttribute()
    erase_after = UTCDateTimeAttribute()
    export_state = UnicodeAttribute()
    export = JsonAttribute(null=True)
    export_job = UnicodeAttribute(null=True)
    begun_at = UTCDateTimeAttribute(null=True)
    erase_job = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    counted = JsonAttribute(null=True)
    certificate = JsonAttribute(null=True)
    signature = UnicodeAttribute(null=True)
    public_key = UnicodeAttribute(null=True)
