"""What every body and every answer has in common (api.md, Shape)."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from chalicelib.store.records import Record

# Nothing but what is declared. A model is built by its first use: most are not used in a process's first request, and
# building all took a fifth of a cold start. pydantic does that under a lock (main.py, _rebuild_lock, since 2.14).
CLOSED: Final = ConfigDict(extra="forbid", defer_build=True)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE: Final = BeforeValidator(_whole)
Whole = Annotated[int, WHOLE]
"""A whole number in a body: 5.0 is one too (JSON Schema 2020-12, validation 6.1.1), a text or a truth value is none.

One that may be null has its bounds in front, or the document does not know them:
``Annotated[int, Field(ge=0), WHOLE] | None`` (pydantic 2.14 gives constraints behind a validator no JSON Schema).
"""


class Body(BaseModel):
    """A request's body: what is not declared is refused."""

    model_config = CLOSED


class Shown(BaseModel):
    """A part of an answer."""

    model_config = CLOSED


class Resource(Shown):
    """What every resource carries beside its own fields (api.md, Shape)."""

    id: str
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class Live(Resource):
    """A resource that shows more than its record holds (how far its job is): its version tells nothing, so no ETag."""


def common(record: Record) -> dict[str, Any]:
    """The fields of ``Resource``, from a record."""
    return {
        "id": record.id,
        "version": int(record.version),
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by,
    }
