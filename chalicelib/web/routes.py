"""Route declarations: a function's signature says what it takes and gives; ``needs`` says who may.

The function stays a plain function: services and tests can call it. What is declared here is read by
web/execute.py, web/openapi.py and the generated access matrix alike.
"""

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, create_model

from chalicelib.access.needs import Link, Needs, Permission, as_needs
from chalicelib.call import Call
from chalicelib.modules import Listing
from chalicelib.problems import Problem
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Created, Listed, Patch, Plain, Upserted
from chalicelib.web.wire import CLOSED

Function = Callable[..., Any]
READING: Final = frozenset({"GET"})


class RouteError(TypeError):
    """A route's declaration contradicts its function; the build fails with it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers: statuses with a body of ``model`` (None: no body), and whether it is a page."""

    model: type[BaseModel] | None
    statuses: tuple[int, ...]
    listed: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, whole."""

    method: str
    path: str
    module: str
    needs: Needs
    function: Function
    summary: str
    description: str
    answer: Answer
    feature: str | None = None
    body: type[BaseModel] | None = None
    merge_patch: bool = False
    path_names: tuple[str, ...] = ()
    query: type[BaseModel] | None = None
    listing: Listing | None = None
    in_suspension: bool = False
    examples: dict[str, Any] = field(default_factory=dict)
    batch: Any = None
    produces: tuple[str, ...] = ()
    refuses: tuple[type[Problem], ...] = ()

    @property
    def operation_id(self) -> str:
        """Unique and speaking: the function's name."""
        return self.function.__name__

    @property
    def reads(self) -> bool:
        """Whether the route only reads."""
        return self.method in READING


class Routes:
    """The routes of one module (or of the control plane); ``routes.py`` makes one and declares on it."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.declared: list[Route] = []

    def get(self, path: str, **options: Any) -> Callable[[Function], Function]:
        """Declare a reading route. Options as in ``declare``."""
        return self.declare("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Function], Function]:
        """Declare a creating or acting route, with Idempotency-Key. Options as in ``declare``."""
        return self.declare("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Function], Function]:
        """Declare a replacing or upserting route. Options as in ``declare``."""
        return self.declare("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Function], Function]:
        """Declare a merge-patch route. Options as in ``declare``."""
        return self.declare("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Function], Function]:
        """Declare a deleting route. Options as in ``declare``."""
        return self.declare("DELETE", path, **options)

    def declare(  # noqa: PLR0913 - what one declaration says
        self,
        method: str,
        path: str,
        *,
        needs: str | Needs,
        feature: str | None = None,
        listing: Listing | None = None,
        in_suspension: bool = False,
        examples: dict[str, Any] | None = None,
        batch: Any = None,
        version: str = "/v1",
        produces: tuple[str, ...] = ("application/json",),
        refuses: tuple[type[Problem], ...] = (),
    ) -> Callable[[Function], Function]:
        """Declare one operation under ``version``, which is empty for what is no part of the API (its docs pages).

        ``needs`` is a permission's name or one of access/needs.py; ``feature`` the toggle it hangs on;
        ``listing`` makes it a list; ``in_suspension`` keeps it open to a suspended tenant's admins; ``examples``
        are request bodies for the document, by name; ``produces`` the media types of a Plain answer; ``refuses`` the
        problems of the use case beside those that every such route has. Raises RouteError when signature and
        declaration disagree.
        """

        def register(function: Function) -> Function:
            wanted = as_needs(needs)
            names = tuple(re.findall(r"{(\w+)}", path))
            if isinstance(wanted, Link) and "link" not in names:
                message = f"{method} {path}: a route that needs a Link has a {{link}} in its path"
                raise RouteError(message)
            takes = _takes(function, names, is_list=listing is not None)
            summary, _, description = (inspect.getdoc(function) or "").partition("\n")
            if not summary:
                message = f"{function.__name__} has no docstring: its first line is the operation's summary"
                raise RouteError(message)
            self.declared.append(
                Route(
                    method=method,
                    path=f"{version}{path}",
                    module=self.module,
                    needs=wanted,
                    function=function,
                    summary=summary.rstrip("."),
                    description=description.strip(),
                    answer=_gives(function, method, is_batch=batch is not None),
                    feature=feature,
                    path_names=names,
                    listing=listing,
                    in_suspension=in_suspension,
                    examples=examples or {},
                    batch=batch,
                    produces=produces,
                    refuses=refuses,
                    **takes,
                )
            )
            return function

        return register


def _takes(function: Function, path_names: tuple[str, ...], *, is_list: bool) -> dict[str, Any]:
    hints = typing.get_type_hints(function, include_extras=True)
    found: dict[str, Any] = {}
    query: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints.get(name)
        if hint is Call or (name == "link" and name in path_names):
            continue
        if name == "body":
            found["merge_patch"] = get_origin(hint) is Patch
            found["body"] = get_args(hint)[0] if found["merge_patch"] else hint
        elif hint is ListQuery:
            if not is_list:
                message = f"{function.__name__} takes a ListQuery but declares no listing"
                raise RouteError(message)
        elif name not in path_names:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            query[name] = (hint, default)
    missing = set(path_names) - set(inspect.signature(function).parameters) - {"link"}
    if missing:
        message = f"{function.__name__} does not take the path's {sorted(missing)}"
        raise RouteError(message)
    if query:
        found["query"] = create_model(f"{function.__name__}_query", __config__=CLOSED, **query)
    return found


_STATUSES: Final[Mapping[Any, tuple[int, ...]]] = {Created: (201,), Accepted: (202,), Upserted: (200, 201)}


def _gives(function: Function, method: str, *, is_batch: bool) -> Answer:
    hint = typing.get_type_hints(function).get("return", inspect.Parameter.empty)
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if hint is None or hint is type(None):
        return Answer(None, (204,))
    if origin in _STATUSES:
        return Answer(arguments[0], _STATUSES[origin])
    if origin is Listed:
        return Answer(arguments[0], (200,), listed=True)
    if origin is Plain:
        return Answer(None, (200,), plain=True)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return Answer(hint, (207 if is_batch else 200,))
    message = (
        f"{function.__name__} ({method}) answers {hint!r}: a model, Created, Accepted, Upserted, Listed, Plain or None"
    )
    raise RouteError(message)


def named_after(function: Function, name: str, said: str, **words: str) -> Function:
    """Give a function that serves several nouns the name and the docstring of one of them, for its operation."""
    function.__name__, function.__doc__ = name.format(**words), said.format(**words)
    return function


def permission_of(route: Route) -> str | None:
    """The permission a route needs, or None for the other three forms."""
    return route.needs.name if isinstance(route.needs, Permission) else None
