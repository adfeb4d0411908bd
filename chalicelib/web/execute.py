"""One request from the gate to the answer: handle → decide → commit, and again when somebody was faster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.access.gate import Gate, Knock, Passage
from chalicelib.access.needs import Link
from chalicelib.access.quotas import may_hold_more
from chalicelib.audit.witness import Witness
from chalicelib.call import Call, Contract
from chalicelib.modules import Catalogue, Text
from chalicelib.problems import (
    AlreadyExists,
    Invalid,
    InvalidCursor,
    NotFound,
    Problem,
    RecordTooLarge,
    StoreUnavailable,
    TooMuchForOneTransaction,
)
from chalicelib.store.attempts import until_in
from chalicelib.store.capacity import current_meter
from chalicelib.store.commit import Action
from chalicelib.store.errors import (
    AnswerExistsError,
    ClaimTakenError,
    CursorError,
    RecordTooLargeError,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
    TransactionTooLargeError,
    VersionConflictError,
)
from chalicelib.store.keys import PLATFORM
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from chalicelib.web.idempotency import ANYBODY, Idempotency
from chalicelib.web.parsing import field_errors, names_in, parse_body, parse_list, parse_query
from chalicelib.web.redirects import leads_elsewhere
from chalicelib.web.render import Response, render
from chalicelib.web.request import Request
from chalicelib.web.routes import Route

MEANINGS: Final[Mapping[type[StoreError], type[Problem]]] = {
    CursorError: InvalidCursor,
    RecordTooLargeError: RecordTooLarge,
    TransactionTooLargeError: TooMuchForOneTransaction,
}


@dataclass(frozen=True, slots=True)
class Kernel:
    """What every request shares: the gate, the catalogue, the API's own description, and who notes for the audit."""

    gate: Gate
    catalogue: Catalogue
    contract: Contract | None = None
    witness: Witness | None = None


def open_call(kernel: Kernel, route: Route, request: Request) -> Call:
    """Let the caller in and give the call its door to the data; raises the gate's problems."""
    knock = Knock(
        needs=route.needs,
        module=route.module,
        feature=route.feature,
        changes=not route.reads,
        authorization=request.headers.get("authorization", ""),
        link=request.path_values.get("link", "") if isinstance(route.needs, Link) else "",
        in_suspension=route.in_suspension,
        source=request.source_ip,
    )
    passage = kernel.gate.admit(knock)
    meter = current_meter()
    meter.tenant, meter.actor = passage.principal.tenant_id, passage.principal.id
    if kernel.witness is not None:
        kernel.witness.came(passage.principal, request)
    return Call(
        principal=passage.principal,
        store=_store(kernel, route, request, passage),
        catalogue=kernel.catalogue,
        keyring=kernel.gate.keyring,
        request_id=request.request_id,
        locale=request.locale,
        now=kernel.gate.clock(),
        directory=kernel.gate.directory,
        standing=passage.standing,
        if_match=request.if_match() if not route.reads else None,
        link=passage.link,
        headers=dict(request.headers),
        contract=kernel.contract,
    )


def _store(kernel: Kernel, route: Route, request: Request, passage: Passage) -> Store:
    return Store(
        unit=route.module,
        boundary=passage.principal.tenant_id or PLATFORM,
        keyring=kernel.gate.keyring,
        actor=passage.principal.id,
        origin=request.request_id,
        clock=kernel.gate.clock,
        scope=passage.scope,
        writing=not route.reads,
        guard=partial(may_hold_more, passage.standing, kernel.gate.clock) if passage.standing else None,
        source=request.source_ip,
    )


def fresh_store(store: Store) -> Store:
    """The same door with nothing staged and nothing read, for another attempt."""
    same = (store.actor, store.origin, store.clock, store.scope, store.writing)
    return Store(store.unit, store.boundary, store.keyring, *same, guard=store.guard, source=store.source)


def execute(kernel: Kernel, route: Route, request: Request) -> Response:
    """Run one request; raises Problem for every refusal."""
    try:
        call = open_call(kernel, route, request)
        try:
            return _run(call, route, request)
        except NotFound as missing:
            raise leads_elsewhere(call.with_store(fresh_store(call.store)), route, request) or missing from missing
    except StoreError as error:
        raise as_problem(error) from error


