"""What happens to log lines, and what follows from usage: roll-up, stocks, quotas.

lines → those of a source that have not been counted → sums → one transaction: sums + the source's note + a timer
timer → what is held, what is used of which quota → events and notifications
"""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from chalicelib.background import Background
from chalicelib.changes.handling import Doors
from chalicelib.counters.reading import total
from chalicelib.jobs.timers import Firing, remind
from chalicelib.modules import CORE, Manifest, Text
from chalicelib.store import keys
from chalicelib.store.attempts import until_in
from chalicelib.store.commit import Action
from chalicelib.store.records import Item
from chalicelib.store.store import Store
from chalicelib.work.asked import Source
from chalicelib.work.notifications import Notice, notify
from tenants.lifecycle.records import Tenant, shelf
from tenants.plans.rules import Quota as Allowed
from tenants.roles import ADMIN
from tenants.standing import plan_of, snapshot_of
from tenants.usage.records import Quota, Usage, UsageSource, UsageStock, addition, between, stock_key
from tenants.usage.rules import (
    KNOWN,
    LATE,
    STOCKS,
    Amounts,
    Bucket,
    Line,
    Number,
    holds,
    joined,
    month_of,
    next_month,
    read_line,
    sums,
    threshold,
)
from tenants.users.records import User

MEASURE: Final = "core.measure_usage"
# Each bucket takes two actions (day and month) and each tenant a timer: at most 61 of the 100 of a transaction.
BUCKETS: Final = 20
LINES: Final = 2000
# Who is told of a quota: enough that somebody is there, few enough for the same transaction.
MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What became of lines: counted now, counted before, too late or of nobody who is there."""

    counted: int = 0
    repeated: int = 0
    dropped: int = 0

    def __add__(self, other: "RolledUp") -> "RolledUp":
        """Both."""
        return RolledUp(self.counted + other.counted, self.repeated + other.repeated, self.dropped + other.dropped)


def handle_log_lines(background: Background, event: Mapping[str, Any]) -> dict[str, int]:
    """The log subscription's entry: CloudWatch Logs' batches, gzipped JSON in base64 (AWS, «Log group subscriptions»).

    Raises the store's errors: the batch comes again, and counts what has not been counted.
    """
    batch = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if batch.get("messageType") != "DATA_MESSAGE":
        return {"counted": 0, "repeated": 0, "dropped": 0}
    done = roll_up(background, (each["message"] for each in batch["logEvents"]))
    return {"counted": done.counted, "repeated": done.repeated, "dropped": done.dropped}


def roll_up(background: Background, texts: Iterable[str]) -> RolledUp:
    """Count log lines, each once, whatever comes again or dies here. Raises the store's errors."""
    lines = sorted((line for text in texts if (line := read_line(text))), key=lambda each: (each.source, each.number))
    done, oldest = RolledUp(), background.clock() - LATE
    for source, of_source in groupby(lines, key=lambda each: each.source):
        kept, dropped = [], 0
        for line in of_source:
            if line.at < oldest or background.directory.standing(line.bucket.tenant) is None:
                dropped += 1
            else:
                kept.append(line)
        done += RolledUp(dropped=dropped)
        for chunk in _chunks(kept):
            counted = until_in(lambda chunk=chunk, source=source: _count(background, source, chunk))  # type: ignore[misc] # bound now
            done += RolledUp(counted, len(chunk) - counted)
    if done.dropped:
        background.log.warning("usage.dropped", extra={"lines": done.dropped})
    return done


