"""A cell's value as text, as people see it: 80 and not 80.0, 2026-03-01 and not 46082, 00501 under a format of zeros.

ECMA-376 part 1, 18.8.30 (number formats) and 18.17.4 (dates). Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

# Whole numbers up to this are exact in a double.
_EXACT: Final = 1e15
_SECONDS: Final = 86_400
_LAST_DAY: Final = 2_958_466  # 9999-12-31
_LEAP: Final = 60  # 1900-02-29, which there was not
_ASIDE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED: Final = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_ZEROS: Final = re.compile(r"0{2,15}")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Built in (18.8.30); 27 to 36 and 50 to 58 are dates in East Asian locales.
_BUILT_IN_DATES: Final = frozenset({*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)})
_BUILT_IN_TIMES: Final = frozenset({*range(18, 22), 32, 33})
_WITH_TIME: Final = 22


@dataclass(frozen=True, slots=True)
class Shown:
    """How cells of a format are seen: as days, as times of day, as both, as digits with zeros in front; or as is."""

    day: bool = False
    time: bool = False
    digits: int = 0


AS_IS: Final = Shown()


def shown_as(format_id: int, codes: Mapping[int, str]) -> Shown:
    """What a number format says."""
    code = codes.get(format_id)
    if code is None:
        day, clock = format_id in _BUILT_IN_DATES, format_id in _BUILT_IN_TIMES or format_id == _WITH_TIME
        return Shown(day=day, time=clock) if day or clock else AS_IS
    if _ZEROS.fullmatch(code):
        return Shown(digits=len(code))
    plain = _ASIDE.sub("", code.partition(";")[0]).lower()
    if _ELAPSED.search(code) or "general" in plain:
        return AS_IS
    day, clock = any(each in plain for each in "yd"), any(each in plain for each in "hs")
    day = day or ("m" in plain and not clock)
    return Shown(day=day, time=clock) if day or clock else AS_IS


def number(text: str, shown: Shown, *, from_1904: bool) -> str:
    """A number's text. What is none comes back as it is."""
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) < 15 and shown is AS_IS:  # noqa: PLR2004 - most cells by far
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if (shown.day or shown.time) and (moment := _moment(value, shown, from_1904=from_1904)):
        return moment
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value)).zfill(shown.digits)
    return format(Decimal(repr(value)), "f") if abs(value) != float("inf") and value == value else text  # noqa: PLR0124 - not a number


def unescaped(text: str) -> str:
    """A string without the escapes of characters that XML has not (ST_Xstring, 22.9.2.19)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _moment(value: float, shown: Shown, *, from_1904: bool) -> str | None:
    if not 0 <= value < _LAST_DAY:
        return None
    days, seconds = divmod(round(value * _SECONDS), _SECONDS)
    if days == 0 and not shown.day:
        return f"{datetime(1, 1, 1) + timedelta(seconds=seconds):%H:%M:%S}"  # noqa: DTZ001 - no zone
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if days < _LEAP else 30)  # noqa: DTZ001 - no zone
    moment = first + timedelta(days=days, seconds=seconds)
    return moment.isoformat() if shown.time and seconds else moment.date().isoformat()