def _run(call: Call, route: Route, request: Request) -> Response:
    if route.batch is not None:
        answer: Response = route.batch(call, route, request)
        return answer
    arguments = _arguments(call, route, request)
    if route.reads:
        return render(call, route, request, route.function(call, **arguments))
    idempotency = None
    if route.method == "POST" and (key := request.idempotency_key()):
        who = f"{call.principal.kind}:{call.principal.id}:{call.link.nonce if call.link else ''}"
        where = f"{route.method} {route.path} {sorted(request.path_values.items())}"
        body = request.raw_body + repr(sorted(request.query.items())).encode()
        idempotency = Idempotency.of(call.keyring, call.tenant_id, who, where, key, body)
    return _change(call, route, request, arguments, idempotency)


def _arguments(call: Call, route: Route, request: Request) -> dict[str, Any]:
    arguments: dict[str, Any] = {name: request.path_values[name] for name in route.path_names if name != "link"}
    if route.listing is not None:
        arguments["query"] = parse_list(call, route, request)
        if route.query:
            own = {name: values for name, values in request.query.items() if name in names_in(route.query)}
            arguments |= parse_query(route.query, _with_query(request, own))
    else:
        selecting = {"fields"} if route.reads and route.answer.model else set()
        given = {name: values for name, values in request.query.items() if name not in selecting}
        arguments |= parse_query(route.query, _with_query(request, given))
    if route.body is not None:
        arguments["body"] = parse_body(route, request)
    return arguments


def _with_query(request: Request, query: dict[str, list[str]]) -> Request:
    from dataclasses import replace  # noqa: PLC0415 - only routes with parameters of their own

    return replace(request, query=query)


def _change(
    call: Call, route: Route, request: Request, arguments: dict[str, Any], idempotency: Idempotency | None
) -> Response:
    def attempt(attempted: Call) -> tuple[Response, list[Action]]:
        response = run_once(attempted, route, request, arguments)
        return response, [idempotency.keep(response, attempted.now, _about(attempted))] if idempotency else []

    return commit_until_in(call, attempt, idempotency)


def _about(call: Call) -> frozenset[str]:
    """The persons whom the answer may tell of: anybody, when it comes of no change (a preview)."""
    return call.store.people() if call.store.staged else ANYBODY


def commit_until_in(
    call: Call, attempt: Callable[[Call], tuple[Response, list[Action]]], idempotency: Idempotency | None
) -> Response:
    """Run a changing use case until its transaction is in, or refused for good.

    ``attempt`` stages on the call's store and returns the answer and the actions that go with it. Raises Problem.
    """

    def once() -> Response:
        attempted = call.with_store(fresh_store(call.store))
        try:
            response, more = attempt(attempted)
            attempted.store.commit(*more)
        except AnswerExistsError as error:
            if idempotency is None:
                raise
            return idempotency.replay(error.stored)
        except (VersionConflictError, StoreBusyError):
            raise
        except Exception as error:
            # The first run may have changed what this one stumbles over: its answer counts.
            if idempotency and (first := idempotency.find(fresh_store(call.store), call.now)):
                return first
            raise as_problem(error, call.store.scope) from error
        return response

    try:
        return until_in(once)
    except StoreBusyError as error:
        raise StoreUnavailable from error


def run_once(call: Call, route: Route, request: Request, arguments: dict[str, Any]) -> Response:
    """The use case and its answer, staged but not committed; raises Problem or a store error."""
    try:
        return render(call, route, request, route.function(call, **arguments))
    except ValidationError as error:
        # A merge patch is only whole, and so only checked, on top of the present record.
        raise Invalid(errors=field_errors(error)) from error


def as_problem(error: Exception, scope: Scope = EVERYTHING) -> Exception:
    """The problem that a store error means to a caller; any other exception as it is.

    Who holds a taken value is told only to callers who may see every record of the tenant.
    """
    if isinstance(error, ClaimTakenError) and not scope.everything:
        return AlreadyExists(
            Text(f"This {error.name} is taken already.", f"该 {error.name} 已被占用。"), key=error.name
        )
    if isinstance(error, ClaimTakenError):
        text = Text(f"This {error.name} belongs to {error.owner} already.", f"该 {error.name} 已属于 {error.owner}。")
        return AlreadyExists(text, key=error.name, existing_id=error.owner)
    if isinstance(error, StoreUnavailableError | StoreBusyError | VersionConflictError):
        return StoreUnavailable()
    found = next((problem for kind, problem in MEANINGS.items() if isinstance(error, kind)), None)
    return found() if found else error
