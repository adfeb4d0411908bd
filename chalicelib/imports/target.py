"""What a module declares so that its records can be imported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.call import Call
from chalicelib.imports.values import FieldType
from chalicelib.modules import Text
from chalicelib.store.records import Item, Record


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a column can fill. ``name`` is its path in the record; of a list's part, without the place.

    ``synonyms`` are names that other systems give it, in any spelling; ``words`` the values that it takes, each with
    the cells that mean it elsewhere; ``looks_like`` knows a cell of it by its form. ``key``: it can find a record.
    """

    name: str
    titles: Text
    type: FieldType = FieldType.TEXT
    synonyms: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looks_like: Callable[[str], bool] | None = None
    key: bool = False


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field that the tenant has declared itself, or that an import is to declare. ``title`` is for people.

    ``not_negative``: a number below zero is loaded, and worth a look.
    """

    name: str
    type: FieldType
    options: tuple[str, ...] = ()
    title: str = ""
    not_negative: bool = False


class OwnFields(Protocol):
    """The fields that tenants declare themselves; columns fill them as ``custom.<name>``."""

    @property
    def permission(self) -> str:
        """What one needs to declare them."""
        ...

    def open_to(self, call: Call) -> bool:
        """Whether this tenant can have any."""
        ...

    def known(self, call: Call) -> Sequence[OwnField]:
        """Those that the tenant has declared, as they are now."""
        ...

    def declare(self, call: Call, wanted: OwnField) -> None:
        """Stage the declaration of one. Raises Problem."""
        ...


class Acting(Protocol):
    """The use cases behind an import. All stage on the call's store; a refusal is a Problem or a ValidationError."""

    def read_ahead(self, call: Call, key: str, system: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Fetch what ``find`` will read for the values of these rows, in few round trips."""
        ...

    def find(self, call: Call, key: str, system: str, values: Mapping[str, Any]) -> Item | None:
        """What a row is about: as a rule the record behind ``values[key]``.

        Raises ClaimTakenError when it is out of the caller's reach.
        """
        ...

    def create(self, call: Call, key: str | None, system: str, values: Mapping[str, Any]) -> Any:
        """Stage a new one, and return it. Who has taken the key meanwhile makes the step run again."""
        ...

    def change(self, call: Call, found: Any, system: str, values: Mapping[str, Any]) -> Any:
        """Write the values into what was found and leave all others, and return it as it is then.

        Without a difference nothing is staged.
        """
        ...


@dataclass(frozen=True, slots=True)
class Closing:
    """What a transaction's rows stage together, after the last one: one record and its event for a whole month, say.

    ``group`` says which rows belong together. ``close(call, group, made)`` is called once for each group of which a row
    has staged something, with what ``create`` and ``change`` have returned for these rows, in their order; it stages at
    most ``actions`` actions (a record with its event are two), for which room is kept, and refuses nothing.
    """

    group: Callable[[Mapping[str, Any]], str]
    actions: int
    close: Callable[[Call, str, Sequence[Any]], None]


class Undoing(Protocol):
    """How an import of these records is taken back within a week (chalicelib/imports/reverting.py).

    Fields here are the parts of a record that can be told apart when somebody has changed one of them since.
    """

    @property
    def job(self) -> str:
        """The job type of the manifest whose steps are those of chalicelib/imports/reverting.py."""
        ...

    @property
    def record_type(self) -> type[Record]:
        """The records; each is a person's, under whose key what was before is sealed."""
        ...

    def written(self, record: Any) -> Mapping[str, Any]:
        """The values that an import can have written, as JSON; a field without one is left out."""
        ...

    def restore(self, call: Call, record: Any, values: Mapping[str, Any]) -> None:
        """Stage these values, None for none. Raises Problem, ValidationError, ClaimTakenError."""
        ...

    def remove(self, call: Call, record: Any) -> None:
        """Stage the end of a record that the import has made. Raises Problem when something hangs on it."""
        ...

    def shown(self, call: Call, name: str, value: Any) -> Any:
        """A field's value as the caller may see it."""
        ...


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """One kind of record that files can be imported into.

    ``unit`` is whose routes they are, ``name`` the path under which its imports stand (``/v1/<name>/imports``), unlike
    that of every other target, and ``noun`` (``contact``) part of the operations' names; ``job`` is the job type of its
    manifest whose steps are chalicelib/imports/steps.py. ``ignored``: columns of our own exports that nobody loads.
    ``not_yet``: codes of refusals that only mean that this process has not heard of a new own field yet.
    ``identity``: what tells rows apart when a key's value does not (a line's months); default: the key's value.
    ``undoing``: how imports are reverted; without it they can't be. ``implied``: of fields that no column fills, what
    the columns of the others say (by field, the column's name): cells, suggested as constants.
    """

    unit: str
    name: str
    noun: str
    titles: Text
    job: str
    permission: str
    feature: str | None
    fields: tuple[Field, ...]
    acting: Acting
    own: OwnFields | None = None
    ignored: frozenset[str] = frozenset()
    not_yet: frozenset[str] = frozenset()
    identity: Callable[[Mapping[str, Any]], str] | None = None
    closing: Closing | None = None
    undoing: Undoing | None = None
    implied: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None

    def told_apart_by(self, key: str | None, values: Mapping[str, Any]) -> str | None:
        """What two rows that are about the same have in common; None without a key."""
        if key is None:
            return None
        return self.identity(values) if self.identity else str(values[key])

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)

    @property
    def instants(self) -> tuple[str, ...]:
        """The names of the fields that hold an instant."""
        return tuple(each.name for each in self.fields if each.type is FieldType.DATETIME)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the fields that can find a record, the best one first."""
        return tuple(each.name for each in self.fields if each.key)
