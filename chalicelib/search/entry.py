"""What a record says that it is found by."""

import hashlib
from dataclasses import astuple, dataclass
from typing import Final

FINGERPRINT_CHARACTERS: Final = 12
A_PERSON, AN_ORGANISATION = 12, 30
"""How many tokens there are at most (quality.md, Budgets)."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written; ``family`` is the family name at its beginning, where that is known."""

    text: str
    family: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The words by which one record, or the one that it belongs to, is found.

    ``kind`` and ``record`` are what a search answers (a line's number finds its contact). ``numbers`` are answered
    only to callers who may read what is sensitive; all others are.
    """

    kind: str
    record: str
    names: tuple[Name, ...] = ()
    numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    person: bool = True

    @property
    def most(self) -> int:
        """How many tokens the entry may have."""
        return A_PERSON if self.person else AN_ORGANISATION

    def fingerprint(self) -> str:
        """Tells whether two entries say the same."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:FINGERPRINT_CHARACTERS]
