"""What follows from a contact: what is counted of it. Pure."""

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Posting
from modules.contacts.people.records import Contact


def held(record: Contact, standing: Standing | None) -> Posting:
    """That the tenant holds the contact: counted for ever, by org unit and status and type."""
    _ = standing
    return Posting(record.unit_path or "", {"status": str(record.status), "type": str(record.type)})
