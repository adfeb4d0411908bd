"""An event as a handler gets it, with the doors that the handler's module has."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.background import Background
from chalicelib.modules import Port
from chalicelib.store import keys
from chalicelib.store.doors import read_beside, readable
from chalicelib.store.errors import BoundaryError, Raw
from chalicelib.store.keys import Key
from chalicelib.store.records import EventItem, Record
from chalicelib.store.store import Store


@dataclass(frozen=True, slots=True)
class Doors:
    """What a module may reach for one tenant when nobody calls: in a handler, and in its own rebuild.

    What is staged on ``store`` and through the ports is committed in one transaction, by ``store.commit``.
    """

    module: str
    store: Store
    background: Background

    @classmethod
    def of(cls, background: Background, module: str, tenant: str) -> "Doors":
        """The doors of a module's rebuild; who opens them commits (chalicelib/store/attempts.py, ``until_in``)."""
        return cls(module, background.store(module, tenant, f"handler.{module}", "rebuild"), background)

    @property
    def tenant(self) -> str:
        """Whose data it is."""
        return self.store.boundary

    def port(self, port: Port) -> Store:
        """A door to the port's kinds in its owner's table. Raises BoundaryError unless the manifest declares it."""
        manifest = self.background.catalogue.get(self.module)
        owner = self.background.catalogue.get(port.owner)
        if manifest is None or owner is None or (port not in manifest.contributes and port.owner != self.module):
            message = f"{self.module} does not declare that it contributes to {port}"
            raise BoundaryError(message)
        if port not in owner.offers:
            message = f"{owner.name} does not offer {port}"
            raise BoundaryError(message)
        return self.store.beside(port.owner, owner.offers[port], reads=readable(owner))

    def reading(self, module: str) -> Store:
        """A door to read what a required module lets others read. Raises BoundaryError for any other module."""
        return read_beside(self.background.catalogue, self.store, module)


@dataclass(frozen=True, slots=True)
class Handling(Doors):
    """One event for one module, committed by who calls the handler.

    The event says what changed by name; what counts is the record as it stands now, since events may come late,
    twice and in another order.
    """

    event: EventItem

    def subject(self) -> Record | None:
        """The event's record as it stands now; None when it is gone."""
        own = self.event.unit == self.module
        store = self.store if own else self.reading(str(self.event.unit))
        at = keys.as_read(*self.event.place)
        return store.known(Record, at, store.fetch([at])[at])


def known_records(store: Store, found: Mapping[Key, Raw | None]) -> dict[Key, Record]:
    """The records among items that were read."""
    return {at: record for at, raw in found.items() if (record := store.known(Record, at, raw))}
