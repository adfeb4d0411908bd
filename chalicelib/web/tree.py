"""The route tree: from a raw path to one of our routes, as API Gateway's ``{proxy+}`` leaves it to us."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from chalicelib.web.routes import RouteError


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    variable: tuple[str, "_Node"] | None = None
    route_path: str | None = None


class RouteTree:
    """Finds the declared path of a request. Fixed segments win over variables."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Build the tree; raises RouteError for sibling variables of different names, which no gateway takes."""
        self._root = _Node()
        for path in paths:
            node = self._root
            for segment in _segments(path):
                if not segment.startswith("{"):
                    node = node.fixed.setdefault(segment, _Node())
                    continue
                name = segment[1:-1]
                if node.variable is None:
                    node.variable = (name, _Node())
                if node.variable[0] != name:
                    message = f"{path}: {{{name}}} stands beside {{{node.variable[0]}}}"
                    raise RouteError(message)
                node = node.variable[1]
            node.route_path = path

    def find(self, raw_path: str) -> tuple[str, dict[str, str]] | None:
        """The declared path and the decoded values of its variables, or None. ``%2F`` stays inside its segment."""
        return _match(self._root, _segments(raw_path), {})


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def _match(node: _Node, segments: list[str], values: dict[str, str]) -> tuple[str, dict[str, str]] | None:
    if not segments:
        return (node.route_path, values) if node.route_path else None
    head, rest = segments[0], segments[1:]
    fixed = node.fixed.get(head)
    if fixed is not None and (found := _match(fixed, rest, values)):
        return found
    if node.variable is None or not head:
        return None
    name, after = node.variable
    try:
        value = unquote_to_bytes(head).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return _match(after, rest, {**values, name: value})
