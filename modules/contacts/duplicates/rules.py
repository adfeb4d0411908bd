"""How alike two contacts are, and what a search through all of them looks at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from chalicelib.search.words import folded
from modules.contacts.people.rules import Named, same_name

# From here on a new contact is refused unless its writer insists. A number or an address that fits is enough while
# nothing speaks against it; a name is enough with the birth date, or with the whole address.
LIKELY: Final = 0.7
EMAIL, PHONE, NAME, NAME_ALIKE, BORN, ADDRESS, POSTAL_CODE = 0.7, 0.7, 0.35, 0.2, 0.35, 0.35, 0.1
# Families share numbers, namesakes share names: another name or another birth date speaks against it.
OTHER_NAME, OTHER_BIRTH = -0.3, -0.4
ALIKE: Final = 0.85  # of the letters are the same: one typing error in a name of seven letters


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure it is, from 0 to 1, and what is alike."""

    score: float
    reasons: tuple[str, ...]


def likeness(one: Named, other: Named) -> Likeness:
    """How alike two contacts are, as they are stored."""
    found: list[tuple[str, float]] = [
        *_shared("email", EMAIL, _folded(one.emails), _folded(other.emails)),
        *_shared("phone", PHONE, one.phones, other.phones),
        *_names(same_name(one), same_name(other)),
        *_births(one.birth_date, other.birth_date),
        *_addresses(one.addresses or [], other.addresses or []),
    ]
    score = sum(weight for _, weight in found)
    return Likeness(round(min(max(score, 0.0), 1.0), 2), tuple(name for name, weight in found if weight > 0))


def _shared(
    name: str, weight: float, one: Sequence[str] | None, other: Sequence[str] | None
) -> list[tuple[str, float]]:
    return [(name, weight)] if set(one or ()) & set(other or ()) else []


def _folded(emails: Sequence[str] | None) -> list[str]:
    return [each.casefold() for each in emails or ()]


def _names(one: str, other: str) -> list[tuple[str, float]]:
    if not one or not other:
        return []
    if one == other:
        return [("name", NAME)]
    if SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE:
        return [("similar_name", NAME_ALIKE)]
    return [("other_name", OTHER_NAME)]


def _births(one: str | None, other: str | None) -> list[tuple[str, float]]:
    if not one or not other:
        return []
    return [("birth_date", BORN)] if one == other else [("other_birth_date", OTHER_BIRTH)]


def _addresses(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    if {_address(each) for each in one if each.get("street")} & {
        _address(each) for each in other if each.get("street")
    }:
        return [("address", ADDRESS)]
    if {_code(each) for each in one if _code(each)} & {_code(each) for each in other if _code(each)}:
        return [("postal_code", POSTAL_CODE)]
    return []


def _code(address: dict[str, Any]) -> str:
    return str(address.get("postal_code") or "").replace(" ", "").casefold()


def _address(address: dict[str, Any]) -> tuple[str, str]:
    return _code(address), _street(address)


def _street(address: dict[str, Any]) -> str:
    return "".join(each for each in str(address.get("street") or "").casefold() if each.isalnum())


def row_of(record_id: str, record: Named, external_ids: Sequence[dict[str, str]]) -> dict[str, Any]:
    """A contact as the search compares it: one address, names without the order of their words; lists may be empty."""
    address: dict[str, Any] = next(iter(record.addresses or []), {})
    plain = folded(record.name or f"{record.given_name or ''} {record.family_name or ''}").replace(",", " ").split()
    return {
        "unique_id": record_id,
        "name": same_name(record) or None,
        "plain": " ".join(plain) or None,
        "turned": " ".join([*plain[1:], *plain[:1]]) or None,
        "phones": list(record.phones or []),
        "emails": _folded(record.emails),
        "birth_date": record.birth_date or None,
        "postal_code": _code(address) or None,
        "street": _street(address) or None,
        "other_ids": sorted({each["id"].casefold() for each in external_ids}),
    }
