"""One client for every unit's table, with short explicit time-outs, bounded retries and the capacity meter.

PynamoDB caches a connection per model class and ignores later credentials (stack-facts 0.1); here records only
know their shape, and this one connection is told the table with every call. No per-tenant credentials exist.
"""

from typing import Any, Final

from botocore.exceptions import BotoCoreError
from botocore.exceptions import ConnectionError as BotoConnectionError
from pynamodb.connection import Connection
from pynamodb.exceptions import VerboseClientError

from chalicelib.cached import Once
from chalicelib.settings import settings
from chalicelib.store.capacity import current_meter
from chalicelib.store.errors import (
    CancelledError,
    ConditionFailedError,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
)

INDEXES: Final = ("gsi1", "gsi2", "gsi3", "gsi4")

# Answers that say "not now": AWS, «Error handling with DynamoDB», retryable ones.
BUSY: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
        "LimitExceededException",
    }
)
DOWN: Final = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException"})


class MeteredConnection(Connection):
    """A PynamoDB connection that counts every call and speaks the store's own errors."""

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Make the call; raises StoreUnavailableError, StoreBusyError or CancelledError."""
        meter = current_meter()
        try:
            answer: dict[str, Any] = super().dispatch(operation_name, operation_kwargs)
        except VerboseClientError as error:
            meter.count(operation_name, {})
            raise _translated(error) from error
        except BotoCoreError as error:
            meter.count(operation_name, {})
            maybe_done = not isinstance(error, BotoConnectionError) or "Endpoint" not in type(error).__name__
            raise StoreUnavailableError(type(error).__name__, maybe_done=maybe_done) from error
        meter.count(operation_name, answer)
        return answer


def _translated(error: VerboseClientError) -> StoreError:
    code = error.response["Error"].get("Code", "")
    if code == "TransactionCanceledException":
        return CancelledError([(each.code, each.raw_item) if each else None for each in error.cancellation_reasons])
    if code == "ConditionalCheckFailedException":
        return ConditionFailedError(code)
    if code in BUSY:
        return StoreBusyError(code)
    if code in DOWN:
        return StoreUnavailableError(code, maybe_done=True)
    return StoreError(f"{code}: {error.response['Error'].get('Message', '')}")


def table_name(unit: str) -> str:
    """The name of a unit's table in this deployment."""
    return f"{settings().table_prefix}{unit}"


def table_shape(name: str) -> dict[str, Any]:
    """Keys and indexes of every unit's table (architecture.md, Data), as CreateTable wants them."""
    pairs = [("pk", "sk"), *((f"{index}pk", f"{index}sk") for index in INDEXES)]
    schemas = [
        [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}] for pk, sk in pairs
    ]
    return {
        "TableName": name,
        "KeySchema": schemas[0],
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for pair in pairs for each in pair],
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            for index, schema in zip(INDEXES, schemas[1:], strict=True)
        ],
    }


@Once
def connection() -> MeteredConnection:
    """The process's connection, made at first use and warmed by nobody before that (stack-facts 4)."""
    wanted = settings()
    made = MeteredConnection(
        region=wanted.region,
        host=wanted.dynamodb_endpoint,
        connect_timeout_seconds=wanted.connect_timeout_s,
        read_timeout_seconds=wanted.read_timeout_s,
        max_retry_attempts=wanted.store_attempts - 1,
        max_pool_connections=wanted.pool_connections,
    )
    # PynamoDB makes its client at the first call, and threads whose first calls come together would make several.
    _ = made.client
    return made
