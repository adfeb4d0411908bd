"""What follows from a line: what is counted of it. Pure."""

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Posting
from modules.contacts.lines.records import Line


def held(record: Line, standing: Standing | None) -> Posting:
    """That the tenant holds the line: counted for ever, by org unit and status."""
    _ = standing
    return Posting(record.unit_path or "", {"status": str(record.status)})
