"""A record's document as a row of a table: nested values by their paths, several of them in one cell. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from chalicelib.imports.values import SEPARATOR


def columns(model: type[BaseModel], wanted: Sequence[str], own: Mapping[str, Sequence[str]]) -> list[str]:
    """The paths of a model's values, in the model's order: ``addresses.city``, through lists without their places.

    ``own`` names the keys of fields that are mappings: {"custom": ["contract"]}.
    """
    found: list[str] = []
    for name in wanted:
        if name in own:
            found += [f"{name}.{key}" for key in own[name]]
        else:
            found += [".".join((name, *rest)) for rest in _below(model.model_fields[name].annotation)]
    return found


def _below(annotation: Any) -> Iterator[tuple[str, ...]]:
    models = [each for each in _types(annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    if not models:
        yield ()
        return
    for name, field in models[0].model_fields.items():
        for rest in _below(field.annotation):
            yield (name, *rest)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for each in get_args(annotation):
        yield from _types(each)


def row(document: Mapping[str, Any], paths: Sequence[str]) -> list[str]:
    """The cells of a document at these paths."""
    return [SEPARATOR.join(_cells(document, path.split("."))) for path in paths]


def cells(document: Mapping[str, Any], paths: Sequence[str]) -> list[str | int | float]:
    """The same, with a number where there is one alone: a spreadsheet can add it up."""
    texts = row(document, paths)
    numbers = (_number_at(document, path.split(".")) for path in paths)
    return [text if number is None else number for text, number in zip(texts, numbers, strict=True)]


def _number_at(value: Any, path: Sequence[str]) -> int | float | None:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _cells(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _cells(each, path)
    elif path:
        yield from _cells(value.get(path[0]) if isinstance(value, Mapping) else None, path[1:])
    elif value is not None:
        yield _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):  # money
        return " ".join(str(each) for each in value.values())
    return str(value)
