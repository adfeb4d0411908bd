"""Subject exports as stored."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store.records import Record
from modules.contacts.kinds import SUBJECT_EXPORT_KIND


class SubjectExport(Record, discriminator="subject_export"):
    """What was asked for of one contact; its job says how it is, the file holds what came of it."""

    KIND = SUBJECT_EXPORT_KIND

    contact_id = UnicodeAttribute()
    owner_id = UnicodeAttribute()
    job_id = UnicodeAttribute()
    file_id = UnicodeAttribute(null=True)
    rows = NumberAttribute(null=True)
    sha256 = UnicodeAttribute(null=True)

    def state(self) -> str:
        """Listed by the contact, so that its erasure finds the files."""
        return str(self.contact_id)

    def about(self) -> frozenset[str]:
        """The person."""
        return frozenset({str(self.contact_id)})
