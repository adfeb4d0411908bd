"""A proxy between our process and DynamoDB Local that gives what the local engine never gives by itself.

Start it in the test (127.0.0.1, a free port, threads of this process) and give `proxy.endpoint` to botocore:

    with FaultProxy(target="http://127.0.0.1:8123", seed=7) as proxy:
        client = boto3.client("dynamodb", endpoint_url=proxy.endpoint, …)
        proxy.inject(Conflict(probability=0.3), LostAnswer(every=5, operations="TransactWriteItems"))

Faults (fault_rules.py): Conflict, Throttle, Fail, Unprocessed, Reset, LostAnswer, Delay; and Lag (lagging.py). Of the
calls that a fault admits, the n-th is struck or spared by seed, order of injection and n alone; with parallel callers
it is the arrival that varies, not the decision.
Step control (fault_steps.py): `reset_steps()`, `pause_at(step, when)`, `paused.wait(timeout)`, `release()`; while a
call is held the test kills the process that made it. A call held "before" whose caller is dead by then is dropped.
Spy: `calls` holds (operation, decoded body) of each call, retries included; `fired` says which fault struck what.

Why microburst 0.10 (MIT) renders the errors here and does not run as the proxy: its rules draw from the global `random`
without a seed (its `deterministic` strikes a table for ever, or never); a rule's `fields` are fixed, but
CancellationReasons must be as many as the transaction has items; it forwards inside one coroutine without a hook before
and after, where steps are held, lags are answered and calls are recorded; chained behind our own proxy it costs each
call a second hop (+0.8 ms on the reference machine). Its rendering from botocore's model is what we would have to
write again, so that is what we use.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from tests.support.fault_rules import (
    Armed,
    Conflict,
    Delay,
    Fail,
    Fault,
    LostAnswer,
    Reset,
    Throttle,
    Unprocessed,
    Verdict,
    split_batch,
    with_unprocessed,
)
from tests.support.fault_server import Here, Server
from tests.support.fault_steps import Spy, Steps, When
from tests.support.fault_wire import PARTIQL, Answer, Call, EngineGoneError, FaultProxyError, Link, Refusal, database_of
from tests.support.lagging import Lag, LaggingIndexes

__all__ = [
    "Call",
    "Conflict",
    "Delay",
    "Fail",
    "Fault",
    "FaultProxy",
    "FaultProxyError",
    "Fired",
    "Lag",
    "LostAnswer",
    "Reset",
    "Throttle",
    "Unprocessed",
]


class Fired(NamedTuple):
    """A fault that struck a call."""

    operation: str
    fault: Fault


class FaultProxy:
    """Forwards DynamoDB calls to `target` and injects faults. A context manager; thread-safe."""

    def __init__(
        self, target: str, *, seed: int = 0, clock: Callable[[], float] = time.monotonic, record: bool = True
    ) -> None:
        """Prepare; nothing listens before `with`.

        Args:
            target: the engine, `http://host:port`.
            seed: settles every draw.
            clock: seconds by which a `Lag` passes; give your own to let it pass without waiting.
            record: keep each call in `calls`; False for loads whose bodies would fill the memory.

        Raises:
            ValueError: if the target is not of that form.
        """
        parts = urlsplit(target)
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            message = f"target is http://host:port of DynamoDB Local, not {target!r}"
            raise ValueError(message)
        self._host, self._port = parts.hostname, parts.port
        self._seed, self._clock, self._record = seed, clock, record
        self._lock = threading.Lock()
        self._armed: list[Armed] = []
        self._lag: LaggingIndexes | None = None
        self._steps = Steps()
        self._tokens: set[str] = set()  # of transactions under way or committed
        self._stopping = threading.Event()
        self._server: Server | None = None
        self.calls = Spy()
        self.fired: list[Fired] = []
        self.errors: list[BaseException] = []

    def __enter__(self) -> Self:
        """Listen.

        Raises:
            FaultProxyError: if no engine listens at the target, or the proxy runs already or was stopped.
        """
        if self._server is not None or self._stopping.is_set():
            message = "a fault proxy runs once: make another"
            raise FaultProxyError(message)
        try:
            socket.create_connection((self._host, self._port), timeout=5).close()
        except OSError as error:
            message = f"no engine listens at http://{self._host}:{self._port}: start DynamoDB Local first ({error})"
            raise FaultProxyError(message) from error
        self._server = Server(self._link, self._serve, self.errors)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fault-proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop, dropping what is held.

        Raises:
            FaultProxyError: if the proxy itself failed in a call, and the test has not failed by then.
        """
        self._stopping.set()
        self._steps.release(drop=True)
        try:
            self.clear()
        except EngineGoneError:
            pass  # a test may have stopped the engine; its copies went with it
        finally:
            if self._server is not None:
                self._server.stop()
        if self.errors and kind is None:
            message = f"the fault proxy failed in {len(self.errors)} call(s), first: {self.errors[0]!r}"
            raise FaultProxyError(message) from self.errors[0]

    @property
    def endpoint(self) -> str:
        """The URL for botocore's `endpoint_url`.

        Raises:
            FaultProxyError: if the proxy does not run.
        """
        if self._server is None:
            message = "the fault proxy does not run: use it in a with statement"
            raise FaultProxyError(message)
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def inject(self, *faults: Fault | Lag) -> None:
        """Let these faults strike from the next call on, besides those at work.

        Raises:
            FaultProxyError: if a second Lag is injected; clear the first.
        """
        with self._lock:
            for fault in faults:
                if isinstance(fault, Fault):
                    self._armed.append(Armed(fault, f"{self._seed}/{len(self._armed)}"))
                elif self._lag is not None:
                    message = "a Lag is at work already: clear() it first"
                    raise FaultProxyError(message)
                else:
                    self._lag = LaggingIndexes(fault, self._clock)

    def clear(self) -> None:
        """Let no fault strike any more, and no index lag. Draws begin anew with the next injection."""
        with self._lock:
            self._armed = []
            lag, self._lag = self._lag, None
        if lag is not None:
            link = self._link()
            try:
                lag.drop(link)
            finally:
                link.close()

    def release_lag(self) -> None:
        """Let the indexes show everything written so far; what is written later lags again.

        Raises:
            FaultProxyError: if no Lag is at work.
        """
        lag = self._lag
        if lag is None:
            message = "no Lag is at work"
            raise FaultProxyError(message)
        lag.release()

    @property
    def steps(self) -> int:
        """The number of calls since `reset_steps()`."""
        return self._steps.count

    @property
    def paused(self) -> threading.Event:
        """Set while a call is held: `assert proxy.paused.wait(10)`."""
        return self._steps.paused

    def reset_steps(self, only: str | Collection[str] = ()) -> None:
        """Count calls from 1 again; with `only`, those of these operations alone."""
        self._steps.reset(only)

    def pause_at(self, step: int, when: When) -> None:
        """Hold the call number `step`, before it is forwarded or after the engine answered; see `Steps.pause_at`."""
        self._steps.pause_at(step, when)

    def release(self, *, drop: bool = False) -> None:
        """Let the held call go on, or drop it; cancels a pause that was not reached."""
        self._steps.release(drop=drop)

    def _serve(self, link: Link, call: Call, headers: Mapping[str, str], payload: bytes, here: Here) -> Answer | None:
        """Take one call through steps, faults, lag and engine; return its answer, None to reset the connection."""
        step = self._steps.arrive(call.operation)
        if self._record:
            self.calls.append(call)
        if not self._steps.hold(step, "before") or not here():
            return None
        token = f"{database_of(headers)}/{call.body['ClientRequestToken']}" if "ClientRequestToken" in call.body else ""
        replay = token in self._tokens
        verdict = self._decide(call, replay=replay)
        if verdict.delay:
            self._stopping.wait(verdict.delay)
        if verdict.reset:
            return None
        if verdict.refusal is not None:
            answer = verdict.refusal.answer()
        elif verdict.held_back:
            body, held = split_batch(call, verdict.held_back)
            done = self._forward(link, Call(call.operation, body), headers, json.dumps(body).encode())
            answer = with_unprocessed(call, done, held) if done.status == HTTPStatus.OK else done
        else:
            if token:
                self._tokens.add(token)
            answer = self._forward(link, call, headers, payload)
            if answer.status != HTTPStatus.OK and not replay:
                self._tokens.discard(token)
        if not self._steps.hold(step, "after") or verdict.lost:
            return None
        return answer

    def _link(self) -> Link:
        return Link(self._host, self._port)

    def _decide(self, call: Call, *, replay: bool) -> Verdict:
        verdict = Verdict(replay=replay)
        with self._lock:
            self.fired += [Fired(call.operation, armed.fault) for armed in self._armed if armed.strike(verdict, call)]
        return verdict

    def _forward(self, link: Link, call: Call, headers: Mapping[str, str], payload: bytes) -> Answer:
        lag = self._lag
        if lag is not None:
            if call.operation in PARTIQL:
                return Refusal("ValidationException", "the fault proxy's Lag does not understand PartiQL").answer()
            lag.prepare(link, call, headers)
            late = lag.read(link, call, headers, payload)
            if late is not None:
                return late
        answer = link.send(headers, payload)
        lag = self._lag  # a Lag injected while the call was under way must know of it too
        if lag is not None and answer.status == HTTPStatus.OK:
            lag.note(link, call, headers)
        return answer
