"""Delivering events: every task that wants an event gets it, and none holds up another.

    event → each task → done | passed over (module off) | set aside for a retry → … → dead letter

A task that fails sets its event aside and the rest goes on; only a store that does not answer stops everything, and
then the stream brings the same events again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chalicelib.background import Background
from chalicelib.changes import catching_up, retries
from chalicelib.changes.tasks import HandlerTask, ProjectionTask, Task
from chalicelib.counters.task import FactsTask
from chalicelib.modules import Catalogue
from chalicelib.store.attempts import until_in
from chalicelib.store.capacity import start_meter
from chalicelib.store.errors import StoreBusyError, StoreUnavailableError
from chalicelib.store.records import EventItem

# What says that nothing can be written at present, not even that something failed.
STOPS: Final = (StoreUnavailableError, StoreBusyError)


@dataclass(frozen=True)
class Deliverer:
    """Gives events to the tasks of all modules."""

    background: Background

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks, those of required modules first."""
        return tuple(tasks_of(self.background.catalogue))

    def task(self, name: str) -> Task | None:
        """The task of that name; None when no module has it any more."""
        return next((each for each in self.tasks if each.name == name), None)

    def deliver(self, events: Iterable[EventItem]) -> None:
        """Hand the events over. Raises StoreUnavailableError or StoreBusyError: nothing is lost, deliver them again."""
        by_tenant: defaultdict[str, list[EventItem]] = defaultdict(list)
        for event in events:
            by_tenant[str(event.tenant)].append(event)
        for tenant, of_tenant in by_tenant.items():
            if self.background.is_erased(tenant):
                continue
            for task in self.tasks:
                wanted = [event for event in of_tenant if task.wants(event)]
                on = bool(wanted) and self.background.reacts(tenant, task.module)
                runs = [event for event in wanted if on or task.maintains(event)]
                if len(runs) < len(wanted):
                    catching_up.note(self.background, tenant, task.module)
                for group in _groups(task, runs):
                    self._hand_over(task, tenant, group)

    def runs(self, task: Task, tenant: str, event: EventItem) -> bool:
        """Whether the task runs for the tenant: what maintains always, what reacts while its module is enabled."""
        return task.maintains(event) or self.background.reacts(tenant, task.module)

    def attempt(self, task: Task, tenant: str, events: Sequence[EventItem]) -> None:
        """Do a task until its transaction is in; raises whatever it raises."""
        meter = start_meter()
        meter.tenant, meter.unit, meter.operation = tenant, task.module, task.name
        until_in(lambda: task.perform(self.background, events))
        self.background.log.info("event.handled", extra={**meter.told(), "events": len(events)})

    def _hand_over(self, task: Task, tenant: str, events: Sequence[EventItem]) -> None:
        try:
            self.attempt(task, tenant, events)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one failing task must not hold up the others
            # Also one that is refused each time: if nothing at all can be written, setting it aside can't either.
            if len(events) > 1:
                for each in events:
                    self._hand_over(task, tenant, [each])
                return
            self.background.report("event.failed", error, task=task.name, event_id=events[0].id, tenant=tenant)
            self._set_aside(task, events[0], error)

    def _set_aside(self, task: Task, event: EventItem, error: BaseException) -> None:
        until_in(lambda: retries.set_aside(self.background, task.name, event, error))


def _groups(task: Task, events: Sequence[EventItem]) -> Iterator[list[EventItem]]:
    """The events as the task takes them: of many records together, those of each in the order of its versions."""
    if isinstance(task, HandlerTask):
        yield from ([event] for event in events)
        return
    by_record: defaultdict[str, list[EventItem]] = defaultdict(list)
    for event in events:
        by_record[str(event.subject)].append(event)
    found = [sorted(each, key=lambda event: int(event.subject_version)) for each in by_record.values()]
    for start in range(0, len(found), task.together):
        yield [event for each in found[start : start + task.together] for event in each]


def tasks_of(catalogue: Catalogue) -> Iterator[Task]:
    """All tasks of all modules, those of required modules first."""
    for manifest in catalogue:
        yield from (HandlerTask(manifest, each) for each in manifest.handlers)
        yield from (ProjectionTask(manifest, each) for each in manifest.projections)
        for kind in dict.fromkeys(fact.kind for fact in manifest.facts):
            yield FactsTask(manifest, kind)
