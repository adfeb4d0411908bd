"""Use cases of usage and bills: load, decide, stage; and read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from typing import Any, Final, cast

from chalicelib.call import Call
from chalicelib.modules import Op
from chalicelib.problems import Invalid, NotFound
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import Raw
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.lists import ListQuery
from chalicelib.store.records import Item, read_as
from chalicelib.store.store import Store
from chalicelib.web.execute import fresh_store
from chalicelib.web.results import Listed, Upserted
from modules.contacts.kinds import CONTACT
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact, external_key
from modules.contacts.people.service import get_contact
from modules.contacts.usage import errors
from modules.contacts.usage.records import USAGE, Bill, Monthly, UsageSnapshot
from modules.contacts.usage.rules import (
    AHEAD,
    Fate,
    MonthSum,
    OlderThanKnownError,
    OtherCurrencyError,
    Statement,
    averages,
    has_begun,
    merged,
    sums_by_month,
    totals,
    version_of,
)
from modules.contacts.usage.schemas import (
    FiguresOut,
    PeriodOut,
    SumOut,
    UsageIn,
    UsageKey,
    UsageMonthOut,
    UsageOperation,
    UsageSaid,
    figures_of,
    month_out,
)
from modules.contacts.usage_keys.service import (
    ACCOUNT,
    CONTACT_ID,
    EXTERNAL_ID,
    LINE_ID,
    MSISDN,
    Asked,
    Holder,
    as_claimed,
    holder_of,
    read_ahead,
)
from modules.contacts.usage_loads.service import record_loads

# Two pages of a Query (1 MB each) hold about so many months; ten years of sixteen lines are 1,920.
MOST_SUMMED: Final = 2000
PLACES: Final = 4
ACTIONS_OF_A_LOAD: Final = 2
"""The record and its event."""


@dataclass(slots=True)
class Loaded:
    """A month as a statement has left it. ``before`` are figures that had been said and are replaced.

    ``bill`` stages the bill, and ``shown`` is what it would show if the transaction had no other month of the line.
    """

    month: UsageSnapshot
    fate: Fate
    before: Mapping[str, str] = field(default_factory=dict)
    late: bool = False
    bill: Action | None = None
    shown: Raw = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Whose it is: what a batch answers of it."""
        return str(self.month.contact_id)

    @property
    def version(self) -> int:
        """Its revision."""
        return int(self.month.revision)


# -- writing


def put_month(call: Call, contact_id: str, month: str, body: UsageIn) -> UsageMonthOut:
    """Say a month of a customer's. Raises NotFound, Invalid, OlderFigures."""
    if body.line_id and body.account:
        raise errors.one_of_both()
    holder = Holder(contact_id, body.line_id, body.account)
    line_at = Line.place_of(call.tenant_id, contact_id, body.line_id or "")
    places = [Contact.key_of(call.tenant_id, contact_id), *holder.places(call.tenant_id, month)]
    found = call.store.prefetch([*places, line_at] if body.line_id else places)
    if call.store.known(Contact, places[0], found[places[0]]) is None:
        raise NotFound
    if body.line_id and not isinstance(read_as(Line, found[line_at]), Line):
        raise errors.unknown_line()
    loaded = say(call, holder, month, statement_of(call, body), body.source)
    record_loads(call, [loaded])
    return month_out(loaded.month)


def upsert_month(call: Call, key: UsageKey, body: UsageSaid) -> Upserted[Any]:
    """Say a month in a batch. Raises NotFound, AmbiguousKey, Invalid, OlderFigures."""
    holder = holder_of(call.store, _asked(call, key))
    loaded = say(call, holder, key.month, statement_of(call, body), body.source)
    return Upserted(cast("Any", loaded), created=loaded.fate is Fate.NEW)


def read_months_ahead(call: Call, operations: Sequence[UsageOperation]) -> None:
    """Fetch what a batch's operations are about to read; what is wrong with a key its operation says."""
    wanted = []
    for each in operations:
        try:
            wanted.append(_asked(call, each.key))
        except Invalid:
            continue
    read_ahead(call.store, wanted)


def room_for(outcomes: Sequence[Upserted[Any]]) -> int:
    """How many actions the loads of these operations take."""
    return ACTIONS_OF_A_LOAD * len({str(each.value.month.month) for each in outcomes})


