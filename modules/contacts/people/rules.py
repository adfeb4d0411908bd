"""Pure decisions about contacts: no store, no clock, no HTTP."""

import unicodedata
from typing import Final

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused

LAST_SHOWN: Final = 4
SHORTEST_DOCUMENT: Final = 5


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
