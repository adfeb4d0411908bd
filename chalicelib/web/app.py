"""The Chalice application, safe under threads, and the one dispatch entry of Lambda and the local gateway."""

import logging
import pkgutil
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final
from uuid import uuid4

from aws_lambda_powertools import Logger
from chalice import Chalice
from chalice import Response as ChaliceResponse

from chalicelib.access.gate import Gate
from chalicelib.modules import Catalogue, Manifest, module_packages, room_of
from chalicelib.problems import BadRequest, InternalError, MethodNotAllowed, NotFound, Problem
from chalicelib.settings import Settings
from chalicelib.store.capacity import current_meter, start_meter
from chalicelib.web.contract import ApiContract
from chalicelib.web.execute import Kernel, execute
from chalicelib.web.render import Response, render_problem
from chalicelib.web.request import Request, fits_a_key
from chalicelib.web.routes import Route, RouteError, Routes, permission_of
from chalicelib.web.tree import RouteTree

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

ASKED_HEADERS: Final = (
    "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, Idempotency-Key, X-Request-Id"
)
MOST_CAUSES: Final = 5
SHOWN_HEADERS: Final = "ETag, Link, Location, Idempotency-Replayed, Retry-After, X-Request-Id"

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


class Application:
    """All served routes behind one entry; builds the Chalice app and answers proxy events."""

    def __init__(self, settings: Settings, catalogue: Catalogue, gate: Gate, routes: Iterable[Route]) -> None:
        self.settings = settings
        self.catalogue = catalogue
        # The contract is whole wherever it is asked for; a process serves the routes of its own units.
        everything = tuple(routes)
        self.kernel = Kernel(gate, catalogue, ApiContract(everything, catalogue, settings.public_url))
        self.routes = tuple(route for route in everything if settings.serves(route.module))
        self.log = Logger(service="switchboard", level=logging.INFO)
        self.tree = RouteTree(self.routes)
        self.by_path: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            if route.method in self.by_path.setdefault(route.path, {}):
                message = f"{route.method} {route.path} is declared twice"
                raise RouteError(message)
            self.by_path[route.path][route.method] = route
        # An environment of its own: Chalice writes itself into AWS_EXECUTION_ENV, once more for every app of a process.
        self.chalice = ConcurrentChalice(app_name="switchboard", debug=False, env={})
        for path, methods in self.by_path.items():
            for route in methods.values():
                view = _view(self, route)
                self.chalice.route(path, methods=[route.method], name=route.operation_id, content_types=["*/*"])(view)

    @property
    def units(self) -> tuple[str, ...]:
        """The units that this process serves: core and the modules."""
        return tuple(each.name for each in self.catalogue if self.settings.serves(each.name))

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Answer one proxy event: resolve the path, then Chalice; every answer carries request id and CORS."""
        event = self._with_request_id(event, context)
        meter = start_meter()
        request = Request.from_event(event)
        answer = self._answer(event, request, context)
        # The raw usage event (control-plane.md, Metering): route and figures, nothing that a caller typed.
        self.log.info(
            "request.served",
            extra={
                "request_id": request.request_id,
                "method": request.method,
                "operation": meter.operation,
                "unit": meter.unit,
                "tenant": meter.tenant,
                "actor": meter.actor,
                "status": answer["statusCode"],
                "round_trips": meter.round_trips,
                "read_units": meter.read_units,
                "write_units": meter.write_units,
            },
        )
        answer["headers"] = {**answer["headers"], "X-Request-Id": request.request_id, **self._cors(request)}
        return answer

    def _answer(self, event: dict[str, Any], request: Request, context: Any) -> dict[str, Any]:
        found = self.tree.find(request.path)
        if found is None or not all(map(fits_a_key, found[1].values())):
            return self._refuse(NotFound(), request)
        path, values = found
        methods = self.by_path[path]
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
            return render_problem(problem, request.request_id, request.locale, request.path)
        except UnicodeError:
            return render_problem(BadRequest(), request.request_id, request.locale, request.path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            self._failed(error, request, route.path)
            return render_problem(InternalError(), request.request_id, request.locale, request.path)

    def _failed(self, error: BaseException, request: Request, route: str) -> None:
        """Log what broke and where, without messages: exceptions quote the values that they met (pydantic's all do)."""
        causes: list[dict[str, Any]] = []
        cause: BaseException | None = error
        while cause is not None and len(causes) < MOST_CAUSES:
            frames = traceback.extract_tb(cause.__traceback__)
            trace = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
            causes.append({"type": f"{type(cause).__module__}.{type(cause).__qualname__}", "trace": trace})
            cause = cause.__cause__ or cause.__context__
        self.log.error("request.failed", extra={"request_id": request.request_id, "route": route, "causes": causes})

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


def collect_routes(core: Iterable[Routes], catalogue: Catalogue) -> list[Route]:
    """The control plane's routes and those of every folder under ``modules/``.

    Raises RouteError when a route stands outside its module's own paths or needs a permission or feature that no
    manifest declares.
    """
    found = [route for each in core for route in each.declared]
    for package in module_packages():
        # A module with several nouns has a folder for each, with the same rooms.
        nouns = [each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.") if each.ispkg]
        rooms = [room_of(name, "routes") for name in (package.__name__, *nouns)]
        found += [route for room in rooms if room for route in room.routes.declared]
    permissions = catalogue.permissions()
    seen: set[str] = set()
    for route in found:
        manifest = catalogue.get(route.module)
        if manifest is None:
            message = f"{route.path} belongs to no module ({route.module!r})"
            raise RouteError(message)
        _check(route, manifest, permissions)
        if route.operation_id in seen:
            message = f"two operations are called {route.operation_id}"
            raise RouteError(message)
        seen.add(route.operation_id)
    return found


def _check(route: Route, manifest: Manifest, permissions: frozenset[str]) -> None:
    first = route.path.removeprefix("/v1").split("/")[1]
    if first not in manifest.paths:
        message = f"{route.path}: /{first} is not among the paths of {manifest.name} {manifest.paths}"
        raise RouteError(message)
    if (needed := permission_of(route)) and needed not in permissions:
        message = f"{route.path} needs {needed!r}, which no manifest declares"
        raise RouteError(message)
    if route.feature and manifest.feature(route.feature) is None:
        message = f"{route.path} hangs on the feature {route.feature!r}, which {manifest.name} does not declare"
        raise RouteError(message)
