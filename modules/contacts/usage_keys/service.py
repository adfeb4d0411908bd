"""From a key that billing knows to the customer, and the line or account, whose month it is.

A number leads to the line that has it now; a month in which that line was not there yet was another holder's, and is
refused, not shown to the new one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.modules import Index, Text
from chalicelib.problems import AmbiguousKey, FieldError, Invalid, ValueRefused
from chalicelib.store import keys
from chalicelib.store.errors import Raw
from chalicelib.store.following import follow
from chalicelib.store.keys import Key
from chalicelib.store.records import Claim, read_as
from chalicelib.store.store import Store
from modules.contacts.holdings.records import Holding, of_number
from modules.contacts.kinds import CONTACT, LINE
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact
from modules.contacts.people.rules import normalise_phone
from modules.contacts.usage.errors import held_by_another, unknown_customer
from modules.contacts.usage.records import Bill, UsageSnapshot
from modules.contacts.usage.rules import held_in, subject_of

CONTACT_ID, EXTERNAL_ID, MSISDN, LINE_ID, ACCOUNT = "contact_id", "external_id", "msisdn", "line_id", "account"
BY_CLAIM = frozenset({EXTERNAL_ID, MSISDN})
# Of an account that so many lines share the first ones tell whose it is.
SHARING = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A key and its value, as claims have it, and the month. ``account`` goes with a key that finds the customer."""

    name: str
    value: str
    month: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose month it is: a customer's, as we or as another system knows it, or one of its lines' or accounts'."""

    contact_id: str
    line_id: str | None = None
    account: str | None = None
    external_id: str | None = None

    @property
    def subject(self) -> str:
        """What the month is one of."""
        return subject_of(self.contact_id, self.line_id, self.account, self.external_id)

    def places(self, tenant: str, month: str) -> tuple[Key, Key]:
        """Where the month and the bill stand."""
        month_at = UsageSnapshot.key_of(tenant, self.contact_id, self.subject, month)
        return month_at, Bill.key_of(tenant, self.contact_id, self.subject)


def as_claimed(msisdn: str, region: str) -> str:
    """A number in any format as E.164. Raises Invalid."""
    try:
        return normalise_phone(msisdn, region)
    except ValueRefused as refused:
        raise Invalid(errors=(FieldError("/msisdn", "phone_number", refused.detail),)) from refused


def holder_of(store: Store, asked: Asked) -> Holder:
    """Whose month it is. Raises NotFound, AmbiguousKey, and Invalid for a month before the line's."""
    match asked.name:
        case "contact_id":
            return _of_contact(store, asked)
        case "line_id":
            line = _line_by_id(store, asked.value)
            return Holder(line.contact_id, line.id)
        case "account":
            return Holder(_contact_of_account(store, asked.value), account=asked.value)
    claim = store.get_item(Claim, keys.claim(store.boundary, asked.name, asked.value))
    if claim is None:
        raise unknown_customer()
    contact_id, _, line_id = claim.record.partition("/")
    if not line_id:
        return _by_claim(asked, contact_id, line_id)
    holder = Holder(contact_id, line_id)
    _, bill_at = holder.places(store.boundary, asked.month)
    if not _was_there(store.fetch([bill_at])[bill_at], asked.month):
        at = Line.place_of(store.boundary, contact_id, line_id)
        found = read_as(Line, store.fetch([at])[at])
        if found is None:
            raise unknown_customer()
        if not held_in(asked.month, found.starts_on) or _another_had_it(store, asked, found):
            raise held_by_another()
    return holder


def _by_claim(asked: Asked, contact_id: str, line_id: str) -> Holder:
    if line_id:
        return Holder(contact_id, line_id)
    return Holder(contact_id, account=asked.account, external_id=None if asked.account else asked.value)


def _another_had_it(store: Store, asked: Asked, line: Line) -> bool:
    """Whether the number was another line's before, and this one has it since a later month only.

    What nobody had before is taken at its feed's word: history is loaded for lines that are new to us.
    """
    if line.starts_on or f"{line.created_at:%Y-%m}" <= asked.month:
        return False
    found, _ = store.query(of_number(store.boundary, asked.name, asked.value), index=str(Index.STATE), limit=SHARING)
    holdings = [each for each in found if isinstance(each, Holding)]
    since = [f"{each.since:%Y-%m}" for each in holdings if each.line_id == line.id]
    return any(each.line_id != line.id for each in holdings) and asked.month < min(since, default="")


def _of_contact(store: Store, asked: Asked) -> Holder:
    """A customer who has been merged into another one is that one."""
    holder = Holder(asked.value, account=asked.account)
    _, bill_at = holder.places(store.boundary, asked.month)
    if store.scope.everything and store.fetch([bill_at])[bill_at] is not None:
        return holder
    stands = follow(store, CONTACT.name, asked.value)
    if stands is None:
        raise unknown_customer()
    return Holder(stands, account=asked.account)


def _was_there(bill: Raw | None, month: str) -> bool:
    """Whether the line's bill says so much: it has one of this month or an earlier one."""
    return bill is not None and bill["month"]["S"] <= month


def read_ahead(store: Store, wanted: Sequence[Asked]) -> None:
    """Fetch what loading these months will read: claims, then months and bills, then what these leave open."""
    claimed = [keys.claim(store.boundary, each.name, each.value) for each in wanted if each.name in BY_CLAIM]
    claims = store.prefetch(claimed) if claimed else {}
    found: list[tuple[Holder, str]] = []
    for each in wanted:
        if each.name == CONTACT_ID:
            found.append((Holder(each.value, account=each.account), each.month))
        elif each.name in BY_CLAIM and (raw := claims[keys.claim(store.boundary, each.name, each.value)]):
            contact_id, _, line_id = raw["record"]["S"].partition("/")
            found.append((_by_claim(each, contact_id, line_id), each.month))
    places = [each.places(store.boundary, month) for each, month in found]
    _prefetch(store, [key for pair in places for key in pair])
    more: list[Key] = []
    for (holder, month), (_, bill_at) in zip(found, places, strict=True):
        bill = store.cache.get(bill_at)
        if holder.line_id and not _was_there(bill, month):
            more.append(Line.place_of(store.boundary, holder.contact_id, holder.line_id))
        if bill is None or not store.scope.everything:
            more.append(Contact.key_of(store.boundary, holder.contact_id))
    _prefetch(store, more)


def _prefetch(store: Store, wanted: Iterable[Key]) -> None:
    if distinct := list(dict.fromkeys(wanted)):
        store.prefetch(distinct)


def _line_by_id(store: Store, line_id: str) -> Line:
    at = keys.creation(line_id)
    partition = keys.by_kind(store.boundary, LINE.name)
    found, _ = store.query(partition, between=(at, at), index=str(Index.CREATION), limit=1)
    line = next((each for each in found if isinstance(each, Line)), None)
    if line is None:
        raise unknown_customer()
    return line


def _contact_of_account(store: Store, account: str) -> str:
    entries, _ = store.query(keys.lookup_partition(store.boundary, ACCOUNT, account), limit=SHARING)
    ids = list(dict.fromkeys(each.record.partition("/")[0] for each in entries if isinstance(each, Claim)))
    if not ids:
        raise unknown_customer()
    if len(ids) > 1:
        raise AmbiguousKey(Text("Several customers share this account.", "多个客户共用此账户。"), ids=sorted(ids))
    return ids[0]
