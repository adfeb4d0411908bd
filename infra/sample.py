"""`python -m infra.sample --rows N --seed N PATH`: a made-up customer file with the mess of a real one.

Real feeds have a byte-order mark, Windows line ends, headers run together with a blank after some of them, empty cells
where a service is not taken, and monthly charges below zero. So has this one. The shape is that of a well-known sample
of a telecom company's customers; every value is invented: the same seed writes the same file, another seed another.
"""

import argparse
import csv
import random
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = (
    "Customerid ", "Gender", "Age", "Married", "Numberofdependents ", "City", "Zipcode ", "Latitude", "Longitude",
    "Numberofreferrals ", "Tenureinmonths ", "Offer", "Phoneservice ", "Avgmonthlylongdistancecharges ",
    "MultipleLines", "Internetservice ", "Internettype ", "Avgmonthlygbdownload ", "Onlinesecurity", "Onlinebackup",
    "Deviceprotectionplan", "Premiumtechsupport", "Streamingtv ", "Streamingmovies ", "Streamingmusic ",
    "Unlimiteddata", "Contract", "Paperlessbilling ", "Paymentmethod ", "Monthlycharge ", "Totalcharges ",
    "Totalrefunds ", "Totalextradatacharges ", "Totallongdistancecharges ", "Totalrevenue ", "Customerstatus ",
    "Churncategory ", "Churnreason ",
)  # fmt: skip
ONLINE = (
    "Onlinesecurity", "Onlinebackup", "Deviceprotectionplan", "Premiumtechsupport", "Streamingtv ",
    "Streamingmovies ", "Streamingmusic ", "Unlimiteddata",
)  # fmt: skip
# Shares in percent, near those that such companies report.
STATUSES = {"Stayed": 67, "Churned": 27, "Joined": 6}
CONTRACTS = {"Month-to-Month": 51, "One Year": 22, "Two Year": 27}
PAYMENTS = {"Bank Withdrawal": 55, "Credit Card": 39, "Mailed Check": 6}
OFFERS = {"None": 55, "Offer A": 7, "Offer B": 12, "Offer C": 6, "Offer D": 9, "Offer E": 11}
LINKS = {"Fiber Optic": 55, "DSL": 30, "Cable": 15}
CHURN = {
    "Competitor": ("A rival's faster line", "A rival's newer phone", "A rival's lower offer"),
    "Dissatisfaction": ("Calls dropped", "Waited long for a repair", "Bill hard to read"),
    "Attitude": ("Unfriendly at the counter", "Call centre hung up"),
    "Price": ("Roaming too dear", "Price rise after the offer"),
    "Other": ("Moved abroad", "Didn't say"),
}
_FIRST = "Alder Birch Cedar Copper Crane Ember Fern Flint Gull Hazel Heron Juniper Lark Maple Otter Quill Rowan Slate"
_LAST = "Bay Bluff Crossing Falls Ferry Fork Harbor Heights Hollow Landing Mill Pines Point Ridge Springs Vale"

PHONE_SHARE, INTERNET_SHARE = 0.9, 0.78
NEGATIVE_SHARE = 0.017  # credits booked as a monthly charge
CITIES = 120
MOST_ROWS = 5_000_000  # memory: ids are kept to be unique


@dataclass(frozen=True, slots=True)
class Place:
    """One postal code."""

    city: str
    postal_code: str
    latitude: str
    longitude: str


def rows(count: int, seed: int) -> Iterator[dict[str, str]]:
    """`count` customers by column, in the order of their ids; empty cells are empty texts."""
    dice = random.Random(f"switchboard sample {seed}")  # noqa: S311 - made-up customers, no secret
    places = _places(dice)
    weights = [1 / rank for rank in range(1, len(places) + 1)]  # few big cities, many small ones
    for customer_id in _ids(dice, count):
        yield _customer(dice, customer_id, dice.choices(places, weights)[0])


