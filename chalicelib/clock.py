"""Time and ids: the two things that a pure rule must be given and an edge must take."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

Clock = Callable[[], datetime]

ULID_LENGTH: Final = 26
LAST_MILLISECOND: Final = 2**48 - 1  # a ULID begins with 48 bits of Unix time (its spec, «Binary Layout»)


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id(prefix: str, at: datetime | None = None) -> str:
    """A short type prefix and a ULID: sortable by creation, safe in a URL, readable in a log (api.md, Shape)."""
    return f"{prefix}_{ULID.from_datetime(at) if at else ULID()}"


def first_id_at(prefix: str, at: datetime, seconds: int = 0) -> str:
    """The smallest id that a record created ``seconds`` after ``at`` can have: a bound for ranges over creation time.

    Instants before 1970 and after what 48 bits of milliseconds hold give the first and the last bound.
    """
    return f"{prefix}_{first_ulid_at(at, seconds)}"


def first_ulid_at(at: datetime, seconds: int = 0) -> str:
    """The smallest ULID that can be taken ``seconds`` after ``at``."""
    milliseconds = min(max(int((at.timestamp() + seconds) * 1000), 0), LAST_MILLISECOND)
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + bytes(10)))


def id_after(previous: str | None, at: datetime) -> str:
    """A ULID taken at ``at``, made greater than ``previous`` so that one subject's order holds across machines."""
    fresh = ULID.from_datetime(at)
    if previous and str(fresh) <= previous:
        return str(ULID.from_int(int(ULID.from_str(previous)) + 1))
    return str(fresh)


def is_ulid(text: str) -> bool:
    """Whether the text is a ULID as we write it (26 capital Crockford characters)."""
    return len(text) == ULID_LENGTH and text.isalnum() and text.isupper()


def instant_of(ulid: str) -> datetime:
    """The instant that a ULID begins with, in UTC, to the millisecond."""
    return ULID.from_str(ulid).datetime.astimezone(UTC)


def read_instant(text: str) -> datetime:
    """An RFC 3339 time with its zone, in UTC: what filters parse times by. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)


def json_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, as pydantic writes it elsewhere (api.md, Shape)."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
