"""What time and jobs do to a subscription: it is told of, catches up before it is read again, or is purged at last."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.access.gate import KILL_SWITCH
from chalicelib.access.principal import ANONYMOUS
from chalicelib.changes import rebuild
from chalicelib.changes.catching_up import CATCH_UP, LOOK_AGAIN, caught_up, missed_since, waits
from chalicelib.clock import instant_of
from chalicelib.jobs.records import Job
from chalicelib.jobs.service import start_for
from chalicelib.jobs.timers import Firing, remind
from chalicelib.jobs.work import Step, Work
from chalicelib.store.store import Store
from tenants.directory import forget_when_done
from tenants.kinds import PURGE
from tenants.subscriptions.records import Subscription
from tenants.subscriptions.rules import SubscriptionState, is_kept_no_longer, open_, subscribed
from tenants.subscriptions.service import announce, note_opened, set_timer

# While the platform's operators have switched a module off: the scheduler comes by once a minute.
SWITCHED_OFF_FOR: Final = timedelta(minutes=1)

_VERBS: Final = {
    SubscriptionState.TRIAL: "started",
    SubscriptionState.ACTIVE: "started",
    SubscriptionState.ACTIVATING: "started",
    SubscriptionState.GRACE: "lapsed",
    SubscriptionState.OFF: "ended",
}


def turn(firing: Firing) -> None:
    """Tell that a subscription's state has changed by itself; begin the catch-up of a module that comes back.

    And the purge of one that is off, when its data is kept no longer.
    """
    subscription, store = firing.record, firing.store
    if not isinstance(subscription, Subscription):
        return
    before = subscription.status
    phase = announce(subscription, firing.at)
    present = subscribed(subscription.timeline).at(store.clock())
    if present is not None and present.state is SubscriptionState.ACTIVATING and before != present.state:
        params = {"module": str(subscription.module)}
        subscription.catch_up = start_for(store, ANONYMOUS, CATCH_UP, params, counted="records").id
    verb = _VERBS.get(phase.state, "updated") if phase else "updated"
    if is_kept_no_longer(subscription.timeline, firing.at) and not _is_purged(store, subscription):
        params = {"module": str(subscription.module)}
        subscription.purge_job = start_for(store, ANONYMOUS, PURGE, params, counted="items").id
        verb = verb if before != subscription.status else "updated"
    store.update(subscription, verb=verb)
    set_timer(store, subscription, firing.at)


def _is_purged(store: Store, subscription: Subscription) -> bool:
    """Whether its purge is over, or goes on."""
    if not subscription.purge_job or subscription.is_purged:
        return subscription.is_purged
    job = store.get(Job, subscription.purge_job)
    return job is not None and not job.ended


def step(work: Work) -> Step:
    """One step of the module's rebuild; the last one opens the module, unless it has been switched off meanwhile."""
    done = rebuild.step(work)
    if not done.finished:
        return done
    module, store = work.params["module"], work.call.store
    caught_up(store, module, instant_of(work.job_id.rpartition("_")[2]))
    subscription = store.get_at(Subscription, Subscription(module=module).key(store.boundary))
    if subscription is not None and subscription.catch_up == work.job_id:
        now = store.clock()
        phase = subscribed(subscription.timeline).at(now)
        if phase is not None and phase.state is SubscriptionState.ACTIVATING:
            announce(subscription.keep(open_(subscription.timeline, now)), now)
            note_opened(store, subscription)
            store.update(subscription, verb="activated")
            set_timer(store, subscription, now)
            forget_when_done(work.call, store.boundary)
    return replace(done, result={"module": module, **(done.result or {})})


def look_for_missed(firing: Firing) -> None:
    """Start a catch-up for a module that is on, and passed over changes because this was not known yet.

    One that a kill switch holds off is looked at again: nobody enables it when the switch is lifted.
    """
    module, store = firing.record_id, firing.store
    if waits(firing):
        start_for(store, ANONYMOUS, CATCH_UP, {"module": module}, counted="records")
        return
    standing = firing.background.directory.standing(firing.tenant)
    if standing is not None and standing.decide(module).decided_by == KILL_SWITCH and missed_since(store, module):
        remind(store, LOOK_AGAIN, module, store.clock() + SWITCHED_OFF_FOR)
