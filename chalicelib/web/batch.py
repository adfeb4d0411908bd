"""Batches: each operation decides for itself, many share a transaction (api.md, Writing).

Operations are packed into transactions of at most 100 actions and 4 MB, never two on one key. When a transaction
is cancelled, the operations that were the reason are dealt with one by one and the others go again. With an
Idempotency-Key each operation's own answer is in the transaction that carries it, and the batch holds a lease of
60 s: a retry after a crash does what is missing.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from chalicelib.access.gate import denied
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import (
    Conflict,
    FieldError,
    IdempotencyInProgress,
    Invalid,
    Problem,
    StoreUnavailable,
)
from chalicelib.problems import TooMuchForOneTransaction as TooMuch
from chalicelib.store import keys
from chalicelib.store.commit import Action, fits, meaning, try_send
from chalicelib.store.connection import table_name
from chalicelib.store.errors import AnswerExistsError, StoreBusyError, StoreError, VersionConflictError
from chalicelib.store.keys import Key
from chalicelib.web.batch_models import MAX_OPERATIONS, BatchResult, OperationResult
from chalicelib.web.batch_results import problem_of_operation, result_of, storable, validated, without_tag
from chalicelib.web.execute import as_problem, commit_until_in, fresh_store
from chalicelib.web.idempotency import Idempotency
from chalicelib.web.parsing import field_errors, json_object, parse_query_names
from chalicelib.web.render import Response, problem_document, to_json
from chalicelib.web.request import Request
from chalicelib.web.results import Patch
from chalicelib.web.routes import Route
from chalicelib.web.wording import validation_detail

LEASE_S: Final = 60
Perform = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Together:
    """What the operations of one transaction stage together: one record and event for all of them, say.

    Both are called with what the use cases have answered: ``room`` says how many actions it will take, ``stage`` gives
    these, and may change what shared actions of the operations write.
    """

    room: Callable[[Sequence[Any]], int]
    stage: Callable[[Call, Sequence[Any]], Sequence[Action]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch route can do: the use cases of the single routes, and what to read ahead for all of them.

    ``performs`` maps an operation's name to its use case: create(call, data), update(call, id, patch),
    upsert(call, key, data), delete(call, id). ``read_ahead(call, operations)`` fills the cache of the call's store,
    and finds what operations name otherwise than by its id.
    """

    model: type[BaseModel]
    performs: Mapping[str, Perform]
    read_ahead: Callable[[Call, Sequence[Any]], None]
    delete_needs: str | None = None
    together: Together | None = None

    def __call__(self, call: Call, route: Route, request: Request) -> Response:
        """Answer a batch request; raises Problem when the batch as a whole is refused."""
        atomic = parse_query_names(request, {"atomic"}).get("atomic", "false")
        if atomic not in {"true", "false"}:
            raise Invalid(errors=(FieldError("/query/atomic", "bool_parsing", Text("true or false", "true 或 false")),))
        raw = json_object(request)
        run = _Run(self, call, route, request, _operations_of(raw))
        if atomic == "true":
            return run.all_or_nothing()
        return run.each_for_itself()


def _operations_of(document: dict[str, Any]) -> list[Any]:
    if unknown := document.keys() - {"operations"}:
        detail = validation_detail("extra_forbidden", "", {})
        raise Invalid(errors=tuple(FieldError(f"/{name}", "extra_forbidden", detail) for name in sorted(unknown)))
    operations = document.get("operations")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MAX_OPERATIONS:
        text = Text(
            f'Send {{"operations": […]}} with 1 to {MAX_OPERATIONS} of them.',
            f"请发送包含 1–{MAX_OPERATIONS} 个 operations 的对象。",
        )
        raise Invalid(errors=(FieldError("/operations", "too_long", text),))
    return operations


@dataclass(slots=True)
class _Job:
    """One operation on its way: what was sent, what it means, and the transaction part it became."""

    index: int
    raw: Any
    parsed: Any = None
    call: Call | None = None
    outcome: Any = None
    result: OperationResult | None = None
    actions: list[Action] = field(default_factory=list)
    idempotency: Idempotency | None = None


