"""style.md: one typed settings object; nobody else reads the environment."""

import ast
from pathlib import Path

import pytest

from tests.house import source

SETTINGS = Path("chalicelib/settings.py")
READERS = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def lint(path: Path, text: str) -> list[str]:
    """Uses of the environment, however os was imported."""
    if path == SETTINGS or path.parts[0] in {"bench", "infra"}:
        return []
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "os"
    }
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="os", names=imported) if READERS & {alias.name for alias in imported}:
                found.append(source.at(path, node, "takes the environment from os"))
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in names and attr in READERS:
                found.append(source.at(path, node, f"os.{attr}"))
    return found


def test_only_the_settings_read_the_environment():
    found = source.run(lint)
    assert not found, source.report(
        found,
        "a switch that no deployment knows of, read at import before the function has its settings",
        f"add a typed field with its reason to {SETTINGS} and pass the value in",
    )


@pytest.mark.parametrize(
    "bad",
    [
        "import os\nurl = os.environ['URL']",
        "import os\nurl = os.getenv('URL')",
        "import os as system\nurl = system.environ.get('URL')",
        "from os import environ",
        "from os import getenv as read",
    ],
)
def test_flagged__the_environment_elsewhere(bad):
    assert lint(Path("chalicelib/web/app.py"), bad)
    assert not lint(SETTINGS, bad)
    assert not lint(Path("infra/local/runner.py"), bad)


@pytest.mark.parametrize("good", ["import os\nname = os.path.basename(x)", "call.environ", "environ = {}"])
def test_not_flagged__other_uses_of_os(good):
    assert not lint(Path("chalicelib/web/app.py"), good)
