"""Tasks, approvals, notifications and metrics as stored, all in core's table. Their kinds are in kinds.py."""

import re
from datetime import UTC, datetime
from typing import ClassVar, Final, Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.records import Item, ListedItem, Record
from chalicelib.work.kinds import APPROVAL, ASKED, METRIC, NOTIFICATION, TASK, UNREAD
from chalicelib.work.rules import ApprovalState, Request, TaskState, is_live

_AN_ID: Final = re.compile(r"\b[a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26}\b")
NEVER: Final = "~"
"""Stands for the time of what has none; sorts behind all times."""


def in_order_of(state: str, at: datetime | None, record_id: str = "") -> SortKey:
    """By state (if one is given), then by time; without an id the bound before all of that instant."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds") if at else NEVER
    return keys.moment(state, text, record_id)


class FromSource(Record):
    """What a module has asked for, of a record of its own; or what a person has written, without a source."""

    source_module = UnicodeAttribute(null=True)
    source_id = UnicodeAttribute(null=True)
    source_type = UnicodeAttribute(null=True)
    source_record = UnicodeAttribute(null=True)
    link = UnicodeAttribute(null=True)

    def about(self) -> frozenset[str]:
        """Whomever its source or its link names."""
        return frozenset(_AN_ID.findall(f"{self.source_record} {self.link}"))


class Task(FromSource, discriminator="task"):
    """Something for a person to do: for an assignee, or for whoever of an org unit takes it from a queue.

    ``moved``: a person has given it to somebody; from then on it is not for the asking module to say whose it is.
    """

    KIND: ClassVar[Kind] = TASK

    title = UnicodeAttribute()
    detail = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    priority = UnicodeAttribute()
    assignee_id = UnicodeAttribute(null=True)
    queue = UnicodeAttribute(null=True)
    moved = BooleanAttribute(null=True)
    org_unit_id = UnicodeAttribute()
    unit_path = UnicodeAttribute()
    due_at = UTCDateTimeAttribute(null=True)
    overdue = BooleanAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)

    def state(self) -> str:
        """Listed by state."""
        return str(self.status)

    def owner(self) -> str | None:
        """Who is to do it."""
        return self.assignee_id

    def org_unit(self) -> str:
        """Whose work it is part of."""
        return str(self.unit_path)

    def hand_over(self, user_id: str) -> bool:
        """Work that has ended stays with who did it."""
        if not is_live(TaskState(self.status)):
            return False
        self.assignee_id, self.moved = user_id, True
        return True

    def place(self, tenant: str) -> Self:
        """As every record; by state it stands in the order of due times, and under its holder by state and due."""
        super().place(tenant)
        self.gsi3sk = in_order_of("", self.due_at, self.id)
        holder = self.assignee_id or queue_of(str(self.org_unit_id), str(self.queue))
        self.gsi4pk = keys.by_owner(tenant, TASK.name, holder)
        self.gsi4sk = in_order_of(self.status, self.due_at, self.id)
        return self


def queue_of(org_unit_id: str, queue: str) -> str:
    """What stands in a task's owner index for a queue."""
    return f"{org_unit_id}/{queue}"


class Approval(FromSource, discriminator="approval"):
    """Something that one person asks for and another one decides."""

    KIND: ClassVar[Kind] = APPROVAL

    title = UnicodeAttribute()
    detail = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    requested_by = UnicodeAttribute()
    approver_id = UnicodeAttribute(null=True)
    org_unit_id = UnicodeAttribute()
    unit_path = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    reason = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    decided_at = UTCDateTimeAttribute(null=True)

    def owner(self) -> str:
        """Who has asked."""
        return str(self.requested_by)

    def org_unit(self) -> str:
        """Whose business it is."""
        return str(self.unit_path)

    def place(self, tenant: str) -> Self:
        """As every record, and before its approver by state, what expires first in front."""
        super().place(tenant)
        if self.approver_id:
            self.gsi3pk = keys.by_state(tenant, APPROVAL.name, self.approver_id)
            self.gsi3sk = in_order_of(self.status, self.expires_at, self.id)
        return self

    def request(self) -> Request:
        """What a decision hangs on."""
        return Request(ApprovalState(self.status), str(self.requested_by), self.approver_id, self.expires_at)


class Notification(FromSource, discriminator="notification"):
    """Something that one person is told. It leaves with its TTL."""

    KIND: ClassVar[Kind] = NOTIFICATION

    user_id = UnicodeAttribute()
    title = UnicodeAttribute()
    text = UnicodeAttribute(null=True)
    severity = UnicodeAttribute()
    status = UnicodeAttribute()
    read_at = UTCDateTimeAttribute(null=True)

    def state(self) -> str | None:
        """Listed by whom it has still to be read by: counting those reads them alone."""
        return str(self.user_id) if self.status == UNREAD else None

    def owner(self) -> str:
        """Who is told."""
        return str(self.user_id)


class Metric(Item, discriminator="metric"):
    """A number that a module reports for an org unit and a period. ``gone``: withdrawn, and leaves with its TTL."""

    name = UnicodeAttribute()
    period = UnicodeAttribute()
    unit_path = UnicodeAttribute()
    value = NumberAttribute(null=True)
    module = UnicodeAttribute()
    source_id = UnicodeAttribute()
    source_version = NumberAttribute()
    gone = BooleanAttribute(null=True)

    def place(self, tenant: str) -> Self:
        """With all of that name and period; and among all of the tenant's metrics."""
        together = in_period(self.name, self.period)
        self.gsi1pk = keys.by_kind(tenant, METRIC.name)
        self.gsi1sk = keys.moment(together, self.module, self.source_id)
        return self.put_at(keys.record(tenant, METRIC.name, together, self.module, self.source_id))


def in_period(name: str, period: str) -> str:
    """What metrics of one name and period stand under."""
    return f"{name}/{period}"


class Asked(ListedItem, discriminator="asked"):
    """What has become of what a module asked for: the record, and the version of the source that is known.

    ``gone``: it has been withdrawn; the note leaves when no older event can come any more.
    """

    record = UnicodeAttribute(null=True)
    source_version = NumberAttribute()
    gone = BooleanAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, kind: str, module: str, source_id: str) -> Key:
        """One for each kind, writing module and source."""
        return keys.record(tenant, ASKED.name, f"{module}/{source_id}", kind)