def write(path: Path, count: int, seed: int) -> None:
    """Write the file: UTF-8 with a byte-order mark, CRLF."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
        table.writeheader()
        table.writerows(rows(count, seed))


def _ids(dice: random.Random, count: int) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        letters = "".join(dice.choices(string.ascii_uppercase, k=4))
        found.add(f"{dice.randrange(100_000):05d}-{letters}")
    return sorted(found)


def _places(dice: random.Random) -> list[Place]:
    names = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    found = []
    for number, city in enumerate(dice.sample(names, CITIES), 1):
        for area in range(dice.choice((1, 1, 1, 2, 3))):
            latitude, longitude = dice.uniform(30, 45), -dice.uniform(75, 120)
            # Leading zeros on purpose: a postal code is a text.
            found.append(Place(city, f"{number:03d}{area:02d}", f"{latitude:.6f}", f"{longitude:.6f}"))
    return found


def _customer(dice: random.Random, customer_id: str, place: Place) -> dict[str, str]:
    status = _weighted(dice, STATUSES)
    tenure = dice.randint(1, 3) if status == "Joined" else dice.randint(1, 72)
    internet = dice.random() < INTERNET_SHARE
    phone = dice.random() < PHONE_SHARE or not internet
    category = dice.choice(list(CHURN)) if status == "Churned" else ""
    return {
        "Customerid ": customer_id,
        "Gender": dice.choice(("Female", "Male")),
        "Age": str(dice.randint(18, 85)),
        "Married": _yes(dice, 0.48),
        "Numberofdependents ": str(dice.choices((0, 1, 2, 3, 4), (77, 8, 8, 6, 1))[0]),
        "City": place.city,
        "Zipcode ": place.postal_code,
        "Latitude": place.latitude,
        "Longitude": place.longitude,
        "Numberofreferrals ": str(dice.choice((0, 0, 0, 1, 1, 2, 3, 5, 8))),
        "Tenureinmonths ": str(tenure),
        "Offer": _weighted(dice, OFFERS),
        "Contract": _weighted(dice, CONTRACTS),
        "Paperlessbilling ": _yes(dice, 0.6),
        "Paymentmethod ": _weighted(dice, PAYMENTS),
        "Phoneservice ": "Yes" if phone else "No",
        "MultipleLines": _yes(dice, 0.45) if phone else "",
        **_internet(dice, taken=internet),
        **_money(dice, tenure, phone=phone),
        "Customerstatus ": status,
        "Churncategory ": category,
        "Churnreason ": dice.choice(CHURN[category]) if category else "",
    }


def _internet(dice: random.Random, *, taken: bool) -> dict[str, str]:
    if not taken:
        return {"Internetservice ": "No", "Internettype ": "", "Avgmonthlygbdownload ": "", **dict.fromkeys(ONLINE, "")}
    return {
        "Internetservice ": "Yes",
        "Internettype ": _weighted(dice, LINKS),
        "Avgmonthlygbdownload ": str(dice.randint(2, 90)),
        **{column: _yes(dice, 0.45) for column in ONLINE},
    }


def _money(dice: random.Random, tenure: int, *, phone: bool) -> dict[str, str]:
    """In cents until it is written: sums then agree as they do in a billing system."""
    monthly = dice.randrange(1800, 12000, 5)
    total = monthly * tenure + dice.randint(-300, 300)
    distance = dice.randint(100, 5000) if phone else 0
    refunds = dice.choices((0, dice.randint(100, 4999)), (92, 8))[0]
    extra = dice.choices((0, 1000 * dice.randint(1, 15)), (90, 10))[0]
    shown = -100 * dice.randint(1, 10) if dice.random() < NEGATIVE_SHARE else monthly
    return {
        "Avgmonthlylongdistancecharges ": _amount(distance) if phone else "",
        "Monthlycharge ": _amount(shown),
        "Totalcharges ": _amount(total),
        "Totalrefunds ": _amount(refunds),
        "Totalextradatacharges ": _amount(extra),
        "Totallongdistancecharges ": _amount(distance * tenure),
        "Totalrevenue ": _amount(total - refunds + extra + distance * tenure),
    }


def _amount(cents: int) -> str:
    """As spreadsheets write it: no zeros at the end."""
    return f"{cents / 100:.2f}".rstrip("0").rstrip(".")


def _yes(dice: random.Random, share: float) -> str:
    return "Yes" if dice.random() < share else "No"


def _weighted(dice: random.Random, shares: dict[str, int]) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.sample", description="Write a made-up customer file.")
    parser.add_argument("--rows", type=int, default=7043, metavar="N", help="customers (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another file")
    parser.add_argument("path", type=Path, metavar="PATH", help="the CSV file to write")
    wanted = parser.parse_args(arguments)
    if not 1 <= wanted.rows <= MOST_ROWS:
        parser.error(f"--rows is a number from 1 to {MOST_ROWS}")
    try:
        write(wanted.path, wanted.rows, wanted.seed)
    except OSError as error:
        sys.stderr.write(f"Can't write {wanted.path}: {error.strerror}\n")
        return 1
    sys.stdout.write(f"{wanted.path}: {wanted.rows} made-up customers (seed {wanted.seed})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