class _Run:
    def __init__(self, batch: Batch, call: Call, route: Route, request: Request, operations: list[Any]) -> None:
        self.batch, self.call, self.route, self.request = batch, call, route, request
        item = batch.model.model_fields["operations"].annotation
        self.adapter: TypeAdapter[Any] = TypeAdapter(item.__args__[0] if item else Any)
        self.key = request.idempotency_key()
        self.again = False
        self.jobs = [_Job(index, raw) for index, raw in enumerate(operations)]
        for job in self.jobs:
            self._parse(job)

    # -- the two ways

    def each_for_itself(self) -> Response:
        """Every operation succeeds or fails alone; 207 with all results."""
        whole = self._idempotency(self.key, self.request.raw_body) if self.key else None
        if whole and (answer := self._lease(whole)):
            return answer
        self._read_ahead()
        taken: set[Key] = set()
        marked: set[Key] = set()
        pack: list[_Job] = []
        for job in self.jobs:
            if job.result is None:
                self._prepare(job, taken, marked)
            if job.result is not None:
                continue
            if not self._go_together([*pack, job]):
                self._flush(pack)
                pack = []
            pack.append(job)
        self._flush(pack)
        response = Response(207, to_json(self._document()))
        if whole:
            self._settle(whole, response)
        return response

    def all_or_nothing(self) -> Response:
        """One transaction or none; raises the first operation's problem, with its place."""
        self._read_ahead()
        taken: set[Key] = set()
        marked: set[Key] = set()
        for job in self.jobs:
            if job.result is None:
                self._prepare(job, taken, marked)
            if job.result is not None and job.result.problem is not None:
                raise problem_of_operation(job.index, job.result.problem)
        actions = self._actions(self.jobs)
        whole = self._idempotency(self.key, self.request.raw_body) if self.key else None
        response = Response(207, to_json(self._document(waiting=True)))
        about = {person for job in self.jobs if job.call for person in job.call.store.people()}
        kept = [whole.keep(response, self.call.now, about)] if whole else []
        self._check_size(kept, actions)
        if not actions:
            return response
        cancelled = try_send(table_name(self.call.store.unit), [*kept, *actions], secrets.token_hex(16))
        if cancelled is None:
            for job in self.jobs:
                if job.call:
                    job.call.store.committed()
            return response
        return _not_atomic(meaning([*kept, *actions], cancelled.reasons), whole)

    def _check_size(self, kept: list[Action], actions: list[Action]) -> None:
        if not fits([*kept, *actions]):
            number = next(
                number for number in range(len(self.jobs)) if not self._go_together(self.jobs[: number + 1], kept)
            )
            text = Text(
                f"{number} of these operations fit one transaction.", f"单个事务最多可容纳其中 {number} 个操作。"
            )
            raise TooMuch(text, fits=number)

    def _read_ahead(self) -> None:
        operations = [job.parsed for job in self.jobs if job.result is None]
        self.batch.read_ahead(self.call, operations)

    # -- one operation

    def _parse(self, job: _Job) -> None:
        try:
            job.parsed = self.adapter.validate_json(json.dumps(job.raw), strict=True)
        except ValidationError as error:
            # The union's tag is no part of the document: /create/data/name → /data/name.
            errors = tuple(replace(each, pointer=without_tag(each.pointer)) for each in field_errors(error))
            self._refused(job, Invalid(errors=errors))
        if self.key:
            job.idempotency = self._idempotency(f"{self.key}:{job.index}", json.dumps(job.raw).encode())

    def _idempotency(self, key: str, body: bytes) -> Idempotency:
        principal = self.call.principal
        who, where = f"{principal.kind}:{principal.id}", f"POST {self.route.path}"
        return Idempotency.of(self.call.keyring, self.call.tenant_id, who, where, key, body)

    def _perform(self, job: _Job, call: Call) -> Any:
        operation = job.parsed
        perform = self.batch.performs[operation.op]
        needed = self.batch.delete_needs
        if operation.op == "delete" and needed and not call.may(needed):
            raise denied(needed)
        attempted = replace(call, if_match=getattr(operation, "if_match", None))
        if operation.op == "create":
            return perform(attempted, operation.data)
        if operation.op == "update":
            data_model = self.batch.performs["update"].__annotations__["body"].__args__[0]
            return perform(attempted, operation.id, Patch(data_model, operation.data))
        if operation.op == "upsert":
            return perform(attempted, operation.key, operation.data)
        return perform(attempted, operation.id)

    def _prepare(self, job: _Job, taken: set[Key], marked: set[Key]) -> None:
        """Decide the operation and stage its part, or note why not."""
        store = fresh_store(self.call.store)
        store.cache = self.call.store.cache
        job.call = self.call.with_store(store)
        try:
            job.outcome = self._perform(job, job.call)
            waiting = result_of(job.index, job.outcome)
            actions = store.actions()
        except Exception as error:  # noqa: BLE001 - re-raised by _refused unless it is a problem
            if not self._done_before(job):
                self._refused(job, as_problem(validated(error), self.call.store.scope))
            return
        touched = {action.key for action in actions if not action.shared}
        # A mark that one leaves on a parent and another one's end of that parent do not go together either.
        marks = {action.key for action in actions if action.shared and not action.check_only}
        if touched & (taken | marked) or marks & taken:
            text = Text(
                "Another operation of this batch changes the same record or key.",
                "同批次的另一操作修改了同一记录或键。",
            )
            self._refused(job, Conflict(text))
            return
        taken |= touched
        marked |= marks
        if not actions:
            if not self._done_before(job):
                job.result = waiting
            return
        job.actions = [*self._kept(job, waiting), *actions]
        job.raw = waiting

    def _go_together(self, pack: Sequence[_Job], kept: Sequence[Action] = ()) -> bool:
        """Whether these operations, with what they stage together, go into one transaction."""
        together = self.batch.together
        room = together.room([job.outcome for job in pack if job.actions]) if together else 0
        more = [Action(keys.registry("", ""))] * room
        return fits([*kept, *(action for job in pack for action in job.actions), *more])

    def _actions(self, pack: Sequence[_Job]) -> list[Action]:
        """All that a transaction of these operations does; what they stage together stands last."""
        doing = [job for job in pack if job.actions]
        more = self._staged_together(self.call, [job.outcome for job in doing])
        return [*(action for job in doing for action in job.actions), *more]

    def _staged_together(self, call: Call, outcomes: Sequence[Any]) -> Sequence[Action]:
        return self.batch.together.stage(call, outcomes) if self.batch.together and outcomes else ()

    def _kept(self, job: _Job, result: OperationResult) -> list[Action]:
        if job.idempotency is None:
            return []
        return [job.idempotency.keep(Response(result.status, result.model_dump_json()), self.call.now)]

    def _refused(self, job: _Job, problem: Exception) -> None:
        if not isinstance(problem, Problem):
            raise problem
        document = problem_document(problem, self.call.request_id, self.call.locale, f"/operations/{job.index}")
        job.result = OperationResult(index=job.index, status=problem.status, id=None, version=None, problem=document)

    # -- transactions

    def _flush(self, pack: list[_Job]) -> None:
        """Commit a pack; who was the reason of a cancellation is dealt with alone, the rest goes again."""
        while pack:
            actions = self._actions(pack)
            try:
                cancelled = try_send(table_name(self.call.store.unit), actions, secrets.token_hex(16))
            except StoreError as error:
                for job in pack:
                    self._refused(job, as_problem(error, self.call.store.scope))
                return
            if cancelled is None:
                for job in pack:
                    self._done(job)
                return
            rest, position = [], 0
            for job in pack:
                reasons = cancelled.reasons[position : position + len(job.actions)]
                position += len(job.actions)
                if any(reasons):
                    self._alone(job, meaning(job.actions, reasons))
                else:
                    rest.append(job)
            if len(rest) == len(pack):  # cancelled without a reason that names an operation
                for job in rest:
                    self._alone(job, StoreBusyError("cancelled"))
                return
            pack = rest

    def _done(self, job: _Job) -> None:
        job.result = job.raw
        if job.call:
            job.call.store.committed()

    def _alone(self, job: _Job, error: StoreError) -> None:
        if isinstance(error, AnswerExistsError) and job.idempotency:
            job.result = OperationResult.model_validate_json(job.idempotency.replay(error.stored).body)
            return
        if not isinstance(error, VersionConflictError | StoreBusyError):
            self._refused(job, as_problem(error, self.call.store.scope))
            return

        def attempt(call: Call) -> tuple[Response, list[Action]]:
            outcome = self._perform(job, call)
            result = result_of(job.index, outcome)
            more = self._staged_together(call, [outcome])
            return Response(result.status, result.model_dump_json()), [*self._kept(job, result), *more]

        try:
            response = commit_until_in(self.call, attempt, job.idempotency)
        except Exception as refused:  # noqa: BLE001 - re-raised by _refused unless it is a problem
            self._refused(job, as_problem(validated(refused), self.call.store.scope))
        else:
            job.result = OperationResult.model_validate_json(response.body)

    def _done_before(self, job: _Job) -> bool:
        """Whether an earlier try of this batch, which did not live to answer, has done the operation; its answer."""
        if not self.again or job.idempotency is None:
            return False
        first = job.idempotency.find(fresh_store(self.call.store), self.call.now)
        if first is not None:
            job.result = OperationResult.model_validate_json(first.body)
        return first is not None

    def _lease(self, whole: Idempotency) -> Response | None:
        """Take the batch's lease, or the stored answer of the batch that already ran."""
        store = fresh_store(self.call.store)
        self.again = store.fetch([whole.place])[whole.place] is not None
        try:
            store.commit(whole.lease(self.call.now, LEASE_S))
        except AnswerExistsError as error:
            return whole.replay(error.stored)
        except StoreBusyError as error:
            raise IdempotencyInProgress(headers={"Retry-After": "5"}) from error
        return None

    def _settle(self, whole: Idempotency, response: Response) -> None:
        """Keep the batch's answer, or let the lease lapse for a repeat that does what the store has failed to do."""
        failed = any(job.result and job.result.status >= StoreUnavailable.status for job in self.jobs)
        last = whole.lapse(self.call.now) if failed else whole.keep(storable(response), self.call.now)
        last.condition = None  # our own lease stands there
        with suppress(Problem):  # each operation has kept its own answer; the lease runs out
            commit_until_in(self.call, lambda _: (response, [last]), None)

    def _document(self, *, waiting: bool = False) -> dict[str, Any]:
        results: list[Any] = [job.raw if waiting and job.result is None else job.result for job in self.jobs]
        return BatchResult(results=results).model_dump(mode="json")


def _not_atomic(error: StoreError, whole: Idempotency | None) -> Response:
    """What a cancelled all-or-nothing batch answers: the first run's answer, or the problem."""
    if whole and isinstance(error, AnswerExistsError):
        return whole.replay(error.stored)
    if isinstance(error, VersionConflictError):
        raise Conflict(Text("A record changed meanwhile: send the batch again.", "记录已被并发修改：请重新发送。"))
    raise as_problem(error)
