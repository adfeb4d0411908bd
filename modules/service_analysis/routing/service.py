"""Use cases of routing: rules, the choice for a new request in its own transaction, and the choice explained.

Whose turn it is, and who is least busy, is settled just before the request's transaction, by one short conditional
write of an item that those share who are chosen among (``RoutingTurn``): fifty who come at once are served one after
the other, and none runs its use case again for it. A choice whose request is certainly not in is given back; one of
which nobody knows counts for ``LANDS_WITHIN``, in which the request is in or will never be.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.errors import StoreError
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Claim, Item
from chalicelib.store.store import Store
from chalicelib.web.render import document_of
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.kinds import ROUTING_RULE
from modules.service_analysis.queues import service as queues
from modules.service_analysis.requests import rules as machine
from modules.service_analysis.requests import service as requests
from modules.service_analysis.requests.records import WITH_HANDLER, ServiceRequest
from modules.service_analysis.requests.schemas import RequestIn
from modules.service_analysis.routing import errors
from modules.service_analysis.routing.records import RoutingRule, RoutingTurn
from modules.service_analysis.routing.rules import FALLBACK, Asked, Candidate, Choice, Rule, Strategy, decide
from modules.service_analysis.routing.schemas import (
    CandidateJudged,
    RoutingExplained,
    RoutingRuleIn,
    RoutingRuleOut,
    RuleJudged,
)

# All are read to route a request, in one query.
MOST: Final = 200
# A choice follows from who had what at most so long ago: what has come in since is known from what was reserved.
FRESH: Final = timedelta(seconds=5)
# A gateway waits 29 s for an answer (stack-facts): a request is in by then, or never.
LANDS_WITHIN: Final = timedelta(seconds=30) + FRESH
# One read and one write of one item, which fifty may want at once: of those that meet one gets through each time.
TRIES: Final = 100
LONGEST_PAUSE_S: Final = 0.16
_LISTS: Final = ("categories", "levels", "languages", "skills")


@dataclass(frozen=True, slots=True)
class Book:
    """A tenant's rules in the order in which they are asked, and their titles."""

    rules: tuple[Rule, ...]
    titles: Mapping[str, str]


# Every new request asks for them; they are at most 5 s old.
_books: Memory[Book] = Memory()


# -- rules


def rule_out(record: RoutingRule) -> RoutingRuleOut:
    """The rule as everybody reads it."""
    held = record.held()
    values = {name: held.get(name) for name in RoutingRuleOut.model_fields}
    values |= {name: values[name] or [] for name in _LISTS}
    values["areas"] = [each.strip("/").split("/") for each in record.areas or ()]
    return RoutingRuleOut.model_validate({**values, "rank": int(record.rank), "version": int(record.version)})


def create_rule(call: Call, body: RoutingRuleIn) -> Created[RoutingRuleOut]:
    """A new rule. Raises Invalid for a queue that is not there, StateConflict when there are too many."""
    if len(_load(call.store).rules) >= MOST:
        raise errors.too_many(MOST)
    record = RoutingRule.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    _soon(call)
    return Created(rule_out(record), f"/v1/service/routing-rules/{record.id}")


def get_rule(call: Call, rule_id: str) -> RoutingRule:
    """The rule of that id; raises NotFound."""
    record = call.store.get(RoutingRule, rule_id)
    if record is None:
        raise NotFound
    return record


def list_rules(call: Call, query: ListQuery) -> Listed[RoutingRuleOut]:
    """A page of rules."""
    page = list_records(call.store, RoutingRule, query)
    return Listed([rule_out(each) for each in page.items], page.next_position, page.truncated)


def update_rule(call: Call, rule_id: str, body: Patch[RoutingRuleIn]) -> RoutingRuleOut:
    """Change a rule."""
    record = get_rule(call, rule_id)
    document = document_of(call, rule_out(record))
    call.check_version(record, {name: document.get(name) for name in body.touched})
    _fill(call, record, body.apply({name: document[name] for name in RoutingRuleIn.model_fields}))
    call.store.update(record)
    _soon(call)
    return rule_out(record)


def delete_rule(call: Call, rule_id: str) -> None:
    """Let a rule be asked no more."""
    record = get_rule(call, rule_id)
    call.check_version(record, {"title": record.title})
    call.store.delete(record)
    _soon(call)


# -- requests


def route(call: Call, record: ServiceRequest) -> None:
    """Give a new request its queue and, if somebody can take it, its handler."""
    if record.queue_id:
        return
    choice = _settle(call, record)
    if choice is None:
        return
    record.queue_id = choice.queue
    if choice.person:
        why = {"queue": choice.queue, "rule": choice.rule}
        requests.act_on(call, record, machine.Action.ASSIGN, to=choice.person, why=why)


