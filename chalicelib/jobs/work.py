"""A job as its step function sees it, and what a step answers."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.background import Background
from chalicelib.call import Call


@dataclass(frozen=True, slots=True)
class Work:
    """One step to do: what was asked, how far it is, and a call in the name of who started the job.

    ``call.store`` is a door to the job's unit; what the step stages there is committed in one transaction with the
    step's own progress, so a step happens once, whatever crashes. A step must fit that transaction, and may be run
    again before it is in: everything else that it does (a file that it writes) has to be the same twice.
    """

    job_id: str
    params: dict[str, Any]
    checkpoint: dict[str, Any]
    done: int
    total: int | None
    call: Call
    background: Background


@dataclass(frozen=True, slots=True)
class Step:
    """What a step answers: where the next one begins, how much is done, and at the end the job's result.

    ``errors_file`` is the id of the file that says what was refused, if there is one. ``paused``: nothing can be done
    at present; the sweeper wakes the job again within a minute or so. ``next_takes``: the next step is one that can't
    be cut up, and may take as long; if its worker dies, the job waits until then.
    """

    checkpoint: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    finished: bool = False
    paused: bool = False
    result: dict[str, Any] | None = None
    errors_file: str | None = None
    next_takes: timedelta | None = None


def unit_of(job_type: str) -> str:
    """The unit whose table the job works on."""
    return job_type.partition(".")[0]
