"""The catch-up of a module that comes back: what follows from records is rebuilt before the first read."""

from dataclasses import replace

from chalicelib.access.principal import ANONYMOUS
from chalicelib.changes import rebuild
from chalicelib.changes.catching_up import CATCH_UP, caught_up, waits
from chalicelib.clock import instant_of
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.work import Step, Work
from tenants.directory import forget_when_done
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import SubscriptionState


def step(work: Work) -> Step:
    """One step of the module's rebuild; the last one opens the module, unless it has been switched off meanwhile."""
    done = rebuild.step(work)
    if not done.finished:
        return done
    module, store = work.params["module"], work.call.store
    caught_up(store, module, instant_of(work.job_id.rpartition("_")[2]))
    wanted = Subscription(module=module)
    subscription = store.get_at(Subscription, wanted.key(store.boundary))
    if subscription is not None and subscription.status == SubscriptionState.ACTIVATING:
        subscription.status = str(SubscriptionState.ACTIVE)
        store.update(subscription, verb="activated")
        forget_when_done(work.call, store.boundary)
    return replace(done, result={"module": module, **(done.result or {})})


def look_for_missed(firing: Firing) -> None:
    """Start a catch-up for a module that is on, and passed over changes because this was not known yet."""
    if waits(firing):
        start_for(firing.store, ANONYMOUS, CATCH_UP, {"module": firing.record_id}, counted="records")
