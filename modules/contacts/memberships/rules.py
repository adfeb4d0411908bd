"""What is to be changed so that a contact's memberships are as they should be. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from modules.contacts.memberships.records import Standing

# A membership, its change and a size are three actions each, or four where it moves from one unit to another; with the
# assessment and a timer a contact's fit one transaction (100: AWS, TransactWriteItems). What is more comes in the next.
MOST_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One membership that begins (``after`` alone), ends (``before`` alone), or stands elsewhere now."""

    segment_id: str
    before: Standing | None
    after: Standing | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The memberships that are to be, how they come from those that are, and whether there is more to do."""

    held: Mapping[str, Standing]
    changes: tuple[Change, ...]
    more: bool


def plan(
    held: Mapping[str, Standing], wanted: Mapping[str, bool], place: tuple[str, str] | None, now: datetime
) -> Plan:
    """From what a contact has to what it should have.

    ``wanted`` says of some segments whether the contact is in; of others nothing changes. ``place`` is where the
    contact stands (org-unit path, owner); a contact that is gone has none, and no membership either.
    """
    found = []
    for segment_id in sorted({*held, *wanted}):
        before = held.get(segment_id)
        stays = place is not None and wanted.get(segment_id, before is not None)
        after = Standing(before.since if before else now, *place) if stays and place is not None else None
        if before != after:
            found.append(Change(segment_id, before, after))
    done = tuple(found[:MOST_CHANGES])
    after_all = dict(held)
    for each in done:
        if each.after is None:
            after_all.pop(each.segment_id)
        else:
            after_all[each.segment_id] = each.after
    return Plan(after_all, done, len(found) > len(done))


@dataclass(slots=True)
class Sums:
    """What a transaction adds to the sizes: by segment and org-unit path."""

    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, changes: Iterable[Change]) -> None:
        """Count what begins and ends."""
        for each in changes:
            for standing, number in ((each.before, -1), (each.after, 1)):
                if standing is not None:
                    at = (each.segment_id, standing.unit_path)
                    self.numbers[at] = self.numbers.get(at, 0) + number

    def nonzero(self) -> list[tuple[str, str, int]]:
        """Segment, path and number, of what comes out as more or less."""
        return [(*at, number) for at, number in self.numbers.items() if number]
