"""Deleting what places list, a transaction a step, and the proof that nothing is left: an erasure's, a module's purge.

Each step deletes what fits one transaction, together with its own count, so what is counted is what was deleted,
however often the worker dies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.holdings.sources import Source
from chalicelib.holdings.walk import Found, Holdings
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import StateConflict

# A transaction takes 100; the job's own progress is one of them (AWS, TransactWriteItems).
DELETED_A_STEP: Final = 90
QUERIES_A_STEP: Final = 100
PAGE: Final = 25
ROUNDS: Final = 3
DELETE: Final = "delete"
PROVE: Final = "prove"


def _nothing_else() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Removal:
    """One step of a removal; ``places`` are the same in every step. ``only``: nothing in other units' tables goes."""

    work: Work
    holdings: Holdings
    places: Sequence[Source]
    only: str | None = None

    def delete(self, then: str) -> Step:
        """Delete what fits one transaction, from the place on where the last step ended; behind the last one, ``then``.

        An item goes with all that goes with it, itself last.
        """
        at = self.work.checkpoint
        number, position = int(at.get("source", 0)), at.get("position")
        deleted = {unit: dict(kinds) for unit, kinds in at.get("deleted", {}).items()}
        staged: set[tuple[str, object]] = set()
        for _ in range(QUERIES_A_STEP):
            if number == len(self.places):
                break
            place = self.places[number]
            page, behind = self.holdings.page(place, position, PAGE)
            for found in (each for listed in page for each in self.holdings.with_all(place, listed)):
                if found.place in staged or self.only not in {None, found.unit}:
                    continue
                if len(staged) == DELETED_A_STEP:
                    return self._after(number, position, deleted, len(staged))
                staged.add(found.place)
                self._stage(found, deleted)
            number, position = (number + 1, None) if behind is None else (number, behind)
            if staged:
                break
        if number == len(self.places):
            step = self._after(0, None, deleted, len(staged))
            return Step({**step.checkpoint, "phase": then, "found": 0}, done=step.done)
        return self._after(number, position, deleted, len(staged))

    def prove(self, then: str, others: Callable[[], int] = _nothing_else) -> Step:
        """Ask every place again; what is there, or among ``others``, begins another round, else ``then``.

        Raises StateConflict when something is there again and again.
        """
        at = self.work.checkpoint
        number, position, left = int(at["source"]), at["position"], int(at["found"])
        for _ in range(QUERIES_A_STEP):
            if number == len(self.places):
                break
            page, position = self.holdings.page(self.places[number], position)
            left += len(page)
            number += position is None
        if number < len(self.places):
            return self._next(PROVE, source=number, position=position, found=left)
        left += others()
        if not left:
            return self._next(then, source=0, position=None, found=0)
        round_ = int(at.get("round", 1))
        if round_ == ROUNDS:
            text = Text(
                f"{left} items were there again after {ROUNDS} rounds.", f"{ROUNDS} 轮之后仍有 {left} 项数据出现。"
            )
            raise StateConflict(text)
        return self._next(DELETE, source=0, position=None, round=round_ + 1)

    # -- inside

    def _next(self, phase: str, **said: Any) -> Step:
        return Step({**self.work.checkpoint, "phase": phase, **said}, done=self.work.done)

    def _after(self, number: int, position: object, deleted: dict[str, dict[str, int]], staged: int) -> Step:
        at = {**self.work.checkpoint, "phase": DELETE, "source": number, "position": position, "deleted": deleted}
        return Step(at, done=self.work.done + staged)

    def _stage(self, found: Found, deleted: dict[str, dict[str, int]]) -> None:
        self.holdings.door(found.unit).erase(found.raw)
        kinds = deleted.setdefault(found.unit, {})
        kinds[found.kind] = kinds.get(found.kind, 0) + 1
