"""`python -m bench.cold_start [--bundle build/deployment.zip]`: the CPU of a first answer, in bare DynamoDB clients.

Both run in new interpreters out of the same finished bundle: the product is imported and answers one GET; the measure
is `import boto3; boto3.client("dynamodb")`. Seconds depend on the machine, their ratio hardly does. The runs alternate,
so that a busy neighbour slows all alike, and CPU time is that of the process alone.
"""

import argparse
import io
import json
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from infra.packaging.fresh import run, unpacked
from tests.conftest import AWS_ENVIRONMENT
from tests.support.engine import running_engine
from tests.support.onboarded import Onboarded, onboarded, proxy_event

BUDGET: Final = 2.0  # quality.md, Budgets
ROUNDS: Final = 15
BARE: Final = 'import boto3; boto3.client("dynamodb")'
FIRST_ANSWER: Final = """
import app, json
answer = app.handler(json.loads({event!r}), None)
assert answer["statusCode"] == 200, answer
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of each run of a program."""

    name: str
    seconds: tuple[float, ...]

    @property
    def least(self) -> float:
        """The run that was disturbed least."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The run in the middle."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """What was measured: the bare client, and the product's first answers."""

    bare: Measured
    answers: tuple[Measured, ...]

    def ratio(self, answer: Measured) -> float:
        """The answer's CPU in bare clients: the median of the rounds, each of which ran under one load."""
        return statistics.median(of / bare for of, bare in zip(answer.seconds, self.bare.seconds, strict=True))

    @property
    def holds(self) -> bool:
        """Whether every first answer is within the budget."""
        return all(self.ratio(each) <= BUDGET for each in self.answers)

    def table(self) -> Iterator[str]:
        """What a person reads."""
        yield f"{'cold start, CPU ms':34}{'least':>8}{'median':>8}{'ratio':>8}{'budget':>8}"
        yield f"{self.bare.name:34}{self.bare.least * 1000:8.0f}{self.bare.median * 1000:8.0f}{1:8.2f}"
        for each in self.answers:
            numbers = f"{each.least * 1000:8.0f}{each.median * 1000:8.0f}{self.ratio(each):8.2f}"
            yield f"{each.name:34}{numbers}{BUDGET:8.1f}{'' if self.ratio(each) <= BUDGET else '  BROKEN'}"


def measure(directory: Path, house: Onboarded, rounds: int = ROUNDS) -> ColdStart:
    """Run each program ``rounds`` times on the unpacked bundle, in turn.

    Raises BenchError when one of them fails.
    """
    bare = "import boto3, a DynamoDB client"
    gets = {
        "GET /docs, without the store": proxy_event("GET", "/docs"),
        "GET /v1/contacts, with the store": proxy_event("GET", "/v1/contacts", by=house.api_key),
    }
    programs = {bare: BARE} | {name: FIRST_ANSWER.format(event=json.dumps(event)) for name, event in gets.items()}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            seconds[name].append(_cpu(directory, program, house.environment))
    found = [Measured(name, tuple(each)) for name, each in seconds.items()]
    return ColdStart(found[0], tuple(found[1:]))


def _cpu(directory: Path, program: str, environment: Mapping[str, str]) -> float:
    outcome = run(directory, program, environment)
    if outcome.code:
        message = f"the program ended with {outcome.code}:\n{outcome.errors}"
        raise BenchError(message)
    return outcome.cpu


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when the budget is broken or nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bundle", type=Path, default=Path("build/deployment.zip"), help="what `make package` made")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each program")
    given = parser.parse_args(arguments)
    if not given.bundle.is_file():
        sys.stderr.write(f"bench: there is no {given.bundle}; make package makes it\n")
        return 1
    with unpacked(given.bundle) as directory, _house() as house:
        found = measure(directory, house, given.rounds)
    for line in found.table():
        print(line)
    return 0 if found.holds else 1


@contextmanager
def _house() -> Iterator[Onboarded]:
    os.environ.update(AWS_ENVIRONMENT)
    engine = running_engine()
    try:
        with redirect_stdout(io.StringIO()), onboarded(engine.endpoint) as house:  # the product's log lines
            yield house
    finally:
        engine.stop()


if __name__ == "__main__":
    sys.exit(main())
