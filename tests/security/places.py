"""Tenants with records of every kind, made by walking the route table."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, Final
from urllib.parse import quote

import pytest
from ulid import ULID

from chalicelib.access.needs import Permission
from chalicelib.clock import ULID_LENGTH
from chalicelib.web.contract import ApiContract
from chalicelib.web.routes import Route, permission_of
from tests.security.deployment import CATALOGUE, ROUTES, Deployment
from tests.security.recipes import (
    AFTERWARDS,
    BEHIND,
    BODIES,
    MADE_ELSEWHERE,
    NATURAL,
    OF_THE_PRESENT,
    QUERIES,
    READY,
    REQUIRED,
    SHARED,
    link_to_nothing,
    uploaded,
)
from tests.security.spy import unwatched
from tests.support.application import Answer

MADE: Final = 2  # of every kind: enough for a list to have a second page
_numbers = count(1)
_ID: Final = re.compile(r"\b[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}\b")
_REQUEST: Final = re.compile(r'"request_id": "[^"]*", ')
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z-]*")

FOR_TENANTS: Final = tuple(
    each for each in ROUTES if isinstance(each.needs, Permission) and not each.needs.name.startswith("platform:")
)
FOR_OPERATORS: Final = tuple(each for each in ROUTES if (permission_of(each) or "").startswith("platform:"))
_CREATING: Final = {each.path: each for each in ROUTES if each.method == "POST" and each.answer.statuses == (201,)} | {
    path: next(each for each in ROUTES if each.operation_id == made_by) for path, made_by in MADE_ELSEWHERE.items()
}


def named(route: Route) -> str:
    """A route as the id of a case."""
    return route.operation_id


def collection_of(route: Route, parameter: str) -> str:
    """The path in front of a parameter: the collection that it is an id of."""
    return route.path.partition(f"/{{{parameter}}}")[0]


def what_is(route: Route, parameter: str) -> str:
    """``record``, ``natural``, ``shared`` or ``link``; fails for a parameter that nothing explains."""
    if parameter == "link":
        return "link"
    for kind, known in (("shared", SHARED), ("natural", NATURAL)):
        if parameter in known:
            return kind
    if collection_of(route, parameter) in _CREATING.keys() | BEHIND.keys():
        return "record"
    pytest.fail(
        f"{route.method} {route.path}: nothing says what {{{parameter}}} is. Let "
        f"POST {collection_of(route, parameter)} answer Created, or "
        "add the parameter to SHARED or NATURAL in tests/security/recipes.py."
    )


@dataclass
class Place:
    """A tenant, its admin, and what was made in it: the answers, by the collection's path."""

    deployment: Deployment
    salt: str
    modules: tuple[str, ...] = tuple(each.name for each in CATALOGUE if not each.always_on)
    number: int = field(default_factory=lambda: next(_numbers))
    made: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    customers: str = "fil_none"
    people: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    _bodies: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Onboard the tenant and bind its admin's sign-in."""
        self.document = self._onboard()
        self.id: str = self.document["id"]
        self.link: str = self.document["invitation"]["link"]
        self._sign_in(self.link, f"{self.salt}-admin")
        self.root_unit: str = self.deployment.call("GET", "/v1/me", by=self.admin).body["org_unit_id"]

    def _onboard(self) -> dict[str, Any]:
        body = {
            "name": f"Tenant {self.salt}",
            "region": "US",
            "default_phone_region": "US",
            "locale": "en",
            "time_zone": "UTC",
            "currency": "USD",
            "admin": {"name": f"Admin {self.salt}", "email": f"admin.{self.salt}@example.com".lower()},
            "modules": list(self.modules),
        }
        answer = self.deployment.call("POST", "/v1/tenants", body, by=self.deployment.operator)
        assert answer.status == 201, answer.text  # noqa: PLR2004 - Created
        document: dict[str, Any] = answer.body
        return document

    def _sign_in(self, link: str, subject: str) -> str:
        token = self.deployment.token(subject)
        answer = self.deployment.call("POST", f"/v1/invitations/{link}/sign-in", {"token": token})
        assert answer.status == 200, answer.text  # noqa: PLR2004 - OK
        return token

    @property
    def admin(self) -> str:
        """The admin's access token."""
        return self.deployment.token(f"{self.salt}-admin")

    def invited(self, role: str, **more: str) -> dict[str, Any]:
        """A new user: the answer to the invitation."""
        number = next(self._bodies)
        email = f"{role}.{self.salt}.{number}@example.com".lower()
        body = {"name": f"{role} {self.salt} {number}", "email": email, "role": role, **more}
        answer = self.deployment.call("POST", "/v1/users", body, by=self.admin)
        assert answer.status == 201, answer.text  # noqa: PLR2004 - Created
        document: dict[str, Any] = answer.body
        return document

    def person(self, role: str, *, reach: str = "", unit: str = "") -> tuple[str, str]:
        """The id and access token of a user in a role; the same one when asked again."""
        who = (role, reach, unit)
        subject = f"{self.salt}-{'-'.join(who)}"
        if who not in self.people:
            more = {name: value for name, value in (("reach", reach), ("org_unit_id", unit)) if value}
            document = self.invited(role, **more)
            self._sign_in(document["invitation"]["link"], subject)
            self.people[who] = (document["id"], subject)
        return self.people[who][0], self.deployment.token(self.people[who][1])

    def key(self, *scopes: str) -> str:
        """A new API key of the admin's with these scopes."""
        answer = self.deployment.call("POST", "/v1/api-keys", {"name": "key", "scopes": list(scopes)}, by=self.admin)
        assert answer.status == 201, answer.text  # noqa: PLR2004 - Created
        return str(answer.body["api_key"])

    # -- records of every kind

    def furnish(self) -> Place:
        """Make records of every kind that the route table knows how to create, then what callers name themselves."""
        self.customers = uploaded(self)
        for path, route in sorted(_CREATING.items(), key=lambda each: each[0].count("/")):
            if route in FOR_TENANTS:
                self.made[path] = [self.make(route) for _ in range(MADE)]
        for make in BEHIND.values():
            make(self)
        for route in FOR_TENANTS:
            if route.method == "PUT":
                answer = self.ask(route)
                assert answer.status in route.answer.statuses, f"{route.operation_id}: {answer.text}"
        return self

    def make(self, route: Route) -> dict[str, Any]:
        """Create one record by a POST that answers Created."""
        answer = self.ask(route)
        if answer.status not in route.answer.statuses:
            pytest.fail(
                f"{route.method} {route.path} could not be called by its own examples ({answer.text[:600]}): give it "
                "examples that work, or add it to BODIES in tests/security/recipes.py."
            )
        document: dict[str, Any] = answer.body
        if afterwards := AFTERWARDS.get(route.operation_id):
            afterwards(document)
        return document

    def first(self, path: str) -> dict[str, Any]:
        """The first record of a collection."""
        return self.made[path][0]

    # -- calling any route

    def value(self, route: Route, parameter: str, nth: int = 0) -> str:
        """This tenant's own value of a path parameter."""
        match what_is(route, parameter):
            case "shared":
                return SHARED[parameter]
            case "natural":
                return NATURAL[parameter](self)
            case "link":
                purpose = getattr(route.needs, "purpose", "")
                return self.link if purpose == "invitation" else link_to_nothing(self, purpose)
            case _:
                if (collection := collection_of(route, parameter)) == "/v1/tenants":
                    return self.id
                return str(self.made[collection][nth]["id"])

    def values(self, route: Route, nth: int = 0) -> dict[str, str]:
        """All of them. Only the last id is the nth: its parents are the first, in which it was made."""
        return {name: self.value(route, name, nth if name == route.path_names[-1] else 0) for name in route.path_names}

    def ask(
        self,
        route: Route,
        values: Mapping[str, str] | None = None,
        *,
        by: str | None = None,
        body: Any = None,
        query: str = "",
        nth: int = 0,
        **headers: str,
    ) -> Answer:
        """Call a route as the admin (or ``by``; "" for nobody), with own ids and a body that should do."""
        path = route.path
        ready = READY.get(route.operation_id) if values is None and by is None else None
        with unwatched():
            given = ready(self) if ready else dict(values or {})
        for name in route.path_names:
            value = given.get(name) or self.value(route, name, nth if name == route.path_names[-1] else 0)
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
            self.asked[name] = value
        query = query or REQUIRED.get(route.operation_id, "")
        if must := QUERIES.get(route.operation_id):
            query = "&".join(each for each in (must(self), query) if each)
        path += f"?{query}" if query else ""
        by = self.admin if by is None else by

        def send(sent: Any) -> Answer:
            return self.deployment.call(route.method, path, sent, by=by, **headers)

        if body is not None or route.body is None:
            return send(body)
        if recipe := BODIES.get(route.operation_id):
            return send(recipe(self, next(self._bodies)))
        return self._send_salted(send, self._example(route))

    def body(self, route: Route) -> Any:
        """A body that should do, unsalted where it is an example."""
        recipe = BODIES.get(route.operation_id)
        return recipe(self, next(self._bodies)) if recipe else self._example(route)

    def _example(self, route: Route) -> Any:
        return self._referring(example_of(route))

    def _referring(self, value: Any) -> Any:
        """The body with the tenant's own ids where it names a record by the name of a path parameter."""
        if isinstance(value, list):
            return [self._referring(each) for each in value]
        if isinstance(value, dict):
            return {name: self._own.get(name) or self._referring(each) for name, each in value.items()}
        return value

    @property
    def _own(self) -> dict[str, str]:
        named_by = {
            name: collection_of(route, name)
            for route in FOR_TENANTS
            for name in route.path_names
            if name.endswith("_id")
        }
        return {name: str(self.made[path][0]["id"]) for name, path in named_by.items() if self.made.get(path)}

    def _send_salted(self, send: Any, body: Any) -> Answer:
        """Send texts with the tenant's salt; where it is refused as a word, then not at all."""
        kept = set(self._own.values())
        number, refusals = next(self._bodies), Counter[str]()
        salts = (f" {self.salt} {number}", f"_{self.salt.lower()}_{number}", "")
        for _ in range(6):
            answer: Answer = send(salted(body, salts, kept, refusals))
            refused = {each for each in _pointers(answer) if refusals[each] < len(salts) - 1}
            if not refused:
                break
            refusals.update(refused)
        return answer


