"""Whom a subject export or an erasure is about, as a module says it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.holdings.sought import Sought

ERASED: Final = "[erased]"


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, as a module describes them in ``params`` to whoever implements export_subject and erase_subject.

    ``ids``: those of the person, and of all records of theirs. ``partitions``: where these stand. ``files``: ids of
    files that hold them beyond doubt. ``spared``: the id of the record that certifies, and of its job.
    """

    ids: frozenset[str]
    partitions: frozenset[str]
    files: frozenset[str]
    sought: Sought
    spared: frozenset[str]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Subject":
        """As the job's params say it."""
        names = ("subject_ids", "partitions", "files", "spared")
        ids, partitions, files, spared = (frozenset(params.get(each, ())) for each in names)
        return cls(ids, partitions, files, Sought.read(params["sought"]), spared)

    def is_in_answer(self, about: object) -> bool:
        """Whether a stored answer may tell of the person (chalicelib/web/idempotency.py)."""
        return isinstance(about, list) and bool(self.ids.union("*").intersection(about))

    def in_files(self) -> Sought:
        """What files are looked through for: ids of ours tell of the person there too."""
        return Sought(self.sought.ids | {each.casefold() for each in self.ids}, self.sought.numbers, self.sought.names)


def where_from(path: str) -> dict[str, str]:
    """What a file's place says of it: uploads and results are files by their ids, the rest belongs to a job."""
    _, area, owner, *_ = path.split("/")
    return {"area": area, "id": owner}
