"""The poller: reads the tables' streams and calls the product's changes entry, as Lambda's event source mapping does.

    shards in order, parents first → batches → the entry → a checkpoint in the table, when something was delivered

A batch that is not taken is brought again. A place that the stream no longer has (it keeps 24 hours) is made up for
from the event items since the checkpoint. Everything may be delivered twice.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

Entry = Callable[..., Mapping[str, Any]]

BATCH: Final = 100
IDLE_S: Final = 0.3
AFTER_FAILURE_S: Final = 2.0


@dataclass(slots=True)
class Checkpoint:
    """How far a table's stream has been delivered: the shard, the sequence number in it, and the time."""

    load: Callable[[], dict[str, Any] | None]
    save: Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class _Place:
    shard: str
    iterator: str | None
    ended: bool = False


@dataclass(slots=True)
class TableStream:
    """One table's stream and where we are in it."""

    client: Any
    arn: str
    unit: str
    entry: Entry
    checkpoint: Checkpoint
    _place: _Place | None = None
    _done: set[str] = field(default_factory=set)

    def turn(self) -> bool:
        """Deliver the next batch; whether there was anything to read."""
        place = self._place or self._next_place()
        if place is None or place.iterator is None:
            return False
        self._place = place
        answer = self.client.get_records(ShardIterator=place.iterator, Limit=BATCH)
        records = answer["Records"]
        events = [each for each in records if _is_event(each)]
        if events:
            if self.entry({"Records": events}, None)["batchItemFailures"]:
                raise _NotTakenError
            last = records[-1]["dynamodb"]
            at = last["ApproximateCreationDateTime"].isoformat()
            self.checkpoint.save({"shard": place.shard, "sequence": last["SequenceNumber"], "at": at})
        place.iterator = answer.get("NextShardIterator")
        if place.iterator is None:
            self._done.add(place.shard)
            self._place = None
        return bool(records)

    def begin_again(self) -> None:
        """Forget the iterator: the next turn starts behind the checkpoint."""
        self._place = None
        self._done.clear()

    def _next_place(self) -> _Place | None:
        shards = list(self._shards())
        known = {each["ShardId"] for each in shards}
        kept = self.checkpoint.load()
        if kept and kept["shard"] in known and kept["shard"] not in self._done:
            self._pass_ancestors(shards, kept["shard"])
            return self._at(kept["shard"], "AFTER_SEQUENCE_NUMBER", kept["sequence"])
        if kept and kept["shard"] not in known and not self._done:
            self.entry({"replay": {"unit": self.unit, "since": kept["at"]}}, None)
        for shard in shards:
            if shard["ShardId"] not in self._done and shard.get("ParentShardId") not in known - self._done:
                return self._at(shard["ShardId"], "TRIM_HORIZON")
        return None

    def _pass_ancestors(self, shards: list[dict[str, Any]], shard_id: str) -> None:
        parents = {each["ShardId"]: each.get("ParentShardId") for each in shards}
        parent = parents.get(shard_id)
        while parent:
            self._done.add(parent)
            parent = parents.get(parent)

    def _at(self, shard_id: str, how: str, sequence: str | None = None) -> _Place:
        more = {"SequenceNumber": sequence} if sequence else {}
        answer = self.client.get_shard_iterator(StreamArn=self.arn, ShardId=shard_id, ShardIteratorType=how, **more)
        return _Place(shard_id, answer["ShardIterator"])

    def _shards(self) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self.client.describe_stream(StreamArn=self.arn, **start)["StreamDescription"]
            yield from answer["Shards"]
            if "LastEvaluatedShardId" not in answer:
                return
            start = {"ExclusiveStartShardId": answer["LastEvaluatedShardId"]}


class _NotTakenError(Exception):
    """The entry wants the batch again."""


def _is_event(record: dict[str, Any]) -> bool:
    image = record["dynamodb"].get("NewImage", {})
    return record["eventName"] == "INSERT" and bool(image.get("kind") == {"S": "event"})


def poll(streams: list[TableStream], stopped: threading.Event) -> None:
    """Deliver all tables' streams in turns until stopped."""
    while not stopped.is_set():
        busy = False
        for stream in streams:
            try:
                busy = stream.turn() or busy
            except (ClientError, BotoCoreError, _NotTakenError) as error:
                logging.getLogger(__name__).debug("stream of %s: %s", stream.unit, type(error).__name__)
                stream.begin_again()
                stopped.wait(AFTER_FAILURE_S)
        if not busy:
            stopped.wait(IDLE_S)