def salted(value: Any, salts: Sequence[str], kept: Collection[str], refusals: Counter[str], at: str = "") -> Any:
    """The body with a salt behind each text but the kept ones: the first salt that has not been refused there."""
    if isinstance(value, dict):
        return {name: salted(each, salts, kept, refusals, f"{at}/{name}") for name, each in value.items()}
    if isinstance(value, list):
        return [salted(each, salts, kept, refusals, f"{at}/{place}") for place, each in enumerate(value)]
    return f"{value}{salts[refusals[at]]}" if isinstance(value, str) and value not in kept else value


def _pointers(answer: Answer) -> Iterator[str]:
    if answer.status == 422:  # noqa: PLR2004 - invalid values
        yield from (each["pointer"] for each in answer.body.get("errors", ()))
    elif answer.status == 207:  # noqa: PLR2004 - a batch: each operation's own
        for result in answer.body["results"]:
            for each in (result["problem"] or {}).get("errors", ()):
                yield f"/operations/{result['index']}{each['pointer']}"


@cache
def _document() -> dict[str, Any]:
    return ApiContract(ROUTES, CATALOGUE, "http://localhost").whole


def example_of(route: Route) -> Any:
    """The first example body that the OpenAPI document gives for the route."""
    content = _document()["paths"][route.path][route.method.lower()]["requestBody"]["content"]
    return next(iter(content["application/json"]["examples"].values()))["value"]


