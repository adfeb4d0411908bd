"""What a batch answers: results of operations, and their problems seen from the whole."""

import json
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.modules import Text
from chalicelib.problems import Invalid, Problem
from chalicelib.web.batch_models import OperationResult
from chalicelib.web.parsing import field_errors
from chalicelib.web.render import Response, to_json
from chalicelib.web.results import Created, Upserted

# Characters of an answer that is kept: sealing makes 4/3 of them, and an item has at most 400 KB (AWS, item size).
MOST_KEPT: Final = 250_000


def storable(response: Response) -> Response:
    """The answer as it is kept for a replay: without the details of its problems when they are too much for an item.

    «A replayed batch answers ids and statuses» (api.md, Writing).
    """
    if len(json.dumps(response.body)) <= MOST_KEPT:
        return response
    document = json.loads(response.body or "{}")
    for result in document["results"]:
        if result["problem"]:
            result["problem"] = {name: result["problem"][name] for name in ("type", "title", "status", "code")}
    return replace(response, body=to_json(document))


def validated(error: Exception) -> Exception:
    """What a use case found wrong with the body it was given, seen from the operation that the body is the data of."""
    if isinstance(error, ValidationError):
        return Invalid(errors=field_errors(error, "/data"))
    if isinstance(error, Invalid):
        error.errors = tuple(replace(each, pointer=f"/data{each.pointer}") for each in error.errors)
    return error


def without_tag(pointer: str) -> str:
    """The pointer without the name of the union's member, which is no part of the document."""
    parts = pointer.split("/")
    return (
        "/".join([parts[0], *parts[2:]])
        if len(parts) > 1 and parts[1] in {"create", "update", "upsert", "delete"}
        else pointer
    )


def result_of(index: int, outcome: Any) -> OperationResult:
    """What a use case's result means as the result of one operation."""
    if outcome is None:
        return OperationResult(index=index, status=204, id=None, version=None, problem=None)
    status, value = 200, outcome
    if isinstance(outcome, Created):
        status, value = 201, outcome.value
    elif isinstance(outcome, Upserted):
        status, value = (201 if outcome.created else 200), outcome.value
    return OperationResult(index=index, status=status, id=value.id, version=value.version, problem=None)


def problem_of_operation(index: int, document: dict[str, Any]) -> Problem:
    """The problem of one operation as the problem of the whole batch."""
    refused = Invalid(operation=index, cause=document)
    refused.status = document["status"]  # type: ignore[misc]  # an instance says what its cause said
    refused.code = document["code"]  # type: ignore[misc]
    refused.title = Text(document["title"], document["title"])  # type: ignore[misc]
    refused.detail = Text(document["detail"], document["detail"])
    return refused
