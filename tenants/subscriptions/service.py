"""Modules on and off: what is agreed, ended, and when the next change comes by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.changes.catching_up import CATCH_UP
from chalicelib.jobs.records import Job
from chalicelib.jobs.service import start
from chalicelib.jobs.timers import remind
from chalicelib.modules import Catalogue, Text
from chalicelib.problems import NotFound
from chalicelib.store.commit import Action
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.web.wire import common
from tenants.directory import forget_when_done
from tenants.kinds import TURN
from tenants.lifecycle.records import Tenant, shelf
from tenants.plans.rules import BASIC, plans
from tenants.subscriptions.derived import asked_for, has_already, terms_of, wanted_of_others
from tenants.subscriptions.errors import always_on, being_purged, in_use, missing, refused, trial_used
from tenants.subscriptions.records import (
    Subscription,
    SubscriptionEntry,
    SubscriptionsRevision,
    history_of,
    revision_key,
)
from tenants.subscriptions.rules import (
    MOST_SPANS,
    NEVER,
    Phase,
    SubscriptionState,
    Terms,
    Timeline,
    agree,
    gaps,
    kept_until,
    next_change,
    purge_from,
    stop,
    subscribed,
    tried,
    users_of,
)
from tenants.subscriptions.schemas import (
    EntryOut,
    PhaseOut,
    SubscriptionHistoryOut,
    SubscriptionIn,
    SubscriptionOut,
)

SHOWN: Final = 200
# A timer waits at most so long, less than its kind's own limit (chalicelib/jobs/records.py), and is then set again.
LONGEST_WAIT: Final = timedelta(days=300)
# A purge that has failed, or was cancelled, is begun anew.
WATCHED: Final = timedelta(hours=1)


def get(call: Call, name: str) -> SubscriptionHistoryOut:
    """A module's subscription and its history. Raises NotFound when there never was one."""
    wanted = Subscription(module=name)
    subscription = call.store.get_at(Subscription, wanted.key(call.tenant_id))
    if subscription is None:
        raise NotFound
    pk, begins = history_of(call.tenant_id, name)
    found, _ = call.store.query(pk, begins=begins, newest_first=True, limit=SHOWN)
    entries = [_entry_out(each) for each in found if isinstance(each, SubscriptionEntry)]
    return SubscriptionHistoryOut(**_shown(subscription, call.now, ()), history=entries)


def start_with(store: Store, known: Catalogue, modules: Iterable[str]) -> None:
    """Stage a new tenant's first subscriptions, of the plan basic. Raises DependencyMissing."""
    wanted, now = list(dict.fromkeys(modules)), store.clock()
    terms = terms_of(plans()[BASIC], now)
    timelines = {name: agree(Timeline(), now, terms) for name in wanted}
    for name, needed in gaps(known, timelines, now):
        raise missing(name, [needed])
    for name in wanted:
        subscription = Subscription.fresh(now, module=name, plan=BASIC, status=str(SubscriptionState.ACTIVE))
        _note(store, subscription, "agreed", terms)
        store.create(subscription.keep(timelines[name]))
    if wanted:
        _count(store, 0)


def subscribe(call: Call, name: str, body: SubscriptionIn, *, with_dependencies: bool) -> SubscriptionOut:
    """Agree on a module; what it has already, asked for again, changes nothing.

    Raises NotFound, Invalid, StateConflict for what is always on or being purged, TrialUsed, DependencyInUse when
    another module needs it for longer, and DependencyMissing unless dependencies are wanted too.
    """
    _switchable(call.catalogue, name)
    held, now = _Shelf.of(call.store), call.now
    known = held.subscriptions.get(name)
    if known:
        call.check_version(known, {"plan": known.plan})
    if known and has_already(known.timeline, body, now):
        _catch_up_again(call, known)
        return SubscriptionOut(**_shown(known, now, ()))
    terms = asked_for(body, now)
    others = wanted_of_others(call.catalogue, held.timelines, name, terms, now)
    if others and not with_dependencies:
        raise missing(name, others)
    asked = {**others, name: terms}
    timelines = held.timelines | {each: _agreed(held, each, wanted, now) for each, wanted in asked.items()}
    known_gaps = gaps(call.catalogue, held.timelines, now)
    if broken := [pair for pair in gaps(call.catalogue, timelines, now) if pair not in known_gaps]:
        raise in_use(name, dict.fromkeys(user for user, _ in broken))
    if closed := next(
        (each for each in asked if each in held.subscriptions and held.subscriptions[each].purging), None
    ):
        raise being_purged(closed)
    for each, wanted in asked.items():
        _keep(call, held, each, timelines[each], wanted)
    _count(call.store, held.revision)
    forget_when_done(call, call.tenant_id)
    return SubscriptionOut(**_shown(held.subscriptions[name], now, others))