def load_together(call: Call, outcomes: Sequence[Upserted[Any]]) -> list[Action]:
    """What a batch's operations stage together: one load for each month, and of two months' bills the newer one."""
    loaded: list[Loaded] = [each.value for each in outcomes]
    bills: dict[Key, list[tuple[Action, Raw]]] = {}
    for each in loaded:
        if each.bill is not None:
            bills.setdefault(each.bill.key, []).append((each.bill, each.shown))
    for same in bills.values():
        newest = max((shown for _, shown in same), key=lambda shown: str(shown["month"]["S"]))
        for action, _ in same:
            action.item = newest
    beside = call.with_store(fresh_store(call.store))
    record_loads(beside, loaded)
    return beside.store.actions()


def statement_of(call: Call, body: UsageSaid) -> Statement:
    """What a body says. Raises Invalid for amounts in several currencies."""
    figures, currencies = figures_of(body)
    if len(currencies) > 1:
        raise errors.other_currency()
    as_of = (body.as_of or call.now).astimezone(UTC)
    return Statement(figures, next(iter(currencies), None), as_of, body.as_of is not None)


def say(call: Call, holder: Holder, month: str, said: Statement, source: str | None) -> Loaded:
    """Stage a month, and the bill that shows the newest one. Raises NotFound, Invalid, OlderFigures.

    Whoever is faster between the reading and the commit makes the caller run again, on what stands then.
    """
    store = call.store
    if not has_begun(month, call.now):
        raise errors.unbegun_month()
    if said.as_of > call.now + AHEAD:
        raise errors.word_of_tomorrow()
    at, bill_at = holder.places(store.boundary, month)
    found = store.fetch([at, bill_at])
    known, bill = read_as(UsageSnapshot, found[at]), read_as(Bill, found[bill_at])
    # A bill stands as long as its customer does; who may see everything needs no more.
    contact = None if bill and store.scope.everything else _contact(store, holder.contact_id)
    if known is None and not any(said.figures.values()):
        raise errors.no_figures()
    try:
        after = merged(known.said() if known else None, said)
    except OlderThanKnownError as refused:
        raise errors.older(refused) from refused
    except OtherCurrencyError as refused:
        raise errors.other_currency() from refused
    if known is not None and after.fate is Fate.UNCHANGED:
        return Loaded(known, after.fate)
    made = UsageSnapshot(
        contact_id=holder.contact_id,
        merged_from=before.merged_from if (before := known or bill) else None,
        subject=holder.subject,
        external_id=holder.external_id,
        line_id=holder.line_id,
        account=holder.account,
        month=month,
        currency=after.month.currency,
        figures=dict(after.month.figures),
        as_of=after.month.as_of,
        earlier={name: each.isoformat() for name, each in after.month.earlier.items()} or None,
        source=source or (known.source if known else None),
        loaded_at=call.now,
        revision=(int(known.revision) if known else 0) + (after.fate is not Fate.CONFIRMED),
        restated_at=call.now if after.before else known.restated_at if known else None,
        source_version=version_of(month, after.month.as_of),
    ).place(store.boundary)
    store.put(made, Action(at, condition=_as_it_stood(UsageSnapshot, known)))
    late = known is None and bill is not None and str(bill.month) > month
    action = _show(store, made, bill, bill_at)
    if contact is not None and bill is None:
        store.require(contact)
    return Loaded(made, after.fate, after.before, late, action, action.item or {})


def _show(store: Store, made: UsageSnapshot, bill: Bill | None, at: Key) -> Action:
    """Stage the bill: this month, unless a younger one is shown or staged. A transaction has one bill of a line."""
    waiting = store.staged_at(at)
    there = read_as(Bill, waiting.item) if waiting else bill
    newer = made if there is None or there.month <= made.month else there
    shown = Bill(**{name: value for name, value in newer.held().items() if name not in _PLACE}).place(store.boundary)
    if waiting is None:
        waiting = Action(at, condition=_as_it_stood(Bill, bill), shared=True)
        store.put(shown, waiting)
    else:
        waiting.item = shown.raw()
    return waiting


_PLACE: Final = frozenset({"pk", "sk", "kind"})


def _as_it_stood(kind: type[Monthly], known: Monthly | None) -> Any:
    if known is None:
        return Item.pk.does_not_exist()
    return (kind.loaded_at == known.loaded_at) & (kind.revision == int(known.revision)) & (kind.month == known.month)


