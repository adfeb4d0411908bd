"""The one place that spells where an object stands: ``{tenant}/{area}/{id}/{part}…``.

As with the keys of the tables (store/keys.py) the tenant comes first and a path is a value of its own type, so that no
path can be put together elsewhere. A segment is what our ids are made of: no separator, no dot in front, so that no
value reaches into another directory (CWE-22) whichever adapter reads it.
"""

import re
from collections.abc import Sequence
from typing import Final, Self

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_LEAST: Final = 4  # tenant, area, id and what the object is called in there
_MOST: Final = 8


class PathError(ValueError):
    """A text that can be no path, or a segment that can be in none."""


class ObjectPath(str):
    """Where one object stands. Made by ``object_path``, or read back by ``parse``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """A path that came over the wire or out of a listing; raises PathError for anything that we don't spell."""
        segments = text.split("/")
        if not _LEAST <= len(segments) <= _MOST:
            raise PathError
        return cls("/".join(_checked(segments)))

    @property
    def tenant(self) -> str:
        """The tenant that the object belongs to."""
        return self.partition("/")[0]


class Prefix(str):
    """The beginning of all paths of a tenant, of an area or of one id; ends with a slash, so no neighbour matches."""

    __slots__ = ()


def object_path(tenant: str, area: str, owner_id: str, *inside: str) -> ObjectPath:
    """The path of an object. ``area`` is what it is for (``uploads``), ``owner_id`` the record that it belongs to.

    Raises PathError.
    """
    return ObjectPath.parse("/".join(_checked((tenant, area, owner_id, *inside))))


def prefix(tenant: str, *inside: str) -> Prefix:
    """All objects of a tenant, of its area, or of one id in there. Raises PathError."""
    return Prefix("/".join((*_checked((tenant, *inside)), "")))


def _checked(segments: Sequence[str]) -> Sequence[str]:
    if not all(map(_SEGMENT.fullmatch, segments)):
        raise PathError
    return segments
