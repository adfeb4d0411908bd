"""The scheduler: fires what is due, once, and looks back far enough that no late commit is missed.

minutes from the watermark to now → 8 shards each → due timers → handler, committed with the timer's end
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.after_write import HandlerKind, TimerType, resolve
from chalicelib.background import Background
from chalicelib.changes import catching_up
from chalicelib.jobs import positions
from chalicelib.jobs.records import Timer
from chalicelib.jobs.timers import Firing
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.errors import StoreError, StoreUnavailableError
from chalicelib.store.keys import PLATFORM
from chalicelib.store.records import Record
from chalicelib.store.store import Store

# A commit may come 5 s after its timer was spelled, and clocks differ: minutes younger than this stay open.
SCHEDULER: Final = "scheduler"
OPEN: Final = timedelta(minutes=2)
# After a long stop one run makes up for so many minutes, and the next goes on.
MINUTES_A_RUN: Final = 240
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=1)


class GoneError(StoreError):
    """The timer has fired already, or another time has been set."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Fires the timers of the units that this process serves."""

    background: Background

    def run(self, units: tuple[str, ...]) -> int:
        """Fire all that is due; answers how many timers fired. Raises StoreUnavailableError."""
        return sum(self._run_unit(unit) for unit in units if self._has_timers(unit))

    def _has_timers(self, unit: str) -> bool:
        manifest = self.background.catalogue.get(unit)
        return bool(manifest and manifest.timers)

    def _run_unit(self, unit: str) -> int:
        store = self.background.store(unit, PLATFORM, "scheduler", "scheduler")
        kept = positions.load(self.background, unit, SCHEDULER)
        now = self.background.clock()
        minute = datetime.fromisoformat(kept) if kept else _minute(now - OPEN)
        fired, last = 0, min(_minute(now), minute + timedelta(minutes=MINUTES_A_RUN))
        settled = minute
        while minute <= last:
            waiting = 0
            for shard in range(keys.DUE_SHARDS):
                for item in store.query_all(keys.due_partition(minute, shard)):
                    if isinstance(item, Timer):
                        waiting += item.at > now
                        fired += item.at <= now and self._fire(unit, item)
            if not waiting and minute < _minute(now - OPEN) and settled == minute:
                settled = minute + timedelta(minutes=1)
            minute += timedelta(minutes=1)
        if settled.isoformat() != kept:
            positions.save(self.background, unit, SCHEDULER, settled.isoformat())
        return fired

    def _fire(self, unit: str, timer: Timer) -> bool:
        kind = self._type_of(unit, timer.name)
        if kind is None:
            self.background.log.error("timer.unknown", extra={"timer": timer.name})
            return False
        if self.background.is_erased(timer.tenant):
            return False  # the erasure takes it away
        if kind.kind is HandlerKind.REACTS and not self.background.reacts(timer.tenant, unit):
            catching_up.note(self.background, timer.tenant, unit)  # the module's rebuild sets it again
            return self._end(unit, timer)
        try:
            until_in(lambda: self._attempt(unit, timer, kind))
        except GoneError:
            return False
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one timer must not hold up the others
            self.background.report("timer.failed", error, timer=timer.name)
            return self._put_off(unit, timer)
        return True

    def _attempt(self, unit: str, timer: Timer, kind: TimerType) -> None:
        store = self.background.store(unit, timer.tenant, "scheduler", f"timer.{timer.name}")
        at = keys.as_read(*timer.place) if timer.place else None
        record = store.known(Record, at, store.fetch([at])[at]) if at else None
        if not at or (record is not None and _matches(record, timer.expected)):
            firing = Firing(timer.tenant, timer.name, timer.record_id, timer.at, record, store, self.background)
            resolve(kind.target)(firing)
        ended = _ended(timer)
        if again := store.staged_at(timer.stands_at()):
            # Set again within its minute: it takes its own place, if that is still the one that has fired.
            again.condition, again.refused = ended.condition, ended.refused
            store.commit()
        else:
            store.commit(ended)

    def _end(self, unit: str, timer: Timer) -> bool:
        store = self.background.store(unit, timer.tenant, "scheduler", f"timer.{timer.name}")
        return _committed(store, timer)

    def _put_off(self, unit: str, timer: Timer) -> bool:
        """Set a failing timer for later: 1 minute, 2, 4, … at most an hour."""
        store = self.background.store(unit, timer.tenant, "scheduler", f"timer.{timer.name}")
        delay = min(FIRST_DELAY * 2 ** int(timer.failures), LONGEST_DELAY)
        at = self.background.clock() + delay
        later = Timer(
            tenant=timer.tenant,
            name=timer.name,
            record_id=timer.record_id,
            at=at,
            place=timer.place,
            expected=timer.expected,
            failures=int(timer.failures) + 1,
        )
        store.put(later.put_at(keys.due(at, timer.tenant, timer.name, timer.record_id)))
        return _committed(store, timer)

    def _type_of(self, unit: str, name: str) -> TimerType | None:
        manifest = self.background.catalogue.get(unit)
        return next((each for each in manifest.timers if each.name == name), None) if manifest else None


def _matches(record: Record, expected: float | None) -> bool:
    return expected is None or int(record.version) == int(expected)


def _committed(store: Store, timer: Timer) -> bool:
    """Commit the end of a timer that does not fire, unless it is gone already; always False."""
    with suppress(GoneError):
        until_in(lambda: store.commit(_ended(timer)))
    return False


def _ended(timer: Timer) -> Action:
    """The timer's end, refused when it is not there any more: of two schedulers one fires it."""
    still = Timer.at == timer.at
    return Action(timer.stands_at(), condition=still, refused=lambda _: GoneError("fired"))


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
