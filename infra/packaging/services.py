"""Which AWS services the product calls: read from its code, so that no list beside it can fall behind.

botocore brings the descriptions of four hundred services, 16 MB zipped; a bundle keeps those of what is found here.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackageError

MAKES_A_CLIENT: Final = frozenset({"client", "create_client"})  # of boto3 and its sessions; of botocore's sessions
# Libraries that make clients by themselves, and of which services.
BY_LIBRARY: Final[Mapping[str, str]] = {"pynamodb": "dynamodb"}


def used_services(root: Path, files: Iterable[Path]) -> dict[str, list[str]]:
    """Each service's name in botocore, with the places below ``root`` that ask for it.

    Raises PackageError when a place names its service in a way that can't be read here.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        name = file.relative_to(root).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"), filename=name)
        for node in ast.walk(tree):
            for library in _imported(node) & BY_LIBRARY.keys():
                found[BY_LIBRARY[library]].add(library)
            if isinstance(node, ast.Call) and (service := _service(node, name)):
                found[service].add(f"{name}:{node.lineno}")
    return {service: sorted(places) for service, places in sorted(found.items())}


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {each.name.partition(".")[0] for each in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module.partition(".")[0]}
    return set()


def _service(call: ast.Call, file: str) -> str | None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in MAKES_A_CLIENT:
        return None
    named = [each.value for each in call.keywords if each.arg == "service_name"]
    match [*call.args, *named]:
        case []:  # a method of something else
            return None
        case [ast.Constant(value=str(service)), *_]:
            return service
    message = (
        f'{file}:{call.lineno}: the service must stand here as a text, .{call.func.attr}("s3"), for a bundle holds '
        "the descriptions of those services alone that are read from the code."
    )
    raise PackageError(message)
