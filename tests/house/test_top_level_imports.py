"""architecture.md: imports run one way, and nothing that runs in a function imports infra.

import-linter holds the packages (pyproject.toml); it can't see app.py, which is a file. This lint can.
"""

import ast
from pathlib import Path

import pytest

from tests.house import source

NOT_FOR = {
    "app.py": {"infra", "tests", "bench"},
    "chalicelib": {"app", "infra", "modules", "tenants", "tests", "bench"},
    "modules": {"app", "infra", "tenants", "tests", "bench"},
    "tenants": {"app", "infra", "modules", "tests", "bench"},
    "infra": {"tests", "bench"},
    "bench": set(),
}


def lint(path: Path, text: str) -> list[str]:
    """Imports of a place that stands above, or that is in no bundle."""
    forbidden = NOT_FOR[path.parts[0]]
    found = []
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        found += [source.at(path, node, f"imports {name}") for name in names if name.split(".")[0] in forbidden]
    return found


def test_imports_run_one_way():
    found = source.run(lint)
    assert not found, source.report(
        found,
        "a function that dies at its first import, because what it needs is in no bundle; a kernel that knows a module",
        "let the lower place ask by a protocol that the upper one implements, and app.py bind the two",
    )


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("app.py", "import infra.local"),
        ("app.py", "def main():\n    from infra.local import runner"),
        ("chalicelib/web/app.py", "import app"),
        ("chalicelib/modules.py", "from modules.contacts import public"),
        ("modules/contacts/service.py", "from tenants.users import service"),
        ("tenants/service.py", "import modules.contacts"),
        ("infra/local/runner.py", "from tests.support import faults"),
    ],
)
def test_flagged__an_import_upwards(path, bad):
    assert lint(Path(path), bad)


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("app.py", "import tenants\nfrom chalicelib import web"),
        ("chalicelib/web/app.py", "from chalicelib import modules"),
        ("infra/local/gateway.py", "import app"),
        ("modules/contacts/service.py", "from chalicelib.store import keys"),
    ],
)
def test_not_flagged__an_import_downwards(path, good):
    assert not lint(Path(path), good)
