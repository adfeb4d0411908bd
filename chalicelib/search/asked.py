"""From a query's text to words: what of the index to read for each, and a test of a record's tokens. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.search import words as w
from chalicelib.search.pinyin import mixed
from chalicelib.search.tokens import Tokens

MOST_WORDS: Final = 8
FEWEST_DIGITS: Final = 3
"""Fewer last digits than these are no search for a number."""
_A_WHOLE_NUMBER: Final = 7
"""From so many digits on a zero at the beginning is a trunk or exit prefix (011…, 0171…), which E.164 has not."""


class TokenClass(StrEnum):
    """The two classes of tokens, each with partitions of its own."""

    WORD = "word"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens of a class that begin with ``prefix``, from ``start`` on; a match is none without ``also``.

    ``also`` is how the syllables go on behind the initials of a mixed word.
    """

    token_class: TokenClass
    prefix: str
    also: str = ""

    @property
    def start(self) -> str:
        """Where reading begins: initials alone come before longer ones, and in the order of their syllables."""
        return f"{self.prefix} {self.also}" if self.also else self.prefix

    def covers(self, token: str) -> bool:
        """Whether reading this part comes upon the token."""
        return token.startswith(self.prefix) and token >= self.start

    def matches(self, token: str) -> bool:
        """Whether the token is what is asked for."""
        return token.startswith(self.prefix) and (not self.also or token.partition(" ")[2].startswith(self.also))

    def is_whole(self, token: str) -> bool:
        """Whether the token is just that and no more."""
        return not self.also and token.partition(" ")[0] == self.prefix

    def of(self, tokens: Tokens) -> tuple[str, ...]:
        """The record's tokens of this part's class."""
        return tokens.words if self.token_class is TokenClass.WORD else tokens.numbers


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query: found where any of its parts matches, or all of the words that it is made of."""

    parts: tuple[Part, ...]
    made_of: tuple["Word", ...] = ()

    def holds(self, tokens: Tokens) -> bool:
        """Whether a record with these tokens has the word."""
        if any(part.matches(token) for part in self.parts for token in part.of(tokens)):
            return True
        return bool(self.made_of) and all(word.holds(tokens) for word in self.made_of)

    def is_whole(self, tokens: Tokens) -> bool:
        """Whether one of the record's words is just this word."""
        if any(part.is_whole(token) for part in self.parts for token in part.of(tokens)):
            return True
        return bool(self.made_of) and all(word.is_whole(tokens) for word in self.made_of)

    def reads(self) -> tuple[Part, ...]:
        """What is read to find all records that may have the word."""
        return self.parts + (max(self.made_of, key=weight).reads() if self.made_of else ())


def weight(word: Word) -> tuple[bool, int]:
    """How few records a word is likely to have: those with digits first, then the longest.

    What stands beside a record (a line) is found by its numbers alone, and knows nothing of the record's names: so
    they must be what is read. Length is in bytes: a Chinese character says as much as three letters.
    """
    numeric = any(
        len(part.prefix) >= FEWEST_DIGITS and any(each.isdecimal() for each in part.prefix) for part in word.parts
    )
    lengths = [len(part.prefix.encode()) for part in word.parts]
    return numeric, max([*lengths, *(weight(each)[1] for each in word.made_of)])


def asked(text: str, *, may_read_sensitive: bool) -> list[Word]:
    """The words of a query, that which is read first; none when the text has no word.

    Without ``may_read_sensitive`` no word has a part that reads numbers, so a number finds none.
    """
    found = []
    for number, chunks in w.groups(text):
        if number:
            found.append(_number(number, may_read_sensitive=may_read_sensitive))
        else:
            found += [word for chunk in chunks if (word := _word(chunk))]
    return sorted(found, key=weight, reverse=True)[:MOST_WORDS]


def _number(digits: str, *, may_read_sensitive: bool) -> Word:
    as_word = Part(TokenClass.WORD, digits)
    if not may_read_sensitive or len(digits) < FEWEST_DIGITS:
        return Word((as_word,))
    last = digits.lstrip("0") if len(digits) >= _A_WHOLE_NUMBER else digits
    return Word((Part(TokenClass.NUMBER, last[::-1]), as_word)) if last else Word((as_word,))


def _word(chunk: str) -> Word | None:
    if (address := w.address(chunk)) and "@" in chunk:
        return Word((Part(TokenClass.WORD, address),))
    single = [Word(tuple(_parts(run))) for run in w.runs(chunk)]
    if len(single) <= 1:
        return single[0] if single else None
    return Word((Part(TokenClass.WORD, w.joined(chunk)),), made_of=tuple(single[:MOST_WORDS]))


def _parts(run: str) -> Iterator[Part]:
    yield Part(TokenClass.WORD, run)
    if (typed := mixed(run)) is not None:
        yield Part(TokenClass.WORD, typed.initials, also=typed.syllables)


def finds(words: Sequence[Word], tokens: Tokens) -> bool:
    """Whether a record with these tokens has all words."""
    return all(word.holds(tokens) for word in words)
