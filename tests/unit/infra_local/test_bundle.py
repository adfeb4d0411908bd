"""The local issuer must never get into a deployment: nothing that is packed may reach `infra`."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKED = ("app.py", "chalicelib", "tenants", "modules")


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_packed_code__never_imports_infra() -> None:
    files = [
        file for part in PACKED for file in ([ROOT / part] if part.endswith(".py") else (ROOT / part).rglob("*.py"))
    ]
    assert [str(file) for file in files if file.exists() and "infra" in _imports(file)] == []
