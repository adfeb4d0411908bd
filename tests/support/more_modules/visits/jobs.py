"""Long work of visits; tests hang in what is to happen in the middle of a step."""

from collections.abc import Callable
from typing import Final

from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery, list_records
from modules.visits.records import Visit, count

IN_THE_STEP: Final[list[Callable[[Work], None]]] = []
"""Called by each step of ``climb`` when it has staged what it does."""


class StumbledError(Exception):
    """What a step with a mistake in it raises."""


def climb(work: Work) -> Step:
    """As many steps as ``params`` say, each counted in a tally of its own."""
    at = int(work.checkpoint.get("at", 0))
    count(work.call.store, f"{work.job_id}.{at}")
    for hook in IN_THE_STEP:
        hook(work)
    at += 1
    return Step({"at": at}, at, work.params["steps"], finished=at == work.params["steps"], result={"climbed": at})


def stumble(work: Work) -> Step:
    """Always fails, with a mistake of ours."""
    raise StumbledError(work.job_id)


def refuse(work: Work) -> Step:
    """Always fails, with a reason for the caller."""
    raise StateConflict(Text("The shop is closed.", "门店已关门。"), job=work.job_id)


def look_around(work: Work) -> Step:
    """Says which visits its starter sees."""
    found = list_records(work.call.store, Visit, ListQuery(limit=50)).items
    return Step(finished=True, done=len(found), result={"seen": sorted(each.id for each in found)})
