"""The Chalice application, safe under threads, and the one dispatch entry of Lambda and the local gateway."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final
from uuid import uuid4

from aws_lambda_powertools import Logger
from chalice import Chalice
from chalice import Response as ChaliceResponse

from chalicelib.access import limits
from chalicelib.access.gate import Gate
from chalicelib.audit.witness import Witness
from chalicelib.background import causes_of
from chalicelib.modules import Catalogue
from chalicelib.problems import BadRequest, InternalError, MethodNotAllowed, NotFound, Problem, RateLimited
from chalicelib.settings import Settings
from chalicelib.store.capacity import current_meter, start_meter
from chalicelib.web.contract import ApiContract
from chalicelib.web.execute import Kernel, execute
from chalicelib.web.render import Response, render_problem
from chalicelib.web.request import Request, fits_a_key
from chalicelib.web.routes import Route, RouteError
from chalicelib.web.sources import RouteSource
from chalicelib.web.tree import RouteTree

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

ASKED_HEADERS: Final = (
    "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, Idempotency-Key, X-Request-Id"
)
SHOWN_HEADERS: Final = (
    "ETag, Link, Location, Idempotency-Replayed, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy"
)

_request: ContextVar[Any] = ContextVar("chalice_request", default=None)
_context: ContextVar[Any] = ContextVar("lambda_context", default=None)
_ours: ContextVar[Request | None] = ContextVar("request", default=None)


class ConcurrentChalice(Chalice):
    """Chalice keeps the running request in plain attributes: under threads a view sees another's (stack-facts 5)."""

    @property
    def current_request(self) -> Any:
        """The request of this context."""
        return _request.get()

    @current_request.setter
    def current_request(self, value: Any) -> None:
        _request.set(value)

    @property
    def lambda_context(self) -> Any:
        """The Lambda context of this context."""
        return _context.get()

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        _context.set(value)