def unsubscribe(call: Call, name: str) -> None:
    """Switch a module off at once; its data stays. Off already, and nothing to come: nothing changes.

    Raises NotFound, StateConflict for what is always on, DependencyInUse when an enabled module needs it.
    """
    _switchable(call.catalogue, name)
    held, now = _Shelf.of(call.store), call.now
    subscription = held.subscriptions.get(name)
    if subscription is None or not subscribed(held.timeline(name)).on(now):
        return
    call.check_version(subscription, {"plan": subscription.plan})
    if users := users_of(call.catalogue, held.timelines, name, now):
        raise in_use(name, users)
    subscription.keep(stop(subscription.timeline, now)).status = str(SubscriptionState.OFF)
    _note(call.store, subscription, "ended")
    call.store.update(subscription, verb="ended")
    set_timer(call.store, subscription, call.now)
    _count(call.store, held.revision)
    forget_when_done(call, call.tenant_id)


def announce(subscription: Subscription, at: datetime) -> Phase | None:
    """Bring what events tell of a subscription up to an instant; the phase it is in then."""
    phase = subscribed(subscription.timeline).at(at)
    subscription.status = str(phase.state if phase else SubscriptionState.OFF)
    subscription.plan = phase.plan if phase else subscription.plan
    return phase


def set_timer(store: Store, subscription: Subscription, after: datetime) -> None:
    """Stage the timer of what is to be done next by itself; after the record itself was staged."""
    purge = purge_from(subscription.timeline, after)
    if subscription.purge_job:
        purge = None if subscription.is_purged else store.clock() + WATCHED
    times = [each for each in (next_change(subscription.timeline, after), purge) if each is not None]
    if times:
        remind(store, TURN, str(subscription.module), min(*times, after + LONGEST_WAIT), subscription)


# -- inside


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The tenant's subscriptions as read by one Query, strongly when something is to be changed."""

    subscriptions: dict[str, Subscription]
    revision: int

    @classmethod
    def of(cls, store: Store) -> "_Shelf":
        items = list(store.query_all(shelf(store.boundary)))
        if not any(isinstance(each, Tenant) for each in items):
            raise NotFound
        revision = next((int(each.number) for each in items if isinstance(each, SubscriptionsRevision)), 0)
        return cls({str(each.module): each for each in items if isinstance(each, Subscription)}, revision)

    @property
    def timelines(self) -> dict[str, Timeline]:
        return {name: each.timeline for name, each in self.subscriptions.items()}

    def timeline(self, name: str) -> Timeline:
        found = self.subscriptions.get(name)
        return found.timeline if found else Timeline()


def _agreed(held: _Shelf, name: str, terms: Terms, now: datetime) -> Timeline:
    timeline = held.timeline(name)
    if terms.trial_days and tried(timeline, now):
        raise trial_used(name)
    after = agree(timeline, now, terms)
    if len(after.spans) > MOST_SPANS:
        text = Text("Too many changes are scheduled already", "已安排的变更过多")
        raise refused(text, "starts_at", "too_many_scheduled")
    return after


