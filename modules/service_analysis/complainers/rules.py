"""Whose complaint of which month and year a request is. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

REPEATED: Final = 2
"""From so many complaints of one period on a customer is listed."""
_A_MONTH: Final = len("2015-04")
_A_YEAR: Final = len("2015")


class Complaint(NamedTuple):
    """A complaint as it is counted: its customer, its day in the tenant's time zone, and its org unit's path."""

    contact_id: str
    day: str
    unit_path: str

    @property
    def periods(self) -> tuple[str, str]:
        """The month and the year."""
        return self.day[:_A_MONTH], self.day[:_A_YEAR]


def changes(before: Complaint | None, after: Complaint | None) -> dict[tuple[str, str], dict[str, int]]:
    """What is added to which customer's periods, by org unit, when one takes the other's place."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for complaint, sign in ((before, -1), (after, 1)):
        if complaint is None:
            continue
        for period in complaint.periods:
            units = found.setdefault((complaint.contact_id, period), {})
            units[complaint.unit_path] = units.get(complaint.unit_path, 0) + sign
    left = {at: {unit: each for unit, each in units.items() if each} for at, units in found.items()}
    return {at: units for at, units in left.items() if units}


def added(by_unit: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Complaints by org unit, with more; without the units that have none."""
    units = {unit: int(by_unit.get(unit, 0)) + int(more.get(unit, 0)) for unit in {*by_unit, *more}}
    return {unit: each for unit, each in units.items() if each}
