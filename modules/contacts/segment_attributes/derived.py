"""The facts that rules are decided by, from what is stored of a customer. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.store.records import Item
from modules.contacts.contributions.records import SegmentAttribute
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact
from modules.contacts.segment_attributes.rules import CUSTOM
from modules.contacts.segment_rules.rules import BIRTH_DATE, Facts, Month, Value
from modules.contacts.usage.records import Bill, Monthly, UsageSnapshot

_PLAIN: Final = (
    "type", "status", "value_tier", "churn_reason", "churn_category", "language", "preferred_channel", "source",
    "interest", "qualification", "owner_id", "parent_id", "household_id", "gender",
)  # fmt: skip
_OF_ADDRESSES: Final = ("city", "region", "postal_code", "country")
_DATES_OF_LINES: Final = ("starts_on", "ends_on")


def facts_of(contact: Contact, beside: Iterable[Item], zone: ZoneInfo) -> Facts:
    """What is known of a contact. ``beside`` is what stands in its partition.

    Lines count, what modules tell, and months of usage: all that are among it, or else the newest ones as bills.
    """
    lines, told = [], []
    bills: list[Monthly] = []
    snapshots: list[Monthly] = []
    for each in beside:
        if isinstance(each, Bill):
            bills.append(each)
        elif isinstance(each, UsageSnapshot):
            snapshots.append(each)
        elif isinstance(each, Line):
            lines.append(each)
        elif isinstance(each, SegmentAttribute) and not each.gone:
            told.append(each)
    values = _of_contact(contact, zone)
    values["active_lines"] = (Decimal(sum(each.status == "active" for each in lines)),)
    for each in told:
        values[f"{each.module}.{each.name}"] = tuple(_typed(each.value))
    changes = {f"{each.module}.{each.name}": at for each in told if (at := _changes_at(each))}
    return Facts(values, tuple(map(_of_line, lines)), months_of(snapshots or bills), changes, contact.id)


def months_of(stored: Iterable[Monthly]) -> tuple[Month, ...]:
    """A customer's months, the newest first: each figure summed over lines and accounts."""
    sums: dict[str, dict[str, Decimal]] = {}
    for each in stored:
        of_month = sums.setdefault(str(each.month), {})
        for name, text in each.figures.items():
            of_month[name] = of_month.get(name, Decimal()) + Decimal(text)
    return tuple(Month(month, sums[month]) for month in sorted(sums, reverse=True))


def _changes_at(told: SegmentAttribute) -> datetime | None:
    found: datetime | None = told.changes_at
    return found


def _of_contact(contact: Contact, zone: ZoneInfo) -> dict[str, tuple[Value, ...]]:
    values: dict[str, tuple[Value, ...]] = {name: tuple(_typed(getattr(contact, name))) for name in _PLAIN}
    addresses = contact.addresses or []
    for name in _OF_ADDRESSES:
        values[name] = tuple(each[name] for each in addresses if each.get(name))
    values["tags"] = tuple(contact.tags or ())
    values["external_systems"] = tuple(dict.fromkeys(each["system"] for each in contact.external_ids or ()))
    values["phones"] = tuple(contact.phones or ())
    values["do_not_contact"] = (bool(contact.do_not_contact),)
    values["has_email"] = (bool(contact.emails),)
    values["has_phone"] = (bool(contact.phones),)
    values["created_at"] = (contact.created_at.astimezone(zone).date(),)
    values["org_unit"] = tuple(_typed(contact.unit_path))
    values[BIRTH_DATE] = tuple(_dates(contact.birth_date))
    for name, value in (contact.custom or {}).items():
        values[f"{CUSTOM}{name}"] = tuple(_typed(value))
    return values


def _of_line(line: Line) -> Facts:
    values: dict[str, tuple[Value, ...]] = {
        name: tuple(_typed(getattr(line, name))) for name in ("product", "status", "outlet_id", "monthly_fee")
    }
    values |= {name: tuple(_dates(getattr(line, name))) for name in _DATES_OF_LINES}
    return Facts(values, id=line.id)


def _typed(value: Any) -> Iterator[Value]:
    """The values as rules compare them: numbers and amounts of money as decimals, dates as dates, each of a list."""
    if isinstance(value, bool):
        yield value
    elif isinstance(value, int | float):
        yield Decimal(str(value))
    elif isinstance(value, list):
        for each in value:
            yield from _typed(each)
    elif isinstance(value, Mapping):
        yield from _amount(value)
    elif value is not None:
        yield value


def _amount(money: Mapping[str, Any]) -> Iterator[Decimal]:
    try:
        yield Decimal(str(money.get("amount")))
    except InvalidOperation:
        return


def _dates(text: str | None) -> Iterator[date]:
    if text:
        yield date.fromisoformat(text)
