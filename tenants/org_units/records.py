"""The org unit as it is stored."""

from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute

from chalicelib.modules import Kind
from chalicelib.store.records import Record
from tenants.manifest import ORG_UNIT


class OrgUnit(Record, discriminator="org_unit"):
    """A node of the tree; data scopes judge it by its own path, so a manager sees the units below."""

    KIND: ClassVar[Kind] = ORG_UNIT

    name = UnicodeAttribute()
    parent_id = UnicodeAttribute(null=True)
    path = UnicodeAttribute()

    def org_unit(self) -> str | None:
        """Its own path."""
        return str(self.path)
