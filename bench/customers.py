"""The customers: rows of the real file where it is there, else made-up ones, with made-up names and numbers. Seeded."""

import csv
import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from infra import sample
from infra.sample_people import people

SEED: Final = 1
SYSTEM: Final = "billing"
STATUSES: Final = {"Stayed": "active", "Churned": "churned", "Joined": "joined"}
WITH_EMAIL: Final = 10  # every tenth
ROWS: Final = 7043  # of the real file, and of the sample that stands for it
RARE_CITY: Final = "Nowhere-on-Sea"


def real_file() -> Path | None:
    """The real customers, beside the repository or where SHARED_DATA says; None when they are not there."""
    place = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    path = place / "telecom_customers.csv"
    return path if path.is_file() else None


def said() -> str:
    """Which rows these are."""
    found = real_file()
    return f"the rows of {found.name}" if found else "rows of infra.sample"


def rows() -> list[dict[str, str]]:
    """The file's rows, or as many made-up ones; names of columns without blanks around them."""
    path = real_file()
    if path is None:
        found: list[dict[str, str]] = list(sample.rows(ROWS, SEED))
    else:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = list(csv.DictReader(stream))
    return [{name.strip(): value for name, value in row.items()} for row in found]


def external_id(number: int) -> str:
    """The id of a customer in the billing system."""
    return f"C-{number:06d}"


def bodies(count: int) -> Iterator[dict[str, Any]]:
    """`count` customers in the form of `POST /v1/contacts`; the first ones are the same for every count."""
    for number, (row, person) in enumerate(zip(islice(cycle(rows()), count), people(count, SEED), strict=True)):
        yield {
            "name": person.name,
            "external_ids": [{"system": SYSTEM, "id": external_id(number)}],
            "phones": [person.phone],
            "emails": [f"c{number:06d}@example.com"] if number % WITH_EMAIL == 0 else [],
            "status": STATUSES[row["Customerstatus"]],
            "churn_category": row["Churncategory"] or None,
            "churn_reason": row["Churnreason"] or None,
            "gender": row["Gender"].lower(),
            "addresses": [
                {
                    "city": row["City"],
                    "postal_code": row["Zipcode"],
                    "country": "US",
                    "geo": {"latitude": float(row["Latitude"]), "longitude": float(row["Longitude"])},
                }
            ],
        }