def explain(call: Call, body: RequestIn) -> RoutingExplained:
    """What would become of a request that were opened now. Raises Invalid as its opening does."""
    record = requests.drafted(call, body)
    plan = None if record.queue_id else _plan(call, record)
    turn = _turn(call.store, plan.turn) if plan and plan.turn else RoutingTurn()
    choice = plan.choice(turn, call.now) if plan else None
    if choice is None:
        return RoutingExplained(queue_id=record.queue_id, handler_id=None, rule_id=None, rules=[], candidates=[])
    titles = _book(call.store).titles
    return RoutingExplained(
        queue_id=choice.queue,
        handler_id=choice.person,
        rule_id=choice.rule,
        rules=[
            RuleJudged(
                rule_id=each.id,
                title=titles.get(each.id),
                decided=each.decided,
                against=[reason.in_language(call.locale) for reason in each.against],
            )
            for each in choice.rules
        ],
        candidates=[
            CandidateJudged(
                user_id=each.id,
                place=each.place,
                against=[reason.in_language(call.locale) for reason in each.against],
            )
            for each in choice.candidates
        ],
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that the choice for a request follows from, but whose turn it is.

    ``turn`` names the item that says so; None: nobody can take it. For those who are chosen by load ``open`` has the
    ids of their open requests, and ``landed`` of those that are in, whatever has become of them; both are as they
    were at ``read_at`` or later.
    """

    read_at: datetime

    asked: Asked
    rules: tuple[Rule, ...]
    fallback: Rule
    staff: Mapping[str, Sequence[Candidate]]
    turn: str | None = None
    open: Mapping[str, frozenset[str]] | None = None
    landed: frozenset[str] = frozenset()

    def choice(self, turn: RoutingTurn, now: datetime) -> Choice:
        """The choice at a state of the turn."""
        waiting = {user: len(ids) for user, ids in (self.open or {}).items()}
        for user, request, until, _ in turn.reserved or ():
            if self.is_in(user, request) or datetime.fromisoformat(until) <= now:
                continue
            waiting[user] = waiting.get(user, 0) + 1
        served = {user: datetime.fromisoformat(at) for user, at in (turn.served or {}).items()}
        staff = {
            queue: [replace(each, load=waiting.get(each.id, 0), served_at=served.get(each.id)) for each in members]
            for queue, members in self.staff.items()
        }
        turns = {self.turn: int(turn.taken)} if self.turn else {}
        return decide(self.asked, self.rules, self.fallback, staff, turns)

    def is_in(self, user: str, request: str) -> bool:
        """Whether a reserved request has come in, as far as was read."""
        return request in self.landed or request in (self.open or {}).get(user, ())

    def reserved(self, turn: RoutingTurn, now: datetime) -> list[list[str | None]]:
        """What is still to be known as reserved: others may choose by what they read before it came in."""
        told = []
        for user, request, until, seen_at in turn.reserved or ():
            seen = seen_at or (now.isoformat() if self.is_in(user, request) else None)
            if datetime.fromisoformat(until) > now and (not seen or datetime.fromisoformat(seen) + FRESH > now):
                told.append([user, request, until, seen])
        return told


def _plan(call: Call, record: ServiceRequest) -> _Plan | None:
    """What a request's choice follows from; None when the tenant has no queue. A query for each who can take it."""
    read_at, staff = call.store.clock(), queues.staff_of(call.store)
    if not staff:
        return None
    asked = Asked(
        category=record.category or "",
        area=record.area or "",
        level=record.customer_level or "",
        language=record.language or "",
    )
    fallback = Rule(FALLBACK, next(iter(staff)), Strategy.LEAST_BUSY)
    rules = _book(call.store).rules
    queue = decide(asked, rules, fallback, staff, {}).queue
    at_work = [
        each if call.directory.is_active_user(call.tenant_id, each.id) else replace(each, present=False)
        for each in staff.get(queue, ())
    ]
    plan = _Plan(read_at, asked, rules, fallback, {queue: at_work})
    led = decide(asked, rules, fallback, plan.staff, {})
    if led.person is None or led.turn:
        return replace(plan, turn=led.turn)
    # What has landed is asked for first: what lands in between is found among what is open.
    store, turn = call.store, _turn(call.store, led.queue)
    on_their_way = [ServiceRequest.key_of(store.boundary, each[1]) for each in turn.reserved or ()]
    landed = {keys.root_id(str(at.pk)) for at, raw in store.fetch(on_their_way).items() if raw}
    able = [each.id for each in led.candidates if each.place is not None]
    open_with = {each: _open_with(store, each) for each in able}
    return replace(plan, turn=led.queue, open=open_with, landed=frozenset(landed))


def _open_with(store: Store, user_id: str) -> frozenset[str]:
    """The ids of the open requests that somebody works on."""
    found = store.query_all(keys.lookup_partition(store.boundary, WITH_HANDLER, user_id))
    return frozenset(str(each.record) for each in found if isinstance(each, Claim))


def _settle(call: Call, record: ServiceRequest) -> Choice | None:
    """Choose, and take the turn for it, at once. Raises StoreBusyError when others were faster each time."""
    plan = _plan(call, record)

    def once() -> Choice | None:
        nonlocal plan
        if plan is not None and plan.read_at + FRESH < call.store.clock():
            plan = _plan(call, record)
        if plan is None or plan.turn is None:
            return plan.choice(RoutingTurn(), call.now) if plan else None
        return _take(call, plan, plan.turn, record.id)

    return until_in(once, TRIES, LONGEST_PAUSE_S)


def _take(call: Call, plan: _Plan, name: str, request_id: str) -> Choice:
    door, now = _door(call.store), call.store.clock()
    turn = _turn(door, name)
    choice = plan.choice(turn, now)
    person, served = str(choice.person), turn.served or {}
    turn.taken = int(turn.taken) + 1
    if plan.open is not None:
        turn.reserved = [*plan.reserved(turn, now), [person, request_id, (now + LANDS_WITHIN).isoformat(), None]]
        members = {each.id for each in plan.staff[choice.queue]}
        turn.served = {each: at for each, at in {**served, person: now.isoformat()}.items() if each in members}
    _write(door, turn)
    undo = partial(_give_back, call.store, name, int(turn.taken), request_id, (person, served.get(person)))
    call.store.if_refused.append(undo)
    return choice


def _give_back(store: Store, name: str, taken: int, request_id: str, served: tuple[str, str | None]) -> None:
    """Let a turn not have been taken, unless others have gone by it; and let nobody be busier for it."""
    person, before = served

    def once() -> None:
        door = _door(store)
        turn = _turn(door, name)
        if int(turn.taken) == taken:
            turn.taken = taken - 1
            others = {each: at for each, at in (turn.served or {}).items() if each != person}
            turn.served = {**others, person: before} if before else others
        turn.reserved = [each for each in turn.reserved or () if each[1] != request_id]
        _write(door, turn)

    # What can't be given back now counts for a while longer; what was refused is refused for its own reason.
    with suppress(StoreError):
        until_in(once, TRIES, LONGEST_PAUSE_S)


def _turn(store: Store, name: str) -> RoutingTurn:
    """Whose turn it is, as it stands; a new one where nobody has had one."""
    at = RoutingTurn.key_of(store.boundary, name)
    return store.get_item(RoutingTurn, at) or RoutingTurn().put_at(at)


def _write(door: Store, turn: RoutingTurn) -> None:
    """Write a turn, if nobody has meanwhile."""
    moves = int(turn.moves)
    unchanged = RoutingTurn.moves == moves if moves else Item.pk.does_not_exist()
    turn.moves = moves + 1
    turn.served, turn.reserved = turn.served or None, turn.reserved or None
    door.put(turn, Action(turn.stands_at(), condition=unchanged))
    door.commit()


def _door(store: Store) -> Store:
    """The same unit's table, with nothing staged."""
    return Store(store.unit, store.boundary, store.keyring, store.actor, store.origin, store.clock, writing=True)


def _book(store: Store) -> Book:
    """The tenant's rules, at most 5 s old."""
    return _books.recall(store.boundary, lambda: (store.boundary, _load(store))) or Book((), {})


def _load(store: Store) -> Book:
    shelf = store.query_all(keys.shelf(store.boundary, ROUTING_RULE.name))
    found = [each for each in shelf if isinstance(each, RoutingRule)]
    found.sort(key=lambda each: (int(each.rank), each.id))
    return Book(tuple(map(_as_rule, found)), {str(each.id): str(each.title) for each in found})


def _as_rule(record: RoutingRule) -> Rule:
    return Rule(
        id=record.id,
        queue=record.queue_id,
        strategy=Strategy(record.strategy),
        categories=tuple(record.categories or ()),
        areas=tuple(record.areas or ()),
        levels=tuple(record.levels or ()),
        languages=tuple(record.languages or ()),
        skills=frozenset(record.skills or ()),
    )


def _fill(call: Call, record: RoutingRule, body: RoutingRuleIn) -> None:
    if body.queue_id != record.queue_id:
        queues.be_there(call, body.queue_id)
    for name in ("title", "rank", "queue_id", "strategy"):
        setattr(record, name, getattr(body, name))
    for name in _LISTS:
        setattr(record, name, getattr(body, name) or None)
    record.areas = [f"/{'/'.join(each)}/" for each in body.areas] or None


def _soon(call: Call) -> None:
    call.store.after_commit.append(lambda: _books.forget(call.tenant_id))