def _contact(store: Store, contact_id: str) -> Contact:
    at = Contact.key_of(store.boundary, contact_id)
    record = store.known(Contact, at, store.fetch([at])[at])
    if record is None:
        raise errors.unknown_customer()
    return record


def _asked(call: Call, key: UsageKey) -> Asked:
    """The key as claims have it. Raises Invalid."""
    given = [name for name in (CONTACT_ID, EXTERNAL_ID, MSISDN, LINE_ID) if getattr(key, name) is not None]
    if not given and key.account:
        return Asked(ACCOUNT, key.account, key.month)
    if len(given) != 1 or (key.account and given[0] in {MSISDN, LINE_ID}):
        raise errors.one_key()
    value: Any = getattr(key, given[0])
    if key.external_id:
        value = external_key(key.external_id.system, key.external_id.id)
    elif key.msisdn:
        value = as_claimed(key.msisdn, call.tenant.default_region)
    return Asked(given[0], value, key.month, key.account)


# -- reading


def list_months(call: Call, contact_id: str, query: ListQuery, first: str | None, last: str | None) -> Listed[Any]:
    """A page of a customer's months: of one line or account just its own; else one's after another's."""
    _check_period(first, last)
    contact = get_contact(call, contact_id)
    subject = _subject(query)
    partition = keys.collection(call.tenant_id, CONTACT.name, contact.id)
    between = _between(call.tenant_id, contact.id, subject, first, last) if subject else None
    found, position = call.store.query(
        partition,
        begins=None if between else keys.children(USAGE),
        between=between,
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    months = [each for each in found if isinstance(each, UsageSnapshot) and _within(each, first, last)]
    return Listed([month_out(each) for each in months], position)


def period(call: Call, contact_id: str, first: str | None, last: str | None, line_id: str | None) -> PeriodOut:
    """What a customer's months of a period add up to, over all lines and accounts or for one line."""
    _check_period(first, last)
    contact = get_contact(call, contact_id)
    months = list(_months(call.store, contact.id, first, last, line_id))
    complete = len(months) <= MOST_SUMMED
    wanted = [each for each in months[:MOST_SUMMED] if _within(each, first, last)]
    shown = []
    for currency in sorted({each.currency for each in wanted}, key=str):
        of_one = [each for each in wanted if each.currency == currency]
        sums = sums_by_month((str(each.month), each.restated_at is not None, each.figures) for each in of_one)
        shown.append(_figures(currency, sums))
    return PeriodOut(contact_id=contact.id, complete=complete, figures=shown)


def _check_period(first: str | None, last: str | None) -> None:
    if first and last and first > last:
        raise errors.backwards()


def _subject(query: ListQuery) -> str | None:
    for term in query.terms:
        if term.op is Op.EQ:
            return str(term.values[0]) if term.name == LINE_ID else f"account:{term.values[0]}"
    return None


def _between(
    tenant: str, contact_id: str, subject: str, first: str | None, last: str | None
) -> tuple[SortKey, SortKey]:
    low, high = (UsageSnapshot.key_of(tenant, contact_id, subject, each).sk for each in (first or "0", last or "9"))
    return low, high


def _within(month: Monthly, first: str | None, last: str | None) -> bool:
    return (first or "") <= str(month.month) <= (last or "9")


def _months(
    store: Store, contact_id: str, first: str | None, last: str | None, line_id: str | None
) -> Iterator[UsageSnapshot]:
    partition = keys.collection(store.boundary, CONTACT.name, contact_id)
    between = _between(store.boundary, contact_id, line_id, first, last) if line_id else None
    position: Mapping[str, Any] | None = None
    left = MOST_SUMMED + 1
    while left > 0:
        begins = None if between else keys.children(USAGE)
        found, position = store.query(partition, begins=begins, between=between, limit=left, start=position)
        left -= len(found)
        yield from (each for each in found if isinstance(each, UsageSnapshot))
        if position is None:
            return


def _figures(currency: str | None, months: Sequence[MonthSum]) -> FiguresOut:
    shown = [
        SumOut(month=each.month, count=each.count, restated=each.restated, figures=_texts(each.figures))
        for each in months
    ]
    return FiguresOut(
        currency=currency, months=shown, total=_texts(totals(months)), average=_texts(averages(months, PLACES))
    )


def _texts(figures: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{value:f}" for name, value in figures.items()}