def _keep(call: Call, held: _Shelf, name: str, timeline: Timeline, terms: Terms) -> None:
    """Stage what is agreed now, with its entry, its catch-up and its timer."""
    found = held.subscriptions.get(name)
    subscription = found or Subscription.fresh(call.now, module=name, plan=terms.plan, status="").keep(Timeline())
    before = subscribed(subscription.timeline).at(call.now)
    phase = announce(subscription.keep(timeline), call.now)
    subscription.purge_job = None
    _note(call.store, subscription, "agreed", terms)
    activating = phase is not None and phase.state is SubscriptionState.ACTIVATING
    if activating and (before is None or before.state is not SubscriptionState.ACTIVATING):
        # Each stretch has a catch-up of its own: one that began before may have read too early.
        subscription.catch_up = start(call, CATCH_UP, {"module": name}, counted="records").id
    held.subscriptions[name] = subscription
    if found is None:
        call.store.create(subscription)
    else:
        call.store.update(subscription)
    set_timer(call.store, subscription, call.now)


def _catch_up_again(call: Call, subscription: Subscription) -> None:
    """Begin a catch-up that has failed, or was lost, anew."""
    phase = subscribed(subscription.timeline).at(call.now)
    if phase is None or phase.state is not SubscriptionState.ACTIVATING:
        return
    job = call.store.get(Job, subscription.catch_up) if subscription.catch_up else None
    if job is None or job.ended:
        subscription.catch_up = start(call, CATCH_UP, {"module": subscription.module}, counted="records").id
        call.store.update(subscription)
        set_timer(call.store, subscription, call.now)


def _note(store: Store, subscription: Subscription, what: str, terms: Terms | None = None) -> None:
    """Stage one more entry of the history."""
    subscription.entries = int(subscription.entries) + 1
    entry = SubscriptionEntry(module=subscription.module, what=what, at=store.clock(), by=store.actor)
    if terms is not None:
        entry.plan, entry.trial_days = terms.plan, terms.trial_days
        entry.starts_at, entry.ends_at = terms.starts_at, terms.ends_at
    key = SubscriptionEntry.key_of(store.boundary, str(subscription.module), int(subscription.entries))
    store.put(entry.put_at(key), Action(key, condition=Item.pk.does_not_exist()))


def note_opened(store: Store, subscription: Subscription) -> None:
    """Stage the history's entry of a catch-up's end."""
    _note(store, subscription, "opened")


def note_purged(store: Store, subscription: Subscription) -> None:
    """Stage the history's entry of a purge."""
    _note(store, subscription, "purged")


def _count(store: Store, revision: int) -> None:
    key = revision_key(store.boundary)
    unchanged = (SubscriptionsRevision.number == revision) if revision else Item.pk.does_not_exist()
    store.put(SubscriptionsRevision(number=revision + 1).put_at(key), Action(key, condition=unchanged))


def _switchable(known: Catalogue, name: str) -> None:
    manifest = known.get(name)
    if manifest is None:
        raise NotFound
    if manifest.always_on:
        raise always_on(name)


def _shown(subscription: Subscription, now: datetime, also: Iterable[str]) -> dict[str, Any]:
    timeline = subscription.timeline
    states = subscribed(timeline)
    phase = states.at(now)
    state = phase.state if phase else SubscriptionState.OFF
    return {
        **common(subscription),
        "module": subscription.module,
        "plan": phase.plan if phase else subscription.plan,
        "state": str(state),
        "since": phase.start if phase else None,
        "until": _known(phase.end) if phase else None,
        "kept_until": kept_until(timeline, now),
        "phases": [
            PhaseOut(state=str(each.state), plan=each.plan, starts_at=each.start, ends_at=_known(each.end))
            for each in states.phases
        ],
        "also_enabled": list(also),
        "catch_up_job": subscription.catch_up if state is SubscriptionState.ACTIVATING else None,
        "purge_job": subscription.purge_job,
    }


def _known(at: datetime) -> datetime | None:
    return at if at < NEVER else None


def _entry_out(entry: SubscriptionEntry) -> EntryOut:
    return EntryOut(
        what=entry.what,
        at=entry.at,
        by=entry.by,
        plan=entry.plan,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        trial_days=_whole(entry.trial_days),
    )


def _whole(stored: float | None) -> int | None:
    return None if stored is None else int(stored)
