"""What the house's lints share: which files are source, and what a finding looks like."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ("app.py", "chalicelib", "tenants", "modules")
SOURCE = (*RUNTIME, "infra", "bench")

Lint = Callable[[Path, str], list[str]]
"""Takes a file's path from the root and its text; answers one line for each finding."""


def files(tops: tuple[str, ...] = SOURCE, root: Path = ROOT) -> Iterator[Path]:
    """Every Python file of the given top-level places, as paths from the root."""
    for top in tops:
        place = root / top
        found = [place] if place.is_file() else sorted(place.rglob("*.py"))
        yield from (file.relative_to(root) for file in found)


def run(lint: Lint, tops: tuple[str, ...] = SOURCE, root: Path = ROOT) -> list[str]:
    """All findings of a lint."""
    return [found for file in files(tops, root) for found in lint(file, (root / file).read_text(encoding="utf-8"))]


def at(path: Path, node: ast.AST, what: str) -> str:
    """One finding, in a form that editors jump to."""
    return f"{path}:{getattr(node, 'lineno', 1)}: {what}"


def report(findings: list[str], prevents: str, mend: str) -> str:
    """What a person reads who has made the mistake."""
    return "\n".join([f"{len(findings)} found. Prevents: {prevents}", f"Mend: {mend}", *findings])


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of the nodes that are docstrings, or strings standing alone as a note below an attribute."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