def _chunks(lines: list[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    buckets: set[Bucket] = set()
    for line in lines:
        if len(chunk) == LINES or len(buckets | {line.bucket}) > BUCKETS:
            yield chunk
            chunk, buckets = [], set()
        chunk.append(line)
        buckets.add(line.bucket)
    if chunk:
        yield chunk


def _count(background: Background, source: str, lines: list[Line]) -> int:
    """Add up those lines of a source that are not in yet; how many that were."""
    store = background.store(CORE, keys.PLATFORM, "usage", "usage")
    at = UsageSource.key_of(source)
    known = store.get_item(UsageSource, at)
    ranges = [(int(first), int(last)) for first, last in known.ranges] if known else []
    fresh = list({line.number: line for line in lines if not holds(ranges, line.number)}.values())
    if not fresh:
        return 0
    by_month: dict[tuple[str, str, str], Amounts] = {}
    for bucket, amounts in sums(fresh).items():
        store.add(addition(bucket.tenant, bucket.day.isoformat(), bucket.module, amounts))
        month = by_month.setdefault((bucket.tenant, month_of(bucket.day), bucket.module), {})
        for meter, amount in amounts.items():
            month[meter] = month.get(meter, 0) + amount
    for (tenant, period, module), amounts in by_month.items():
        store.add(addition(tenant, period, module, amounts))
    now = store.clock()
    for tenant in {line.bucket.tenant for line in fresh}:
        remind(store.inside(tenant), MEASURE, "now", now)
    revision = int(known.revision) if known else 0
    note = UsageSource(ranges=joined(ranges, (each.number for each in fresh)), revision=revision + 1).put_at(at)
    note.ttl = int((now + KNOWN).timestamp())
    same = UsageSource.revision == revision if known else Item.pk.does_not_exist()
    store.put(note, Action(at, condition=same))
    store.commit()
    return len(fresh)


# -- what is held, and quotas


def measure(firing: Firing) -> None:
    """Note what the tenant holds, and what it has used of its quotas; again tomorrow. The timer's target."""
    store, now = firing.store, firing.store.clock()
    on_shelf = list(store.query_all(shelf(firing.tenant)))
    tenant = next((each for each in on_shelf if isinstance(each, Tenant)), None)
    if tenant is None or firing.background.directory.standing(firing.tenant) is None:
        return
    snapshot = snapshot_of(tenant, on_shelf)
    modules = [each for each in firing.background.catalogue if plan_of(snapshot, each.name, now)]
    held = {each.name: _held(firing, each) for each in modules}
    _note_stocks(store, held, now)
    used = _used(store, now)
    noted = {(each.module, each.meter): each for each in on_shelf if isinstance(each, Quota)}
    told = []
    for module in modules:
        plan = plan_of(snapshot, module.name, now)
        for meter, allowed in plan.quotas.items() if plan else ():
            amount = held[module.name].get(meter, 0) if meter in STOCKS else used.get(module.name, {}).get(meter, 0)
            place = (module.name, meter)
            told += [quota] if (quota := _judge(store, noted.get(place), place, allowed, amount)) else []
    _tell(firing, tenant, told)
    remind(store, MEASURE, "daily", _tomorrow(now))


def _tomorrow(now: datetime) -> datetime:
    # Some minutes into the day: the last lines of the day before have come by then.
    return (now + timedelta(days=1)).replace(hour=0, minute=10, second=0, microsecond=0)


def _held(firing: Firing, module: Manifest) -> Amounts:
    """What a module holds, from its counters: one Query for each counted kind."""
    background, counted = firing.background, {each.listing.counted_by for each in module.kinds if each.listing}
    store = background.store(module.name, firing.tenant, "usage", "usage")
    amounts: Amounts = {"records": sum(total(store, fact).count for fact in sorted(filter(None, counted)))}
    if module.name == CORE:
        amounts["storage_bytes"] = int(total(store, "file_held").amounts.get("bytes", 0))
    return amounts


def _note_stocks(store: Store, held: Mapping[str, Amounts], now: datetime) -> None:
    day = now.date().isoformat()
    items, _ = store.query(**between(store.boundary, day, day, "stock"))
    before = {each.module: each for each in items if isinstance(each, UsageStock)}
    for module, amounts in held.items():
        stood = before.get(module)
        known = stood.amounts() if stood else {}
        most = {meter: max(int(known.get(meter, 0)), int(amounts.get(meter, 0))) for meter in STOCKS}
        if stood is None or any(most[meter] > known.get(meter, 0) for meter in STOCKS):
            fresh = UsageStock(period=day, module=module)
            fresh.records, fresh.storage_bytes = most["records"], most["storage_bytes"]
            store.put(fresh.put_at(stock_key(store.boundary, day, module)))


def _used(store: Store, now: datetime) -> dict[str, Amounts]:
    month = month_of(now.date())
    items, _ = store.query(**between(store.boundary, month, month))
    return {str(each.module): each.amounts() for each in items if isinstance(each, Usage)}


def _judge(store: Store, noted: Quota | None, place: tuple[str, str], allowed: Allowed, used: Number) -> Quota | None:
    """Note a quota that has passed a threshold, or is below one again; the quota if somebody is to be told."""
    now = store.clock()
    passed, month = threshold(used, allowed.limit), month_of(now.date())
    flow = place[1] not in STOCKS
    warned = int(noted.warned) if noted is not None and noted.month == month else 0
    if noted is None and not passed:
        return None
    quota = noted or Quota.fresh(now, module=place[0], meter=place[1], month=month, threshold=0, warned=0)
    same = noted is not None and noted.month == month and int(noted.threshold) == passed
    if same and int(quota.limit) == allowed.limit and bool(quota.hard) == allowed.hard:
        return None
    quota.month, quota.threshold, quota.warned = month, passed, max(warned, passed)
    quota.used, quota.limit, quota.hard = int(used), allowed.limit, allowed.hard
    quota.resets_at = next_month(now.date()) if flow else None
    warns = passed > warned
    verb = "warned" if warns else "updated" if passed else "lifted"
    if noted is None:
        store.create(quota, verb=verb)
    else:
        store.update(quota, verb=verb)
    return quota if warns else None


def _tell(firing: Firing, tenant: Tenant, quotas: list[Quota]) -> None:
    """Notify the tenant's admins of quotas that have passed a threshold, in the tenant's language."""
    if not quotas:
        return
    found, _ = firing.store.query(keys.by_kind(firing.tenant, User.KIND.name), index="gsi1", limit=200)
    admins = [each for each in found if isinstance(each, User) and each.works and ADMIN.name in dict(each.given())]
    for quota in quotas[:MOST_TOLD]:
        percent = int(quota.threshold)
        said = Text(
            f"{percent} % of the quota {quota.meter} of {quota.module} used: {int(quota.used)} of {int(quota.limit)}",
            f"{quota.module} 的配额 {quota.meter} 已使用 {percent}%：{int(quota.used)} / {int(quota.limit)}",
        )
        for admin in admins[:MOST_TOLD]:
            source = Source(f"{quota.id} {quota.month} {percent} {admin.id}", 1, "quota", str(quota.id), "/v1/limits")
            notice = Notice(str(admin.id), said.in_language(tenant.locale), severity="warning")
            notify(Doors(CORE, firing.store, firing.background), source, notice)
