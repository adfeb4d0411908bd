"""What there is to do when something has changed: each module's handlers, projections and facts, by name.

A task's name is ``<module>.<handler>``, ``<module>.projection.<name>`` or ``<module>.facts.<kind>``: it says where a
failed delivery is to be tried again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.after_write import MOVED, REDIRECTED, Handler, HandlerKind, Projection, resolve
from chalicelib.background import Background
from chalicelib.changes.handling import Handling, known_records
from chalicelib.changes.projections import project
from chalicelib.changes.records import REMEMBERED, Handled
from chalicelib.modules import Manifest
from chalicelib.store import keys
from chalicelib.store.attempts import halves
from chalicelib.store.commit import Action
from chalicelib.store.errors import Raw, StoreError, TransactionTooLargeError
from chalicelib.store.keys import Key
from chalicelib.store.records import EventItem, Item
from chalicelib.store.store import Store

DELETED = "deleted"
ENDS: Final = frozenset({DELETED, REDIRECTED})
"""The verbs behind which nothing of the kind stands at the record's place."""
# Records that are projected in one transaction: a person's twelve tokens at most and a head each, mostly half of that.
TOGETHER: Final = 12


class AlreadyHandledError(StoreError):
    """The event's work has been committed before."""


class Task(Protocol):
    """Something that is done with an event."""

    @property
    def name(self) -> str:
        """Where a failed delivery is tried again."""
        ...

    @property
    def module(self) -> str:
        """On whose behalf."""
        ...

    def wants(self, event: EventItem) -> bool:
        """Whether the event concerns it."""
        ...

    def maintains(self, event: EventItem) -> bool:
        """Whether it is done even while the module is off."""
        ...

    @property
    def together(self) -> int:
        """Of how many records of one tenant events may be handed over at once."""
        ...

    def perform(self, background: Background, events: Sequence[EventItem]) -> None:
        """Do it and commit. Raises VersionConflictError when somebody was faster."""
        ...


@dataclass(frozen=True, slots=True)
class HandlerTask:
    """A handler that a module has written itself."""

    manifest: Manifest
    handler: Handler

    @property
    def name(self) -> str:
        """``<module>.<handler>``."""
        return f"{self.module}.{self.handler.name}"

    @property
    def module(self) -> str:
        """The handler's module."""
        return self.manifest.name

    def wants(self, event: EventItem) -> bool:
        """By the event's type."""
        return self.handler.hears(str(event.type))

    def maintains(self, event: EventItem) -> bool:
        """As declared."""
        _ = event
        return self.handler.kind is HandlerKind.MAINTAINS

    @property
    def together(self) -> int:
        """Each event alone."""
        return 1

    def perform(self, background: Background, events: Sequence[EventItem]) -> None:
        """Call it and commit what it has staged; an event that it has handled is passed over."""
        (event,) = events
        store = _store(background, self.module, event)
        resolve(self.handler.target)(Handling(self.module, store, background, event))
        try:
            store.commit(*self._note(store, event))
        except AlreadyHandledError:
            return

    def _note(self, store: Store, event: EventItem) -> list[Action]:
        if not self.handler.once:
            return []
        at = Handled.key_of(store.boundary, self.name, event.id)
        note = Handled(ttl=int((store.clock() + REMEMBERED).timestamp())).put_at(at)

        def refused(_: Raw | None) -> StoreError:
            return AlreadyHandledError(self.name)

        return [Action(at, note.raw(), Item.pk.does_not_exist(), refused)]


@dataclass(frozen=True, slots=True)
class ProjectionTask:
    """A projection of a kind's records, kept by the kernel."""

    manifest: Manifest
    projection: Projection

    @property
    def name(self) -> str:
        """``<module>.projection.<name>``."""
        return f"{self.module}.projection.{self.projection.name}"

    @property
    def module(self) -> str:
        """Whose records they are."""
        return self.manifest.name

    def wants(self, event: EventItem) -> bool:
        """Events of the kind's records that touch what the projection follows from."""
        return concerns(event, self.module, self.projection.kind, self.projection.watches)

    def maintains(self, event: EventItem) -> bool:
        """What follows from a record that is gone is taken away, whatever the subscription says."""
        return is_end(event)

    @property
    def together(self) -> int:
        """How many records may be projected in one transaction."""
        return TOGETHER

    def perform(self, background: Background, events: Sequence[EventItem]) -> None:
        """Project the records as they stand now."""
        versions = {keys.as_read(*event.place): int(event.subject_version) for event in events}
        self.write(background, str(events[0].tenant), versions)

    def write(self, background: Background, tenant: str, versions: dict[Key, int], *, afresh: bool = False) -> None:
        """Project the records at these keys, of which these versions are known, and commit.

        ``afresh`` writes again what is known already (a rebuild). Raises VersionConflictError when somebody was faster;
        what was in by then is recognised the next time.
        """
        store = background.store(self.module, tenant, f"handler.{self.module}", self.name)
        store.prefetch([*versions, *(keys.head(at, self.projection.name) for at in versions)])
        records = known_records(store, store.fetch(versions))
        standing = background.directory.standing(tenant)
        for at, told in versions.items():
            record = records.get(at)
            items = resolve(self.projection.target)(record, standing) if record else ()
            version = int(record.version) if record else told
            project(store, keys.head(at, self.projection.name), version, items, afresh=afresh)
        try:
            store.commit()
        except TransactionTooLargeError:
            if len(versions) == 1:
                raise
            for half in halves(list(versions.items())):
                self.write(background, tenant, dict(half), afresh=afresh)


def is_end(event: EventItem) -> bool:
    """Whether an event tells that its record is gone."""
    return str(event.type).rpartition(".")[2] in ENDS


def concerns(event: EventItem, unit: str, kind: str, watches: frozenset[str]) -> bool:
    """Whether an event tells of a kind's record, and of a change of what is watched (nothing named: of any)."""
    of_kind, _, verb = str(event.type).partition(".")
    if event.unit != unit or of_kind != kind:
        return False
    return verb in {"created", MOVED, *ENDS} or not watches or bool(watches & event.changed.keys())


def _store(background: Background, unit: str, event: EventItem) -> Store:
    return background.store(unit, str(event.tenant), f"handler.{unit}", str(event.id))
