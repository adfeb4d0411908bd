"""Looking for a person in texts and files by what they are known by: what an erasure finds copies with. Pure.

A word counts where it stands by itself (``0002`` is not found in ``10002``), without regard to case; a telephone number
however it is written. Files are looked through as UTF-8, GB18030 and JSON or XML escapes, what is packed unpacked.
"""

import gzip
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol
from xml.sax.saxutils import escape

# Shorter ones stand everywhere by chance.
SHORTEST_WORD: Final = 4
SHORTEST_NAME: Final = 2
SHORTEST_NUMBER: Final = 7
CHUNK: Final = 1024 * 1024
# No word is longer, in whatever spelling; so much of a chunk is looked at again with the next one.
OVERLAP: Final = 4096
UNPACKED: Final = 512 * 1024 * 1024
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_BETWEEN_DIGITS: Final = b" -()./"
_WORD_BYTES: Final = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyz")
_EACH_DIGIT: Final = frozenset(bytes([each]) for each in b"0123456789")
_UNWRITTEN: Final = re.compile(r"[^0-9]")


class Readable(Protocol):
    """What can be read from its beginning on."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Sought:
    """What a person is known by.

    ``ids`` and ``numbers`` are nobody else's; ``names`` may be, so they tell of copies alone, which files are.
    ``numbers`` are digits without the country's code.
    """

    ids: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ids: Iterable[str], numbers: Iterable[str], names: Iterable[str]) -> "Sought":
        """What of these is long enough to say something."""
        digits = (_UNWRITTEN.sub("", each) for each in numbers)
        return cls(
            frozenset(each.casefold() for each in ids if len(each) >= SHORTEST_WORD),
            frozenset(each for each in digits if len(each) >= SHORTEST_NUMBER),
            frozenset(each.casefold() for each in names if _says_something(each)),
        )

    def __or__(self, other: "Sought") -> "Sought":
        """Both."""
        return Sought(self.ids | other.ids, self.numbers | other.numbers, self.names | other.names)

    def written(self) -> dict[str, list[str]]:
        """As it is stored."""
        return {"ids": sorted(self.ids), "numbers": sorted(self.numbers), "names": sorted(self.names)}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Sought":
        """As it was stored."""
        return cls(*(frozenset(written[each]) for each in ("ids", "numbers", "names")))

    def in_text(self, text: str) -> bool:
        """Whether a text tells of the person beyond doubt: by what is nobody else's."""
        content = text.casefold().encode()
        return _stands_in(content, self._plain) or self._number_in(content)

    def in_stream(self, stream: Readable) -> bool:
        """Whether a file may hold the person, read to its end or to the first hit. Raises what unpacking raises.

        One that unpacks to more than 512 MB is taken to hold them.
        """
        head = stream.read(len(_ZIP))
        rest = _Behind(head, stream)
        if head == _ZIP:
            return self._in_zip(rest)
        if head.startswith(_GZIP):
            with gzip.GzipFile(fileobj=rest) as unpacked:  # type: ignore[call-overload] # it reads, and that is all
                return self._in_chunks(unpacked, UNPACKED)
        return self._in_chunks(rest)

    def in_part(self, stream: Readable, size: int) -> bool:
        """Whether so many bytes of a file that is not packed may hold the person."""
        return self._in_chunks(_First(stream, size))

    # -- inside

    @cached_property
    def _plain(self) -> tuple[bytes, ...]:
        return tuple(each.encode() for each in self.ids)

    @cached_property
    def _spellings(self) -> tuple[bytes, ...]:
        found: set[bytes] = set()
        for word in self.ids | self.names:
            # Bytes are folded as ASCII is: of other letters both cases are looked for.
            for each in (word, word.upper()):
                spelled = (
                    each.encode(),
                    escape(each).encode(),
                    json.dumps(each)[1:-1].encode(),
                    each.encode("gb18030"),
                )
                found |= {every.lower() for every in spelled}
        return tuple(found)

    def _in_zip(self, stream: Readable) -> bool:
        with tempfile.TemporaryFile() as whole:
            shutil.copyfileobj(stream, whole, CHUNK)
            with zipfile.ZipFile(whole) as packed:
                for name in packed.namelist():
                    with packed.open(name) as inside:
                        if self._in_chunks(inside, UNPACKED):
                            return True
        return False

    def _in_chunks(self, stream: Readable, most: int | None = None) -> bool:
        before, read = b"", 0
        while chunk := stream.read(CHUNK):
            content = before + chunk.lower()
            if _stands_in(content, self._spellings) or self._number_in(content):
                return True
            read += len(chunk)
            if most is not None and read > most:
                return True
            before = content[-OVERLAP:]
        return False

    def _number_in(self, content: bytes) -> bool:
        if not self.numbers:
            return False
        numbers = [each.encode() for each in self.numbers]
        return any(
            text[end : end + 1] not in _EACH_DIGIT
            for text in (content, content.translate(None, _BETWEEN_DIGITS))
            for number in numbers
            for end in _ends_of(text, number)
        )


class _Behind:
    """A stream from its beginning, of which the first bytes have been read."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        if not self._head:
            return self._stream.read(size)
        if size < 0:
            head, self._head = self._head, b""
            return head + self._stream.read()
        head, self._head = self._head[:size], self._head[size:]
        return head


class _First:
    """The first bytes of a stream."""

    def __init__(self, stream: Readable, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int = -1, /) -> bytes:
        """The next of them."""
        chunk = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(chunk)
        return chunk


def _says_something(name: str) -> bool:
    plain = name.isascii()
    return len(name) >= (SHORTEST_WORD if plain else SHORTEST_NAME)


def _stands_in(content: bytes, words: Iterable[bytes]) -> bool:
    for word in words:
        for end in _ends_of(content, word):
            before, behind = content[end - len(word) - 1 : end - len(word)], content[end : end + 1]
            if not _joins(word[0], before) and not _joins(word[-1], behind):
                return True
    return False


def _joins(edge: int, neighbour: bytes) -> bool:
    """Whether a word goes on there: letters and digits of ASCII join, Chinese characters stand by themselves."""
    return edge in _WORD_BYTES and bool(neighbour) and neighbour[0] in _WORD_BYTES


def _ends_of(content: bytes, word: bytes) -> Iterator[int]:
    at = content.find(word)
    while at >= 0:
        yield at + len(word)
        at = content.find(word, at + 1)
