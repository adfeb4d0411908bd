"""What a route may answer besides a plain model (200) or None (204)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """201 with the record; ``location`` is where it can be read (default: the route's path and the id)."""

    value: T
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted(Generic[T]):
    """202 with the job that does the rest; ``location`` is where it can be watched."""

    value: T
    location: str


@dataclass(frozen=True, slots=True)
class Upserted(Generic[T]):
    """201 when the record is new, else 200."""

    value: T
    created: bool
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page; ``next_position`` becomes the signed cursor."""

    items: list[T]
    next_position: dict[str, Any] | None = None
    truncated: bool = False
    total: int | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A document that is not one of our resources (OpenAPI, the docs page)."""

    body: str | bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


class Patch(Generic[T]):
    """A JSON merge patch (RFC 7396) to what ``T`` describes."""

    def __init__(self, model: type[T], document: dict[str, Any]) -> None:
        self.model = model
        self.document = document

    @property
    def touched(self) -> tuple[str, ...]:
        """The names of the top-level fields that the patch wants to change."""
        return tuple(self.document)

    def apply(self, current: dict[str, Any]) -> T:
        """The validated result on top of the present values; raises pydantic.ValidationError.

        ``current`` is the present record as JSON values, in the shape of ``T``.
        """
        from pydantic_core import to_json  # noqa: PLC0415 - only changes need it

        return self.model.model_validate_json(to_json(_merge(current, self.document, self.model)), strict=True)


def _merge(target: Any, patch: Any, model: type[BaseModel] | None) -> Any:
    """RFC 7396, section 2; a null for a name that the model has not stays, for the model to refuse it."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None and (model is None or name in model.model_fields):
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value, _model_of(model, name))
    return merged


def _model_of(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """The model of a field's value, if it is one."""
    field = model.model_fields.get(name) if model else None
    if field is not None and get_origin(field.annotation) is dict:
        return None  # its names are the caller's
    candidates = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)), None)
