"""The kinds of records that the control plane keeps, and those that every unit's table holds beside its records."""

from typing import Final

from chalicelib.changes.records import HANDLED, HEAD
from chalicelib.clock import read_instant
from chalicelib.counters.records import CELL, COUNTED, POSTED
from chalicelib.jobs.records import TIMER
from chalicelib.modules import (
    RANGE,
    ByIndex,
    ByPartition,
    ComputedFrom,
    Filter,
    Index,
    Kind,
    Listing,
    OfPlatform,
    OneOf,
    Op,
)
from chalicelib.store.events import STORED
from tenants.lifecycle.rules import TenantState

SHELF: Final = "tenant"
"""Tenant, subscriptions and overrides stand together: the whole snapshot is one Query."""
TENANT: Final = Kind(
    "tenant",
    # The tenant's own partition; the operators' list stands under the platform's keys (lifecycle/records.py).
    ByPartition(shelf=SHELF),
    prefix="tnt",
    listing=Listing(
        filters=(Filter("state", parse=OneOf(tuple(TenantState)), path="status"),),
        indexed={"state": Index.STATE},
    ),
)
TURN: Final = "core.subscription_turn"
"""A subscription's state changes by itself at a time that was agreed on."""
PURGE: Final = "core.purge_module"
"""The job that exports and deletes what a module holds that was off for too long."""
SUBSCRIPTION: Final = Kind("subscription", ByPartition(shelf=SHELF), prefix="sub")
FEATURE_OVERRIDE: Final = Kind("feature_override", ByPartition(shelf=SHELF), prefix="fov")
SUBSCRIPTION_ENTRY: Final = Kind("subscription_entry", ByPartition())
KILL_SWITCH: Final = Kind("kill_switch", OfPlatform(), prefix="ksw")
ORG_UNIT: Final = Kind("org_unit", ByIndex(), prefix="ou", listing=Listing(), shown_at="/v1/org-units/{org_unit_id}")
# Which branches of the tree are being moved; on the tenant's shelf, so that every process knows it with the standing.
UNIT_MOVES: Final = Kind("unit_moves", ByPartition(shelf=SHELF), exported=False)
OWN_ROLE: Final = Kind("own_role", ByIndex(), prefix="rol")
USER: Final = Kind(
    "user",
    ByIndex(),
    prefix="usr",
    listing=Listing(
        filters=(
            Filter("state", parse=OneOf(("invited", "active", "deactivated")), path="status"),
            Filter("role"),
        ),
        indexed={"state": Index.STATE},
    ),
    personal=frozenset({"name", "email", "invitation", "sign_in"}),
    shown_at="/v1/users/{user_id}",
    secret=frozenset({"invitation", "sign_in"}),
)
# A key has no person's key to seal its hash under, so events tell the hash's name and never its value.
API_KEY: Final = Kind(
    "api_key",
    ByIndex(),
    prefix="key",
    listing=Listing(),
    personal=frozenset({"hashed"}),
    secret=frozenset({"hashed"}),
)

WEBHOOK: Final = Kind(
    "webhook",
    ByIndex(),
    prefix="whk",
    listing=Listing(
        filters=(Filter("state", parse=OneOf(("enabled", "disabled")), path="status"),), indexed={"state": Index.STATE}
    ),
    # A URL may hold what lets its bearer in; events tell that it has changed.
    personal=frozenset({"url", "secrets", "description"}),
    shown_at="/v1/webhooks/{webhook_id}",
    secret=frozenset({"secrets"}),
)
# They leave by themselves after 30 days too, also when their webhook has gone before.
WEBHOOK_DELIVERY: Final = Kind("webhook_delivery", ComputedFrom(WEBHOOK.name))
WEBHOOK_TURN: Final = Kind("webhook_turn", ComputedFrom(WEBHOOK.name), exported=False)
WEBHOOK_HEALTH: Final = Kind("webhook_health", ComputedFrom(WEBHOOK.name), exported=False)
# Daily and monthly sums, and what is held, by module: some five items a day, all on one shelf.
USAGE: Final = Kind("usage", ByPartition())
USAGE_STOCK: Final = Kind("usage_stock", ByPartition(shelf=USAGE.name))
# Which lines of a process's log have been counted (tenants/usage/rules.py, KNOWN).
USAGE_SOURCE: Final = Kind("usage_source", OfPlatform())
QUOTA: Final = Kind("quota", ByPartition(shelf=SHELF), prefix="quo", exported=False)

ISSUER: Final = Kind("issuer", ByIndex(), prefix="iss", listing=Listing(), shown_at="/v1/issuers/{issuer_id}")

# What the audit keeps for the life of the tenant, each in one partition; the entries stand in files (area ``audit``).
AUDIT_CHUNK: Final = Kind("audit_chunk", ByPartition())
AUDIT_HEAD: Final = Kind("audit_head", ByPartition(), exported=False)
AUDIT_INDEX: Final = Kind("audit_index", ByPartition(), exported=False)

AUDIT: Final = Listing(
    filters=(
        Filter("actor", frozenset({Op.EQ})),
        Filter("record", frozenset({Op.EQ})),
        Filter("action", frozenset({Op.EQ})),
        Filter("time", RANGE - {Op.EQ}, parse=read_instant),
    ),
    sorts=(),
)
AUDIT_CHUNKS: Final = Listing(sorts=())

# -- items that stand beside records, in every unit's table; declared here once for all units

ANY_RECORD: Final = "*"
"""Keys follow from the records of whatever kind posts them (their claims, their subject)."""

# The journal is no kind's list: the events of all units, in one order.
JOURNAL: Final = Listing(filters=(Filter("type"), Filter("subject")), sorts=(), cursor_hours=30 * 24)
DELIVERIES: Final = Listing(
    filters=(Filter("state", parse=OneOf(("waiting", "delivered", "failed", "skipped"))), Filter("type")), sorts=()
)
DEAD_LETTERS: Final = Listing(filters=(Filter("task", path="handler"),), sorts=())

INFRASTRUCTURE: Final = (
    Kind("block", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    Kind("claim", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    HEAD,
    HANDLED,
    POSTED,
    COUNTED,
    CELL,
    TIMER,
    Kind("subject_key", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    Kind("with_children", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    Kind("posting", ComputedFrom(ANY_RECORD), everywhere=True, exported=False),
    # Which ids lead to another record: whoever keeps one of them outside needs that too.
    Kind("redirect", ByIndex(), everywhere=True),
    # Each expires after 24 hours too.
    Kind("idempotency", ByPartition(spread=True), everywhere=True, exported=False),
    Kind("event", ByPartition(days=STORED.days), everywhere=True),
)
# Under the platform's keys, and by an index among what the tenant has that it points to.
REGISTRY: Final = Kind("registry", ByIndex(), exported=False)
# How far the scheduler and the local poller have come.
POSITION: Final = Kind("position", OfPlatform())
# How a tenant leaves, and the certificate of its erasure. Whose it is stands nowhere but in the record itself.
OFFBOARDING: Final = Kind(
    "offboarding", OfPlatform(), prefix="off", personal=frozenset({"tenant_id", "reason", "export", "certificate"})
)
API_KEY_USE: Final = Kind("api_key_use", ComputedFrom(API_KEY.name), exported=False)
SUBSCRIPTIONS_REVISION: Final = Kind("subscriptions_revision", ByPartition(shelf=SHELF), exported=False)
