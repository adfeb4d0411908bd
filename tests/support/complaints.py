"""The real complaints: read plainly, repaired plainly, and counted, to compare with what the product makes of them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime
from typing import Any

STATUS = {"Open": "new", "Pending": "pending", "Solved": "resolved", "Closed": "closed"}
CHANNEL = {"Customer Care Call": "phone", "Internet": "web"}


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The file's rows."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def opened_at(row: dict[str, str]) -> datetime:
    """When a complaint was made, with day and month put back where the day is 12 or less."""
    day, month, year = map(int, row["Date"].split("-"))
    if day <= 12:  # noqa: PLR2004 - months
        day, month = month, day
    at = datetime.strptime(row["Time"], "%I:%M:%S %p")  # noqa: DTZ007 - the tenant's zone is UTC
    return datetime(2000 + year, month, day, at.hour, at.minute, at.second)  # noqa: DTZ001 - the same


def counted(rows: list[dict[str, str]]) -> dict[str, Counter[Any]]:
    """How many of each status, channel, area and day there are."""
    return {
        "status": Counter(STATUS[row["Status"]] for row in rows),
        "channel": Counter(CHANNEL[row["Received Via"]] for row in rows),
        "state": Counter(row["State"].strip() for row in rows),
        "area": Counter((row["State"].strip(), row["City"].strip()) for row in rows),
        "day": Counter(f"{opened_at(row):%Y-%m-%d}" for row in rows),
        "at": Counter(f"{opened_at(row):%Y-%m-%dT%H:%M:%S}Z" for row in rows),
        "number": Counter(row["Ticket #"] for row in rows),
        "title": Counter(" ".join(row["Customer Complaint"].split()) for row in rows),
    }


def counted_requests(requests: list[dict[str, Any]]) -> dict[str, Counter[Any]]:
    """The same of requests as the API shows them."""
    return {
        "status": Counter(each["status"] for each in requests),
        "channel": Counter(each["channel"] for each in requests),
        "state": Counter(each["area"][0] for each in requests),
        "area": Counter(tuple(each["area"]) for each in requests),
        "day": Counter(each["opened_at"][:10] for each in requests),
        "at": Counter(each["opened_at"] for each in requests),
        "number": Counter(each["external_id"]["id"] for each in requests),
        "title": Counter(each["title"] for each in requests),
    }
