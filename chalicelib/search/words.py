"""From texts to normalised words, the same for what is written and for what is sought. Pure.

Folded: compatibility forms (full-width letters, ligatures), case, accents, digits of any script. Taken apart: at
blanks, punctuation and symbols, and where Chinese characters meet others.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

LONGEST: Final = 64
"""Characters of a word that count; nobody types more, and a key has an end (1 KB)."""
LONGEST_HAN: Final = 32
"""The same for Chinese, in which every suffix stands in every posting of the record."""

# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# Of combining marks only those of European scripts fall: in others they are vowels.
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_APOSTROPHES: Final = re.compile("['\u2019\u02bc\u2018`]")
# Unified ideographs with their extensions, and the round zero of dates and names.
HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_HAN_RUN: Final = re.compile(f"[{HAN}]+")
_NUMBER: Final = re.compile(r"[\d+().\-/]*\d[\d+().\-/]*")
_RUNS: Final = re.compile(f"[{HAN}]+|[^{HAN}]+")


def folded(text: str) -> str:
    """The text without differences that nobody types alike."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = _ACCENTS.sub("", plain).translate(_LETTERS)
    digits = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)
    return unicodedata.normalize("NFC", digits)


def is_han(word: str) -> bool:
    """Whether a word is written in Chinese characters."""
    return bool(_HAN_RUN.fullmatch(word))


def words(text: str) -> list[str]:
    """The words of a name; groups of digits also as the one number that a query takes them for (24/7)."""
    found = []
    for number, chunks in groups(text):
        found += [number] if number else []
        found += [word for chunk in chunks for word in runs(chunk)]
    return list(dict.fromkeys(found))


def groups(text: str) -> Iterator[tuple[str, list[str]]]:
    """The folded chunks between the blanks of a text; those that are parts of one number together, with its digits."""
    for is_number, chunks in groupby(folded(text).split(), lambda chunk: bool(_NUMBER.fullmatch(chunk))):
        together = list(chunks)  # 138 0013 8000
        yield digits("".join(together)) if is_number else "", together


def runs(chunk: str) -> list[str]:
    """The words of a folded chunk without blanks, cut to what counts."""
    return [_cut(run) for piece in _pieces(chunk) for run in _RUNS.findall(piece)]


def joined(chunk: str) -> str:
    """A folded chunk as one word, as ids are kept: ``0002-orfbo`` and ``0002orfbo`` are the same."""
    return "".join(_pieces(chunk))[:LONGEST]


def address(chunk: str) -> str:
    """A folded e-mail address: dots of the local part fall, as in names; those of the domain stay."""
    local, _, domain = chunk.rpartition("@")
    kept = "".join(each for each in domain if each in ".-" or _belongs(each))
    return f"{joined(local)}@{kept}"[:LONGEST] if local or kept else ""


def digits(text: str) -> str:
    """The digits of a number, whatever stands between them."""
    return "".join(each for each in folded(text) if each.isdecimal())[:LONGEST]


def _cut(word: str) -> str:
    return word[: LONGEST_HAN if is_han(word) else LONGEST]


def _pieces(chunk: str) -> Iterator[str]:
    spaced = "".join(each if _belongs(each) else " " for each in _APOSTROPHES.sub("", chunk))
    yield from spaced.split()


def _belongs(character: str) -> bool:
    """Letters, marks and numbers; what separates words is everything else."""
    return unicodedata.category(character)[0] in "LMN"
