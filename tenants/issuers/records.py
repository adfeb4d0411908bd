"""Issuers as they are stored; the gate reads their entry in the platform's registry (tenants/directory.py)."""

from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store.records import Record
from tenants.kinds import ISSUER


class RegisteredIssuer(Record, discriminator="issuer"):
    """Somebody whose access tokens speak for people of this tenant, and of no other."""

    KIND: ClassVar[Kind] = ISSUER

    url = UnicodeAttribute()
    jwks_url = UnicodeAttribute()
    type = UnicodeAttribute()
    audience = UnicodeAttribute()
