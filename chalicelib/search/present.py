"""Postings lag behind their records by seconds: whether what one says is still so. Pure."""

from collections.abc import Sequence

from chalicelib.search.asked import Word, finds
from chalicelib.search.records import Posting
from chalicelib.search.tokens import Tokens, tokens_of
from chalicelib.store.records import Item, Record


def still_finds(words: Sequence[Word], record: Record, posting: Posting, source: Item | None) -> bool:
    """Whether ``record`` and the posting's source, as they are now, still have all the words."""
    own, said = record.found_by(), source.found_by() if isinstance(source, Record) else None
    if own is None or said is None or (said.kind, said.record) != (own.kind, own.record):
        return False
    unchanged = said.fingerprint() == posting.fingerprint
    if unchanged and said == own:
        return True
    # The dictionary of pinyin is worth its import only when the words are not found without it.
    for spoken in (False, True):
        now = posting.tokens() if unchanged else tokens_of(said, spoken=spoken)
        if finds(words, _together(now, tokens_of(own, spoken=spoken))):
            return True
    return False


def _together(one: Tokens, other: Tokens) -> Tokens:
    return Tokens(one.words + other.words, one.numbers + other.numbers)
