"""Pure decisions about contacts: no store, no clock, no HTTP."""

import unicodedata
from hashlib import blake2b
from typing import Any, Final, Protocol

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused

LAST_SHOWN: Final = 4
SHORTEST_DOCUMENT: Final = 5
BLOCKING: Final = 2
"""So many e-mail addresses and phone numbers of a contact lead to likely duplicates: each costs an item."""
DIGEST_BYTES: Final = 16


class Named(Protocol):
    """What is compared of a contact, as it is stored."""

    name: Any
    given_name: Any
    family_name: Any
    emails: Any
    phones: Any
    addresses: Any
    birth_date: Any


def normalise_document(number: str) -> str:
    """The number of an identity document without blanks, signs and case, in which people differ.

    Raises ValueRefused when hardly anything is left.
    """
    plain = "".join(each for each in unicodedata.normalize("NFKC", number) if each.isalnum()).upper()
    if len(plain) < SHORTEST_DOCUMENT:
        raise ValueRefused(Text("This is no document number.", "不是有效的证件号码。"))
    return plain


def last_four(number: str) -> str | None:
    """The last four characters of a normalised number; None when that would be more than half of it."""
    return number[-LAST_SHOWN:] if len(number) >= LAST_SHOWN * 2 else None


def normalise_phone(number: str, default_region: str) -> str:
    """The number as E.164, read with the tenant's default region (api.md, Shape).

    Raises ValueRefused for what can't be a phone number. The library is imported on use (quality.md, cold start).
    """
    import phonenumbers  # noqa: PLC0415 - 60 ms CPU, only needed when a number is written

    try:
        parsed = phonenumbers.parse(number, default_region or None)
    except phonenumbers.NumberParseException as error:
        raise ValueRefused(Text("This is no phone number.", "不是有效的电话号码。")) from error
    if not phonenumbers.is_possible_number(parsed):
        raise ValueRefused(Text("This is no possible phone number.", "电话号码位数不正确。"))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def display_name(
    *,
    name: str | None,
    given: str | None,
    family: str | None,
    external_ids: list[dict[str, str]],
    record_id: str,
) -> str:
    """What to call a contact: real feeds come without names, so an external id or the id must do."""
    if name:
        return name
    if given or family:
        if any("一" <= character <= "鿿" for character in f"{family}{given}"):
            return f"{family or ''}{given or ''}"  # Chinese: family name first, no blank
        return " ".join(part for part in (given, family) if part)
    return external_ids[0]["id"] if external_ids else record_id


def same_name(record: "Named") -> str:
    """A contact's name as it is compared: without accents and case, and in whatever order its words come."""
    from chalicelib.search.words import folded  # noqa: PLC0415 - only where a contact is written

    text = record.name or f"{record.family_name or ''} {record.given_name or ''}"
    words = folded(text).replace(",", " ").split()
    if words and all("一" <= each <= "鿿" for word in words for each in word):
        return "".join(words)  # 张 三丰 and 张三丰
    return " ".join(sorted(words))


def blocks_of(record: "Named") -> frozenset[tuple[str, str]]:
    """What a contact has in common with its likely duplicates; values as digests, so that no key tells one.

    The first two e-mail addresses and phone numbers, and the name with the birth date and with the first postal code:
    a contact of a tenant's feed has two or three of these.
    """
    values = [("email", each.casefold()) for each in (record.emails or [])[:BLOCKING]]
    values += [("phone", each) for each in (record.phones or [])[:BLOCKING]]
    if (record.birth_date or record.addresses) and (name := same_name(record)):
        codes = [each["postal_code"] for each in record.addresses or [] if each.get("postal_code")][:1]
        values += [("name_born", f"{name} {record.birth_date}")] if record.birth_date else []
        values += [("name_place", f"{name} {code.replace(' ', '').casefold()}") for code in codes]
    return frozenset((kind, blake2b(value.encode(), digest_size=DIGEST_BYTES).hexdigest()) for kind, value in values)
