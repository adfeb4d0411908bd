"""Use cases of SLA policies, and what they promise for a request."""

import re
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.calendars.service import EVERY_HOUR, all_of, retarget_soon
from modules.service_analysis.categories import errors as category_errors
from modules.service_analysis.categories import service as categories
from modules.service_analysis.kinds import POLICY
from modules.service_analysis.ledgers.rules import Aim, Clock
from modules.service_analysis.policies import errors
from modules.service_analysis.policies.records import SlaPolicy, path_of
from modules.service_analysis.policies.rules import Choice, Facts, Policy, choose
from modules.service_analysis.policies.schemas import (
    LONGEST,
    SlaChoiceOut,
    SlaPolicyIn,
    SlaPolicyOut,
    SlaPolicyPassed,
    SlaTarget,
)
from modules.service_analysis.requests.records import ServiceRequest

# All are read for a new request, in one query of at most 200 kB.
MOST: Final = 200
_DURATION: Final = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?")
_IN: Final = {"hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Promises:
    """What a policy promises: an aim for each clock that it has."""

    policy_id: str
    aims: dict[Clock, Aim]


@dataclass(frozen=True, slots=True)
class Book:
    """A tenant's policies in their order, with what each promises. ``names``: of policies and calendars, by id.

    ``blank``: the tenant has never declared one, so no request of its has a clock.
    """

    blank: bool
    policies: tuple[Policy, ...]
    promises: dict[str, Promises]
    names: dict[str, str]


# Every new request and every action on one asks for it; it is at most 5 s old.
_books: Memory[Book] = Memory()


def book_of(store: Store) -> Book:
    """The tenant's policies, at most 5 s old."""
    return _books.recall(store.boundary, lambda: (store.boundary, load(store))) or load(store)


def load(store: Store) -> Book:
    """The tenant's policies as they are now."""
    found = _declared(store)
    calendars = all_of(store) if found else {}
    current = {each.id: each.state_id for each in calendars.values()}
    alive = sorted((each for each in found if not each.retired), key=lambda each: (int(each.rank), each.id))
    promises = {
        str(policy.id): Promises(
            str(policy.id),
            {
                Clock(clock): Aim(int(target["within"]), current.get(target["calendar_id"], EVERY_HOUR))
                for clock, target in policy.targets.items()
            },
        )
        for policy in alive
    }
    names = {str(each.id): str(each.name) for each in found}
    names |= {each_id: str(each.name) for each_id, each in calendars.items()}
    return Book(not found, tuple(each.as_rule() for each in alive), promises, names)


def chosen(book: Book, record: ServiceRequest) -> Choice:
    """The policy that holds for a request as it stands."""
    facts = Facts(record.customer_level, path_of(record.category), record.severity, record.priority)
    return choose(book.policies, facts)


def promised(book: Book, record: ServiceRequest) -> Promises | None:
    """What is promised for a request as it stands; None: nothing."""
    policy = chosen(book, record).policy
    return book.promises[policy.id] if policy else None


def policy_out(record: SlaPolicy) -> SlaPolicyOut:
    """The policy as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in SlaPolicyOut.model_fields}
    values |= {name: values[name] or [] for name in ("customer_levels", "severities", "priorities")}
    values["targets"] = {each.value: record.targets.get(each.value) for each in Clock}
    values["rank"], values["version"] = int(record.rank), int(record.version)
    return SlaPolicyOut.model_validate(values)


def create_policy(call: Call, body: SlaPolicyIn) -> Created[SlaPolicyOut]:
    """A new policy. Raises Invalid, StateConflict."""
    if len(_declared(call.store)) >= MOST:
        raise errors.too_many(MOST)
    record = SlaPolicy.fresh(call.now)
    _fill(call, record, body)
    call.store.create(record)
    _follow(call)
    return Created(policy_out(record), f"/v1/service/sla-policies/{record.id}")


def get_policy(call: Call, policy_id: str) -> SlaPolicy:
    """The policy of that id; raises NotFound."""
    record = call.store.get(SlaPolicy, policy_id)
    if record is None:
        raise NotFound
    return record


def list_policies(call: Call, query: ListQuery) -> Listed[SlaPolicyOut]:
    """A page of policies."""
    page = list_records(call.store, SlaPolicy, query)
    return Listed([policy_out(each) for each in page.items], page.next_position, page.truncated)


def update_policy(call: Call, policy_id: str, body: Patch[SlaPolicyIn]) -> SlaPolicyOut:
    """Change a policy: it holds for open requests too, and pauses stay credited. Raises NotFound, Invalid."""
    record = get_policy(call, policy_id)
    current = policy_out(record).model_dump(mode="json", include=set(SlaPolicyIn.model_fields))
    call.check_version(record, {name: current.get(name) for name in body.touched})
    _fill(call, record, body.apply({name: value for name, value in current.items() if value is not None}))
    if call.store.update(record):
        _follow(call)
    return policy_out(record)


def explain_choice(call: Call, request_id: str) -> SlaChoiceOut:
    """Which policy holds for a request, and why the others do not. Raises NotFound."""
    record = call.store.get(ServiceRequest, request_id)
    if record is None:
        raise NotFound
    book = load(call.store)
    choice = chosen(book, record)
    policy = choice.policy.id if choice.policy else None
    others = [
        SlaPolicyPassed(
            policy_id=each.policy_id,
            name=book.names[each.policy_id],
            codes=list(each.reasons),
            reasons=[errors.REASONS[reason].in_language(call.locale) for reason in each.reasons],
        )
        for each in choice.others
    ]
    return SlaChoiceOut(policy_id=policy, name=book.names[policy] if policy else None, others=others)


def _declared(store: Store) -> list[SlaPolicy]:
    shelf = store.query_all(keys.shelf(store.boundary, POLICY.name))
    return [each for each in shelf if isinstance(each, SlaPolicy)]


def _follow(call: Call) -> None:
    retarget_soon(call.store)
    call.store.after_commit.append(lambda: _books.forget(call.tenant_id))


def _fill(call: Call, record: SlaPolicy, body: SlaPolicyIn) -> None:
    if body.category and body.category != record.category and body.category not in categories.load(call.store).titles:
        raise category_errors.unknown_category()
    record.name, record.rank, record.category, record.retired = body.name, body.rank, body.category, body.retired
    for name in ("customer_levels", "severities", "priorities"):
        setattr(record, name, sorted(set(getattr(body, name))) or None)
    given: dict[str, SlaTarget | None] = {each.value: getattr(body.targets, each.value) for each in Clock}
    targets = {clock: _target(clock, target) for clock, target in given.items() if target}
    ready = {each.id: int(each.revision) > 0 for each in all_of(call.store).values()}
    for clock, target in targets.items():
        if target["calendar_id"] and target["calendar_id"] not in ready:
            raise errors.unknown_calendar(clock)
        if target["calendar_id"] and not ready[target["calendar_id"]]:
            raise errors.calendar_not_ready(clock)
    record.targets = targets


def _target(clock: str, target: SlaTarget) -> dict[str, Any]:
    seconds = target.within
    if isinstance(seconds, str):
        found = _DURATION.fullmatch(seconds)
        seconds = sum(int(found[each] or 0) * _IN[each] for each in _IN) if found else 0
    if not 0 < seconds <= LONGEST:
        raise errors.too_long(clock)
    return {"within": seconds, "calendar_id": target.calendar_id}
