"""Who may read an article, and what of a request may stand in one. Pure."""

import re
from enum import StrEnum
from typing import Final


class Visibility(StrEnum):
    """Who may read an article."""

    OPEN = "open"
    """Whoever reads articles: what a customer can be told."""
    STAFF = "staff"
    """Who works on requests."""
    UNPUBLISHED = "unpublished"
    """Who writes."""


def visibility(*, published: bool, staff_only: bool) -> Visibility:
    """Who may read an article that has, or has not, a published text."""
    if not published:
        return Visibility.UNPUBLISHED
    return Visibility.STAFF if staff_only else Visibility.OPEN


def may_read(article: str, *, works_on_requests: bool) -> bool:
    """Whether somebody may read an article of that visibility."""
    return works_on_requests or article == Visibility.OPEN


_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Phone numbers, accounts, documents: five digits or more, whatever stands between them. A price or a year has fewer.
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){4,}")
_ID: Final = re.compile(r"\b[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}\b")
LEFT_OUT: Final = "…"


def impersonal(text: str) -> str:
    """A text of a request without e-mail addresses, long numbers and ids.

    Names it does not know: the reviewer does, since nothing is published by who has drafted it.
    """
    for each in (_ID, _MAIL, _NUMBER):
        text = each.sub(LEFT_OUT, text)
    return text
