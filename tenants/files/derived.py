"""What follows from a file: what is counted of it. Pure."""

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Posting
from chalicelib.files.records import File


def held(record: File, standing: Standing | None) -> Posting:
    """That the tenant holds the file, and how many bytes: the declared ones until it is whole."""
    _ = standing
    return Posting("", measures={"bytes": int(record.size)})
