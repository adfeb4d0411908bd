"""A small table with an index, to try the fault proxy on; the product's tests have their own."""

from __future__ import annotations

import os
from typing import Any, Final

import boto3
from botocore.config import Config

TABLE: Final = "faults"
CREDENTIALS: Final = {
    "region_name": "eu-central-1",
    "aws_access_key_id": f"FAULTS{os.getpid()}",  # a database of its own for each of pytest's processes
    "aws_secret_access_key": "local",
}


def make_table(client: Any) -> None:
    """Make the table: key `pk`, index `by_shelf` of `shelf` and `pk`."""
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "shelf")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_shelf",
                "KeySchema": [
                    {"AttributeName": "shelf", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def client_of(endpoint: str, attempts: int = 1, **settings: Any) -> Any:
    """Return a DynamoDB client that tries each call `attempts` times."""
    retries = {"total_max_attempts": attempts, "mode": "standard"}
    return boto3.client("dynamodb", endpoint_url=endpoint, config=Config(retries=retries, **settings), **CREDENTIALS)


def item(name: str, shelf: str = "a") -> dict[str, Any]:
    """Return an item in DynamoDB's JSON."""
    return {"pk": {"S": name}, "shelf": {"S": shelf}}


def put_both(client: Any, *names: str) -> None:
    """Write items in one transaction."""
    client.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item(name)}} for name in names])


def stored(target: str) -> dict[str, str]:
    """Return name → shelf of everything in the table, past the proxy."""
    found = client_of(target).scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return {row["pk"]["S"]: row["shelf"]["S"] for row in found}


def count(client: Any, times: int = 1) -> None:
    """Add to a counter in a transaction, whose token the SDK makes."""
    add = {"TableName": TABLE, "Key": {"pk": {"S": "counter"}}, "UpdateExpression": "ADD n :n"}
    add["ExpressionAttributeValues"] = {":n": {"N": str(times)}}
    client.transact_write_items(TransactItems=[{"Update": add}])


def counter(target: str) -> int:
    """Return what the counter says."""
    found = client_of(target).get_item(TableName=TABLE, Key={"pk": {"S": "counter"}}, ConsistentRead=True)
    return int(found["Item"]["n"]["N"])


def on_shelf(client: Any, shelf: str, **more: Any) -> list[str]:
    """Return the names that the index shows."""
    found = client.query(
        TableName=TABLE,
        IndexName="by_shelf",
        KeyConditionExpression="shelf = :s",
        ExpressionAttributeValues={":s": {"S": shelf}},
        **more,
    )
    return [row["pk"]["S"] for row in found["Items"]]
