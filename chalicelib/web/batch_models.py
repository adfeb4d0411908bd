"""The shape of ``POST …/batch``: operations in, one status per operation out (api.md, Writing)."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from chalicelib.web.wire import CLOSED

D = TypeVar("D", bound=BaseModel)
K = TypeVar("K", bound=BaseModel)

MAX_OPERATIONS = 500


class _Operation(BaseModel):
    model_config = CLOSED


class CreateOperation(_Operation, Generic[D]):
    """Create a record."""

    op: Literal["create"]
    data: D


class UpdateOperation(_Operation):
    """Apply a JSON merge patch to a record."""

    op: Literal["update"]
    id: str = Field(max_length=255)
    if_match: int | None = Field(default=None, description="the version that is expected")
    data: dict[str, Any]


class UpsertOperation(_Operation, Generic[K, D]):
    """Create the record with this natural key, or replace what it says."""

    op: Literal["upsert"]
    key: K
    data: D


class DeleteOperation(_Operation):
    """Delete a record."""

    op: Literal["delete"]
    id: str = Field(max_length=255)
    if_match: int | None = Field(default=None, description="the version that is expected")


class FullBatch(_Operation, Generic[K, D]):
    """Up to 500 operations of every sort."""

    operations: list[
        Annotated[
            CreateOperation[D] | UpdateOperation | UpsertOperation[K, D] | DeleteOperation, Field(discriminator="op")
        ]
    ] = Field(min_length=1, max_length=MAX_OPERATIONS)


class CreateBatch(_Operation, Generic[D]):
    """Up to 500 records to create."""

    operations: list[CreateOperation[D]] = Field(min_length=1, max_length=MAX_OPERATIONS)


class OperationResult(BaseModel):
    """What became of one operation, at its place in the order of the request."""

    model_config = CLOSED

    index: int
    status: int = Field(description="as the operation's own route would have answered")
    id: str | None
    version: int | None
    problem: dict[str, Any] | None = Field(description="problem details (RFC 9457) when it was refused")


class BatchResult(BaseModel):
    """One result per operation, in order."""

    model_config = CLOSED

    results: list[OperationResult]
