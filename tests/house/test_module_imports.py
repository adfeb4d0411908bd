"""style.md: no module imports another but through its public.py, and only one that its manifest requires.

import-linter holds the first half too (pyproject.toml); it knows nothing of manifests, nor of names in texts.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.house import source

NAMED = re.compile(r"modules(\.\w+)+")


def lint(root: Path) -> list[str]:
    """Look at what each module under the root imports of the others."""
    found = []
    for home in sorted(each for each in (root / "modules").glob("*") if (each / "manifest.py").is_file()):
        required = _required((home / "manifest.py").read_text(encoding="utf-8"))
        if required is None:
            found.append(f"modules/{home.name}/manifest.py: write `requires` as a tuple of names in the text")
            continue
        for path in source.files((f"modules/{home.name}",), root):
            tree = ast.parse((root / path).read_text(encoding="utf-8"))
            for node, target in _targets(tree, path):
                if problem := _problem(target, home.name, required):
                    found.append(source.at(path, node, problem))
    return found


def _problem(target: str, own: str, required: set[str]) -> str | None:
    _, other, *inside = target.split(".")
    if other == own:
        return None
    if inside[:1] != ["public"]:
        return f"imports {target}, which is the inside of {other}"
    if other not in required:
        return f"imports {target}, but its manifest does not require {other}"
    return None


def _required(manifest: str) -> set[str] | None:
    """The names in `requires` and `optional_requires`; None if they can't be read without running the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(manifest)):
        if isinstance(node, ast.keyword) and node.arg in {"requires", "optional_requires"}:
            try:
                names |= set(ast.literal_eval(node.value))
            except ValueError:
                return None
    return names


def _targets(tree: ast.AST, path: Path):
    """All that stands under modules/ and is named in an import, relative ones and texts included."""
    package = path.with_suffix("").parts[:-1]
    quiet = source.docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name) for alias in names if alias.name.startswith("modules."))
            case ast.ImportFrom(module=module, names=names, level=level):
                base = (*package[: len(package) - level + 1],) if level else ()
                start = ".".join((*base, *([module] if module else [])))
                if start == "modules" or (start.startswith("modules.") and start.count(".") == 1):
                    yield from ((node, f"{start}.{alias.name}") for alias in names)
                elif start.startswith("modules."):
                    yield node, start
            case ast.Constant(value=str(text)) if id(node) not in quiet:
                if NAMED.fullmatch(dotted := text.partition(":")[0]):
                    yield node, dotted


def test_modules_meet_only_at_their_public_doors():
    found = lint(source.ROOT)
    assert not found, source.report(
        found,
        "a module that can't be sold without another, or that breaks when the other one's inside is tidied",
        "ask for a function in the other's public.py and require the module in the manifest, or contribute by a port",
    )


@pytest.fixture
def two(tmp_path):
    for name in ("contacts", "campaigns"):
        (tmp_path / "modules" / name).mkdir(parents=True)
        (tmp_path / "modules" / name / "manifest.py").write_text(f'MANIFEST = Manifest(name="{name}")\n')
    return tmp_path


def put(root, code, requires='("contacts",)'):
    home = root / "modules" / "campaigns"
    (home / "manifest.py").write_text(f'MANIFEST = Manifest(name="campaigns", requires={requires})\n')
    (home / "service.py").write_text(code)
    return lint(root)


@pytest.mark.parametrize(
    "bad",
    [
        "from modules.contacts.service import create",
        "from modules.contacts import service",
        "from modules import contacts",
        "import modules.contacts.records",
        "import modules.contacts",
        "from ..contacts.service import create",
        "from ..contacts import records",
        "def late():\n    from modules.contacts import rules",
        'importlib.import_module("modules.contacts.service")',
        'TARGET = "modules.contacts.handlers:on_change"',
    ],
)
def test_flagged__the_inside_of_another_module(two, bad):
    assert len(put(two, bad)) == 1


@pytest.mark.parametrize("requires", ["()", '("billing",)'])
def test_flagged__a_module_that_is_not_required(two, requires):
    assert len(put(two, "from modules.contacts.public import lines_of", requires)) == 1


def test_flagged__requirements_that_nobody_can_read(two):
    assert len(put(two, "", "tuple(NEEDS)")) == 1


@pytest.mark.parametrize(
    "good",
    [
        "from modules.contacts.public import lines_of",
        "from modules.contacts import public",
        "import modules.contacts.public as contacts",
        "from modules.campaigns import rules",
        "from . import rules",
        "from .touches import service",
        'TARGET = "modules.campaigns.handlers:on_change"',
        '"""Not like modules.contacts.service."""',
    ],
)
def test_not_flagged__the_public_door_and_ones_own_rooms(two, good):
    assert put(two, good) == []
