"""Only chalicelib/store/keys.py spells a key (architecture.md, Data).

Every partition key starts with the tenant. IAM does not separate tenants here, the keys do: one key put together by
hand somewhere else, without its tenant or with an unescaped value in it, reads another tenant's records.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.house import source

KEYS = Path("chalicelib/store/keys.py")
ATTRIBUTE = re.compile(r"(gsi[1-4])?(pk|sk)")
HOLE = "\0"
"""Stands for what an f-string fills in."""

NO_KEY = re.compile(
    r"""(?mx)
    ^\#{1,6}\s                                   # a Markdown heading
    | (?<![^\s(,])\#[a-z]{1,2}\d{0,2}\b           # a name in a DynamoDB expression, two letters at most: #p = :p
    | (?<![^\s"'(\[=])\#/[\w$/~{}%\0]*           # a JSON pointer: #/components/schemas/Contact
    | (?<![^\s"'(:;,=])\#(?:[0-9a-fA-F]{3,8})\b  # a colour
    | &\#x?[0-9a-fA-F]+;                         # an HTML entity
    | (?<=href=["'])\#[\w-]*                     # a link inside a page
    | (?:https?://|/)[\w./:%~?=&+-]*\#[\w./-]+   # a link into a page
    """
)
WHAT_A_KEY_LOOKS_LIKE = re.compile(r"[^\s#]#|#[^\s#]|^#$")


def lint(path: Path, text: str) -> list[str]:
    """Texts that look like keys, and key attributes that are given a text."""
    if path == KEYS:
        return []
    tree = ast.parse(text)
    quiet = source.docstrings(tree) | (_url_parts(tree) if path.parts[0] == "infra" else set())
    found = [
        source.at(path, node, f"{shown!r} looks like a key") for node, shown in _texts(tree, quiet) if _is_key(shown)
    ]
    return found + [
        source.at(path, value, f"{name} is given a text") for name, value in _given(tree) if _is_text(value)
    ]


def _url_parts(tree: ast.AST) -> set[int]:
    """The local gateway cuts the fragment off a request's path; in a function API Gateway has done so already."""
    return {
        id(given)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "partition"
        for given in node.args
    }


def _texts(tree: ast.AST, quiet: set[int]):
    """Every text in the file that is no docstring; an f-string counts as one text."""
    seen = set(quiet)
    for node in ast.walk(tree):  # from the outside in: an f-string comes before its parts
        if id(node) in seen:
            continue
        if isinstance(node, ast.JoinedStr):
            seen |= {id(part) for part in node.values} | {
                id(part.format_spec) for part in node.values if isinstance(part, ast.FormattedValue)
            }
            parts = [part.value if isinstance(part, ast.Constant) else HOLE for part in node.values]
            yield node, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value


def _is_key(text: str) -> bool:
    return bool(WHAT_A_KEY_LOOKS_LIKE.search(NO_KEY.sub("", text)))


def _given(tree: ast.AST):
    """Each place where a key attribute is given, or compared with, something: (name, value)."""
    for node in ast.walk(tree):
        for target, value in _pairs(node):
            if name := _key_name(target):
                yield name, value


def _pairs(node: ast.AST) -> list[tuple[object, ast.AST]]:
    """What is given what: an assignment, a keyword, a mapping, a comparison, `Record.sk` asked for a prefix."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return [(target, value) for target in targets]
        case ast.AnnAssign(target=one, value=ast.expr() as value) | ast.keyword(arg=str(one), value=value):
            return [(one, value)]
        case ast.Dict(keys=keys, values=values):
            return list(zip(keys, values, strict=True))
        case ast.Compare(left=one, comparators=values) | ast.Call(func=ast.Attribute(value=one), args=values):
            return [(one, value) for value in values]
    return []


def _key_name(target: object) -> str | None:
    match target:
        case str(name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name if ATTRIBUTE.fullmatch(name) else None
        case ast.Subscript(slice=inner):
            return _key_name(inner)
    return None


def _is_text(value: ast.AST) -> bool:
    """A text, or one put together on the spot: f-string, +, %, "…".format(), "…".join(), {"S": "…"}."""
    match value:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=ast.Attribute(value=start, attr="format" | "join")):
            return _is_text(start)
        case ast.Dict(keys=[ast.Constant(value="S")], values=[inner]):
            return _is_text(inner)
    return False


def test_not_flagged__the_local_gateway_cutting_a_fragment_off():
    cut = 'path = target.partition("#")[0]'
    assert not lint(Path("infra/local/gateway.py"), cut)
    assert lint(Path("modules/contacts/service.py"), cut)


def test_only_the_key_module_spells_keys():
    found = source.run(lint)
    assert not found, source.report(
        found,
        "reading another tenant's records by a key that was put together without its tenant",
        f"add a function to {KEYS} that takes the tenant first and returns the key, and call it",
    )


@pytest.mark.parametrize(
    "bad",
    [
        'key = f"{tenant}#contact#{id}"',
        'key = "#".join((tenant, kind))',
        'key = tenant + "#contact"',
        'key = "due#" + minute',
        'key = "%s#%s" % (a, b)',
        'parts = key.split("#")',
        'prefix = "contact#"',
        'key = f"{tenant}#{id:>08}"',
        'key = f"contact#cafe"',
        'item = {"pk": tenant}; item["pk"] = "t1"',
        'record.gsi1pk = f"{tenant}"',
        'record.gsi4sk = tenant + "/" + "x"',
        'save(pk="platform")',
        'item = {"sk": {"S": "profile"}}',
        'sk: str = "profile"',
        'query(Record.sk.begins_with("line"))',
        'query(Record.gsi2sk == f"{path}")',
        'values = {":p": f"{tenant}#c"}',
    ],
)
def test_flagged__a_key_outside_the_key_module(bad):
    assert lint(Path("modules/contacts/service.py"), bad)
    assert not lint(KEYS, bad)


@pytest.mark.parametrize(
    "good",
    [
        '"""The issue #877 and tenant#kind."""',
        'ref = "#/components/schemas/Contact"',
        'ref = f"#/components/schemas/{name}"',
        'css = "a{color:#fff;background: #1a2b3c}"',
        'text = "# Heading\\n## Second heading"',
        'text = "it&#39;s"',
        "page = '<a href=\"#top\">up</a>'",
        'link = "https://docs.example.com/api.html#errors"',
        'text = "number # of lines"',
        'condition = "#p = :p AND begins_with(#s1, :b)"',
        "record.pk, record.sk = keys.record(tenant, kind, id)",
        "pk = UnicodeAttribute(hash_key=True)",
        'schema = {"AttributeName": "pk", "KeyType": "HASH"}',
        "query(Record.sk.begins_with(keys.children(kind)))",
        "record.gsi1pk = None",
    ],
)
def test_not_flagged__what_only_looks_like_one(good):
    assert not lint(Path("modules/contacts/service.py"), good)