class _Part:
    """The routes of one unit, or of the rooms that a path needs, found by path and method."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            if route.method in self.by_path.setdefault(route.path, {}):
                message = f"{route.method} {route.path} is declared twice"
                raise RouteError(message)
            self.by_path[route.path][route.method] = route
        self.tree = RouteTree(self.by_path)


class Application:
    """All served routes behind one entry; builds the Chalice app and answers proxy events."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, gate: Gate, routes: RouteSource | Iterable[Route]
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        # The contract is whole wherever it is asked for; a process serves the routes of its own units.
        self.source = routes if isinstance(routes, RouteSource) else RouteSource.given(routes)
        self.log = Logger(service="switchboard", level=logging.INFO)
        contract = ApiContract(self.source, catalogue, settings.public_url)
        self.kernel = Kernel(gate, catalogue, contract, Witness(gate, self.log))
        # An environment of its own: Chalice writes itself into AWS_EXECUTION_ENV, once more for every app of a process.
        self.chalice = ConcurrentChalice(app_name="switchboard", debug=False, env={})
        self._loaded: dict[str, _Part] = {}
        self._registered: set[str] = set()
        self._loading = threading.Lock()
        if settings.units != "all":
            # A function of one unit loads it while it starts, when Lambda gives it a whole core; a process of all
            # loads each with its first request.
            self.load()

    @property
    def units(self) -> tuple[str, ...]:
        """The units that this process serves: core and the modules."""
        return tuple(each.name for each in self.catalogue if self.settings.serves(each.name))

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes that this process serves."""
        return tuple(route for part in self.load() for methods in part.by_path.values() for route in methods.values())

    def load(self) -> "list[_Part]":
        """Load every unit that is served; raises RouteError for a declaration that is none."""
        return [self._part(name) for name in dict.fromkeys(self.source.owners.values()) if self.settings.serves(name)]

    def _part(self, name: str) -> "_Part":
        with self._loading:
            if name not in self._loaded:
                part = _Part(self.source.load(name))
                self._register(part)
                self._loaded[name] = part
            return self._loaded[name]

    def _register(self, part: "_Part") -> None:
        """Tell Chalice of the part's routes; a room may have come with another path's rooms already."""
        new = [each for methods in part.by_path.values() for each in methods.values()]
        for route in [each for each in new if each.operation_id not in self._registered]:
            view = _view(self, route)
            self.chalice.route(route.path, methods=[route.method], name=route.operation_id, content_types=["*/*"])(view)
            self._registered.add(route.operation_id)

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one proxy event: resolve the path, then Chalice; every answer carries request id and CORS."""
        event = self._with_request_id(event, context)
        meter = start_meter()
        request = Request.from_event(event)
        answer, drawn = self._within_limits(event, request, context)
        # The raw usage event (control-plane.md, Metering): route and figures, nothing that a caller typed.
        self.log.info(
            "request.served",
            extra={
                **meter.told(),
                "request_id": request.request_id,
                "method": request.method,
                "actor": meter.actor,
                "status": answer["statusCode"],
            },
        )
        shown = {"X-Request-Id": request.request_id, **limits.headers(drawn.readings), **self._cors(request)}
        answer["headers"] = {**answer["headers"], **shown}
        # Behind the log line: what it costs to share the buckets is no tenant's usage.
        self.kernel.gate.limiter.settle(drawn.limits)
        return answer

    def _within_limits(
        self, event: dict[str, Any], request: Request, context: Any
    ) -> tuple[dict[str, Any], limits.Noted]:
        """The answer, and the buckets that it drew on: the caller's, or its address's when nobody knows it."""
        limits.begin()
        limiter, unknown = self.kernel.gate.limiter, [limits.of_address(request.source_ip)]
        try:
            if "authorization" not in request.headers:
                limiter.take(unknown)
            answer = self._answer(event, request, context)
            if limits.noted() is None:
                limiter.take(unknown)
        except RateLimited as problem:
            answer = self._refuse(problem, request)
        return answer, limits.noted() or limits.Noted(())

    def _answer(self, event: dict[str, Any], request: Request, context: Any) -> dict[str, Any]:
        try:
            found = self._find(request.path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            self._failed(error, request, self.source.unit_of(request.path) or "")
            return self._refuse(InternalError(), request)
        if found is None:
            return self._refuse(NotFound(), request)
        path, values, methods = found
        allow = ", ".join(sorted([*methods, "OPTIONS"]))
        if request.method == "OPTIONS":
            return Response(204, "", {"Allow": allow, "Access-Control-Allow-Methods": allow}).to_event()
        if request.method not in methods:
            return self._refuse(MethodNotAllowed(headers={"Allow": allow}), request)
        event = {**event, "resource": path, "pathParameters": values}
        event["requestContext"] = {**event["requestContext"], "resourcePath": path, "httpMethod": request.method}
        _ours.set(Request.from_event(event))
        try:
            answer: dict[str, Any] = self.chalice(event, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            self._failed(error, request, path)
            return self._refuse(InternalError(), request)
        return answer

    def _find(self, path: str) -> tuple[str, dict[str, str], dict[str, Route]] | None:
        """The declared path, its values and its methods, or None; loads what the path needs."""
        owner, needed = self.source.unit_of(path), self.source.part_of(path)
        if owner is None or needed is None or not self.settings.serves(owner):
            return None
        part = self._part(needed)
        found = part.tree.find(path)
        if found is None or not all(map(fits_a_key, found[1].values())):
            return None
        return *found, part.by_path[found[0]]

    def run(self, route: Route) -> Response:
        """The answer of a route to this context's request; problems become answers, nothing leaks."""
        request = _ours.get()
        if request is None:
            message = "a view outside of a request"
            raise RuntimeError(message)
        meter = current_meter()
        meter.unit, meter.operation = route.module, route.operation_id
        try:
            return execute(self.kernel, route, request)
        except Problem as problem:
            if self.kernel.witness is not None:
                self.kernel.witness.refused(problem, request, route.operation_id)
            return render_problem(problem, request.request_id, request.locale, request.path)
        except UnicodeError:
            return render_problem(BadRequest(), request.request_id, request.locale, request.path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            self._failed(error, request, route.path)
            return render_problem(InternalError(), request.request_id, request.locale, request.path)

    def _failed(self, error: BaseException, request: Request, route: str) -> None:
        """Log what broke and where, without messages: exceptions quote the values that they met (pydantic's all do)."""
        told = {"request_id": request.request_id, "route": route, "causes": causes_of(error)}
        self.log.error("request.failed", extra=told)

    def _refuse(self, problem: Problem, request: Request) -> dict[str, Any]:
        return render_problem(problem, request.request_id, request.locale, request.path).to_event()

    def _cors(self, request: Request) -> dict[str, str]:
        """CORS on every answer, errors too: Chalice leaves it off those (stack-facts 5)."""
        origin = request.headers.get("origin")
        allowed = self.settings.cors_origins
        if not origin or not ("*" in allowed or origin in allowed):
            return {}
        return {
            "Access-Control-Allow-Origin": "*" if "*" in allowed else origin,
            "Vary": "Origin",
            "Access-Control-Allow-Headers": ASKED_HEADERS,
            "Access-Control-Expose-Headers": SHOWN_HEADERS,
            "Access-Control-Max-Age": "600",
        }

    @staticmethod
    def _with_request_id(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        own = dict(event.get("requestContext") or {})
        own["requestId"] = own.get("requestId") or getattr(context, "aws_request_id", "") or str(uuid4())
        return {"stageVariables": None, **event, "requestContext": own}


def _view(application: Application, route: Route) -> Callable[..., ChaliceResponse]:
    def view(**_: str) -> ChaliceResponse:
        answer = application.run(route).to_event()
        return ChaliceResponse(body=answer["body"], headers=answer["headers"], status_code=answer["statusCode"])

    view.__name__ = route.operation_id
    return view
