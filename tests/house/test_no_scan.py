"""architecture.md: never a Scan, in a request or elsewhere; export, recount and erasure walk declared listings."""

import ast
from pathlib import Path

import pytest

from tests.house import source

# PartiQL's statements scan whenever their condition names no full key, and say nothing of it.
CALLS = {"scan", "segmented_scan", "parallel_scan", "rate_limited_scan", "execute_statement", "batch_execute_statement"}
OPERATIONS = {"scan", "ExecuteStatement", "Scan", "execute_statement"}


def lint(path: Path, text: str) -> list[str]:
    """Calls named scan, and operations of that name handed to a client (a paginator, a raw call)."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in CALLS:
                found.append(source.at(path, node, f"calls {name}()"))
            case ast.Attribute(attr="get_paginator" | "dispatch" | "_make_api_call" | "generate_presigned_url"):
                given = {each.value for each in node.args if isinstance(each, ast.Constant)}
                found += [source.at(path, node, f"asks for {name}") for name in sorted(given & OPERATIONS)]
    return found


def test_nothing_scans_a_table():
    found = source.run(lint)
    assert not found, source.report(
        found,
        "an operation that reads (and pays for) every tenant's records, and that IAM can't limit to one tenant",
        "declare in the manifest how the kind is listed, and walk that with Query",
    )


@pytest.mark.parametrize(
    "bad",
    [
        "for contact in Contact.scan(): pass",
        "table.segmented_scan(0, 4)",
        "client.scan(TableName='t')",
        "client.get_paginator('scan')",
        "connection.dispatch('Scan', {})",
        "client.execute_statement(Statement='SELECT * FROM t')",
    ],
)
def test_flagged__a_scan_by_any_name(bad):
    assert lint(Path("modules/contacts/service.py"), bad)


@pytest.mark.parametrize(
    "good", ["Contact.query(key)", "client.get_paginator('query')", "page = Page(truncated_scan=True)", "scan = 1"]
)
def test_not_flagged__a_query(good):
    assert not lint(Path("modules/contacts/service.py"), good)
