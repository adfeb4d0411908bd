"""Asking an unpacked bundle: each time a new interpreter, which gets one event at one entry, as a function does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.packaging.fresh import run
from tests.support.onboarded import Onboarded

PROGRAM: Final = """
import json

import app

class Context:
    aws_request_id = "a1"
    function_name = "switchboard"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:switchboard"
    memory_limit_in_mb = "1024"

    def get_remaining_time_in_millis(self):
        return 300_000

answer = app.{entry}(json.loads({event!r}), Context())
print("\\n" + json.dumps({{"answer": answer, "modules": sorted(sys.modules)}}))
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry answered, and the names of all modules that were imported until then."""

    answer: Any
    modules: frozenset[str]

    @property
    def body(self) -> Any:
        """The decoded body of an HTTP answer."""
        return json.loads(self.answer["body"])


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle in its directory, and the tenant that it serves."""

    directory: Path
    house: Onboarded

    def ask(self, entry: str, event: Any) -> Told:
        """Start a new interpreter and hand it the event."""
        program = PROGRAM.format(entry=entry, event=json.dumps(event))
        outcome = run(self.directory, program, self.house.environment)
        assert outcome.code == 0, outcome.errors
        told = json.loads(outcome.written.splitlines()[-1])
        return Told(told["answer"], frozenset(told["modules"]))
