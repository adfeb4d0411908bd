"""The timer of a delivery that is tried again, and the job that replays dead letters."""

from typing import Final

from chalicelib.changes import catching_up, retries
from chalicelib.changes.delivery import STOPS, Deliverer
from chalicelib.changes.records import DELIVERY, Delivery
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import CORE

# Each replay stages the delivery and its timer; with the job's own progress they go into one transaction.
A_STEP: Final = 40


def retry(firing: Firing) -> None:
    """Try a delivery again: done, later once more, or dead. A task that no module has any more is dead."""
    delivery = retries.fire(firing)
    if delivery is None:
        return
    try:
        _attempt(firing, delivery)
    except STOPS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is noted and counted
        firing.background.report("event.failed_again", error, task=delivery.handler, tenant=firing.tenant)
        retries.failed(firing.store, delivery, error)
    else:
        firing.store.remove(delivery.stands_at())


def _attempt(firing: Firing, delivery: Delivery) -> None:
    deliverer = Deliverer(firing.background)
    task, event = deliverer.task(delivery.handler), retries.event_of(delivery)
    if task is None:
        raise LookupError(delivery.handler)
    if deliverer.runs(task, firing.tenant, event):
        deliverer.attempt(task, firing.tenant, [event])
    else:
        catching_up.note(firing.background, firing.tenant, task.module)


def replay_step(work: Work) -> Step:
    """One page of a tenant's deliveries: the dead ones (of one task, if it is named) begin again."""
    store = work.call.store.beside(CORE, {DELIVERY.name})
    found, position = retries.page_of(store, A_STEP, work.checkpoint.get("position"))
    wanted = work.params.get("task")
    dead = [each for each in found if each.state == retries.DEAD and (wanted is None or each.handler == wanted)]
    for each in dead:
        retries.replay(store, each)
    done = work.done + len(dead)
    return Step({"position": position}, done, finished=position is None, result={"replayed": done})
