"""Which tokens an entry has, and which of them go first when there are more than its budget. Pure.

| asked | token | read by |
|---|---|---|
| any part of a Chinese name | every suffix: 张三丰, 三丰, 丰 | begins with |
| pinyin | zhangsanfeng; of the given name sanfeng | begins with |
| initials, and syllables with initials | ``zsf zhangsanfeng``; ``sf sanfeng`` | zsf; from ``zsf zhang`` on |
| a Latin word, an e-mail address, an id | itself | begins with |
| last digits | the number reversed | the digits reversed, begins with |
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chalicelib.search import words as w
from chalicelib.search.entry import A_PERSON, Entry
from chalicelib.search.pinyin import Reading, readings

NAMES_FIRST: Final = A_PERSON - 3
"""So many tokens of names go before the first number, id and address, which would else find no place."""


class Rank(IntEnum):
    """What goes first."""

    NAME = 0
    FIRST_NUMBER = 1  # and first id, first e-mail address
    SUFFIX = 2
    GIVEN_NAME = 3
    FURTHER_NUMBER = 4
    OTHER_READING = 5
    LONG_NAME = 6


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of an entry within its budget; numbers, reversed, are apart since not everybody may ask for them."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Ranked:
    rank: Rank
    place: int
    token: str
    number: bool


_LAST: Final = _Ranked(Rank.LONG_NAME, sys.maxsize, "", number=False)


def tokens_of(entry: Entry, *, spoken: bool = True) -> Tokens:
    """The entry's tokens; without ``spoken`` those of pinyin are left out, and its dictionary is not needed."""
    found: dict[tuple[str, bool], _Ranked] = {}
    named = [(rank, token, False) for rank, token in _of_names(entry, spoken=spoken)]
    for place, (rank, token, number) in enumerate([*named, *_of_numbers(entry)]):
        each = _Ranked(rank, place, token, number)
        if token and each < found.get((token, number), _LAST):
            found[token, number] = each
    kept = sorted(found.values())[: entry.most]
    return Tokens(
        words=tuple(each.token for each in kept if not each.number),
        numbers=tuple(each.token for each in kept if each.number),
    )


def _of_numbers(entry: Entry) -> Iterator[tuple[Rank, str, bool]]:
    numbers = [w.digits(each)[::-1] for each in entry.numbers]
    ids = [w.joined("".join(w.folded(each).split())) for each in entry.ids]
    emails = [w.address(w.folded(each)) for each in entry.emails]
    for group, number in ((numbers, True), (ids, False), (emails, False)):
        for position, each in enumerate(group):
            yield (Rank.FURTHER_NUMBER if position else Rank.FIRST_NUMBER), each, number


def _of_names(entry: Entry, *, spoken: bool) -> Iterator[tuple[Rank, str]]:
    first: set[str] = set()
    for name in entry.names:
        family = w.folded(name.family)
        for word in w.words(name.text):
            for rank, token in _of_word(word, family, person=entry.person, spoken=spoken):
                if rank is Rank.NAME:
                    first.add(token)
                yield (Rank.LONG_NAME if rank is Rank.NAME and len(first) > NAMES_FIRST else rank), token


def _of_word(word: str, family: str, *, person: bool, spoken: bool) -> Iterator[tuple[Rank, str]]:
    yield Rank.NAME, word
    if not w.is_han(word):
        return
    yield from ((Rank.SUFFIX, word[start:]) for start in range(1, len(word)))
    if spoken:
        usual, *others = readings(word, person=person, family=family)
        yield from ((Rank.NAME, each) for each in _typed(usual))
        if (given := usual.given()) is not None:
            yield from ((Rank.GIVEN_NAME, each) for each in _typed(given))
        yield from ((Rank.OTHER_READING, each) for way in others for each in _typed(way))


def _typed(reading: Reading) -> Iterator[str]:
    """As whole syllables; and by initials, with the syllables behind for who types some of them whole."""
    yield reading.whole[: w.LONGEST]
    if len(reading.syllables) > 1:
        yield f"{reading.initials} {reading.whole}"[: w.LONGEST]