def like(value: str) -> str:
    """An id of the same form that nobody has, or a name that nobody uses."""
    prefix, _, ulid = value.partition("_")
    return f"{prefix}_{ULID()}" if len(ulid) == ULID_LENGTH else "unknown-1"


def unknown(route: Route) -> dict[str, str]:
    """Path values that name nothing, so that even who may do all does nothing with them."""
    return {
        name: f"xxx_{ULID()}" if what_is(route, name) == "record" else "no-such-name"
        for name in route.path_names
        if name != "link"
    }


# -- comparing


def said(answer: Answer, *values: str) -> Any:
    """What an outsider can compare of an answer: without request id and path, and with our ids and times made alike.

    ``values`` are what the request itself named; where they are echoed they count as the same.
    """
    headers = {name: text for name, text in answer.headers.items() if name != "X-Request-Id"}
    body = answer.body if answer.text[:1] in {"{", "["} else answer.text
    if isinstance(body, dict):
        body = {name: each for name, each in body.items() if name not in {"request_id", "instance"}}
        body |= {"next_cursor": bool(body["next_cursor"])} if "next_cursor" in body else {}
        headers.pop("Link", None)
    text = json.dumps([answer.status, body, headers], ensure_ascii=False, sort_keys=True)
    text = _REQUEST.sub("", text)  # those of a batch's operations
    for value in values:
        text = text.replace(value, "<given>").replace(quote(value, safe=""), "<given>")
    return _TIME.sub("<time>", _ID.sub("<id>", text))


def texts(value: Any) -> Iterator[str]:
    """Every text inside a document that could tell something: no times, nothing shorter than four characters."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str) and len(value) > 3 and not _TIME.fullmatch(value):  # noqa: PLR2004 - see above
        yield value


READING: Final = tuple(each for each in FOR_TENANTS if each.method == "GET")


def view(place: Place) -> dict[str, Any]:
    """All that the tenant's admin can read, by operation; but for what tells of the reading itself, or of its time."""
    found = {}
    for route in READING:
        if "audit" in route.path or route.operation_id in OF_THE_PRESENT:
            continue
        answer = place.ask(route, query="limit=200" if route.listing else "")
        body = {"text": answer.text} if answer.body is None else answer.body
        asked_at = {"at": ""} if "at" in body else {}
        found[route.operation_id] = {
            **body,
            **asked_at,
            "request_id": "",
            "next_cursor": bool(body.get("next_cursor")),
        }
    return found
