"""The queue that wakes the worker: SQS in the cloud, a queue of this process on one machine. It may lose anything.

The job record is the truth and the sweeper finds what was not woken, so nothing here is retried.
"""

import json
import queue
from typing import Any, Final

from chalicelib.cached import Once
from chalicelib.settings import settings

LOCAL: Final[queue.Queue[tuple[str, str]]] = queue.Queue(maxsize=10_000)
"""(tenant, job) to be looked at by this process's worker; beyond its size the sweeper does."""


def wake(tenant: str, job_id: str) -> None:
    """Ask for a worker. Raises nothing: what is not heard, the sweeper finds."""
    if url := settings().jobs_queue_url:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - only where there is a queue

        try:
            _sqs().send_message(QueueUrl=url, MessageBody=json.dumps({"tenant": tenant, "job": job_id}))
        except (BotoCoreError, ClientError):
            return
    else:
        try:
            LOCAL.put_nowait((tenant, job_id))
        except queue.Full:
            return


@Once
def _sqs() -> Any:
    """The process's SQS client, made at first use."""
    import boto3  # noqa: PLC0415 - only where there is a queue

    return boto3.client("sqs", region_name=settings().region)
