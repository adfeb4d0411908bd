"""Clocks as stored: the ledger of each in its request's partition."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from modules.service_analysis.kinds import CLOCK, REQUEST
from modules.service_analysis.ledgers.rules import Act, Aim, Clock, Entry, Ledger


class RequestClock(Item, discriminator="request_clock"):
    """The ledger of one clock of a request. ``revision`` counts its changes: it grows by one writer at a time."""

    request_id = UnicodeAttribute()
    name = UnicodeAttribute()
    entries = JsonAttribute()
    revision = NumberAttribute()

    @staticmethod
    def key_of(tenant: str, request_id: str, name: str) -> Key:
        """Beside the request."""
        return keys.record(tenant, REQUEST.name, request_id, CLOCK.name, name)

    @classmethod
    def of(cls, request_id: str, name: str, ledger: Ledger, revision: int) -> "RequestClock":
        """A ledger to be kept."""
        return cls(
            request_id=request_id, name=name, entries=[_kept(each) for each in ledger.entries], revision=revision
        )

    @property
    def ledger(self) -> Ledger:
        """The ledger to count from."""
        return Ledger(clock_named(str(self.name)), tuple(map(_read, self.entries)))


def name_of(clock: Clock, turns: float) -> str:
    """What a request calls a clock: that of the next response has a number, since each message begins it anew."""
    return f"{clock}.{int(turns):04}" if clock is Clock.NEXT_RESPONSE else str(clock)


def clock_named(name: str) -> Clock:
    """What a clock of that name measures."""
    return Clock(name.partition(".")[0])


def _kept(entry: Entry) -> dict[str, Any]:
    kept: dict[str, Any] = {"act": str(entry.act), "at": entry.at.isoformat(), "reason": entry.reason}
    if entry.aim is not None:
        kept |= {"seconds": entry.aim.seconds, "calendar_id": entry.aim.calendar_id}
    return kept | ({} if entry.threshold is None else {"threshold": entry.threshold})


def _read(kept: Mapping[str, Any]) -> Entry:
    aim = Aim(int(kept["seconds"]), kept["calendar_id"]) if "seconds" in kept else None
    threshold = kept.get("threshold")
    return Entry(
        Act(kept["act"]),
        datetime.fromisoformat(kept["at"]),
        kept["reason"],
        aim,
        None if threshold is None else int(threshold),
    )
