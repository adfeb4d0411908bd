"""What follows from interactions and from changes: the lines of the timeline. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.modules import Text
from chalicelib.store import keys
from chalicelib.store.records import EventItem, Record
from modules.contacts.interactions.records import CHANGE, Interaction, TimelineEntry
from modules.contacts.lines.records import Line
from modules.contacts.people.records import Contact

STATUSES: Final = {
    "prospect": Text("prospect", "潜在客户"),
    "joined": Text("joined", "新入网"),
    "active": Text("active", "在网"),
    "suspended": Text("suspended", "停机"),
    "churned": Text("churned", "离网"),
    "ended": Text("ended", "已终止"),
}
CUSTOMER_CREATED: Final = Text("Customer created", "客户建档")
LINE_CREATED: Final = Text("Line created", "线路开通")
LINE_ENDED: Final = Text("Line ended", "线路终止")
OWNER: Final = Text("Owner changed", "负责人变更")
# What is told of an event by its type alone. No title says anything personal.
BY_TYPE: Final = {
    "contact.reassigned": OWNER,
    "contact.merged": Text("Merged with another record of the customer", "客户档案已合并"),
    "contact.unmerged": Text("A merge was undone", "客户档案合并已撤销"),
    "line.transferred": Text("Line handed over to another customer", "号码已过户"),
    "consent.created": Text("Consent noted", "已登记营销授权"),
    "consent.updated": Text("Consent changed", "营销授权变更"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A change as the timeline tells it, at a key that is the same however often it is told."""

    source_id: str
    title: Text
    at: datetime

    def entry(self, contact_id: str, locale: str) -> TimelineEntry:
        """As it is stored, in the tenant's language."""
        return TimelineEntry(
            contact_id=contact_id,
            type=CHANGE,
            title=self.title.in_language(locale),
            module="contacts",
            source_id=self.source_id,
            source_version=1,
            occurred_at=self.at,
        )


def of_record(record: Record) -> list[Told]:
    """What a contact or a line tells of itself as it stands: that it was created, and that it has ended."""
    if isinstance(record, Contact):
        return [Told(f"{record.id}.created", CUSTOMER_CREATED, record.created_at)]
    if not isinstance(record, Line):
        return []
    told = [Told(f"{record.id}.created", LINE_CREATED, record.created_at)]
    ended: datetime | None = record.held().get("ended_at")
    return [*told, Told(f"{record.id}.ended", LINE_ENDED, ended)] if ended else told


def of_event(event: EventItem) -> list[Told]:
    """What an event tells beyond the record as it stands: what was before it nobody else knows."""
    told = [text for text in (BY_TYPE.get(str(event.type)), *_of_values(event)) if text]
    return [Told(f"{event.id}.{number}", text, event.at) for number, text in enumerate(told)]


def _of_values(event: EventItem) -> list[Text]:
    if event.type not in {"contact.updated", "line.updated"}:
        return []
    found = [OWNER] if "owner_id" in event.changed and event.type == "contact.updated" else []
    before, after = event.changed.get("status") or (None, None)
    old, new = (STATUSES.get(str(each)) for each in (before, after))
    # That a line has ended, the line says itself.
    if old and new and not (event.type == "line.updated" and after == "ended"):
        of = Text("Status", "状态") if event.type == "contact.updated" else Text("Line", "线路")
        found.append(Text(f"{of.en}: {old.en} → {new.en}", f"{of.zh}：{old.zh} → {new.zh}"))
    return found


def concerned(event: EventItem) -> str:
    """The contact in whose partition the event's record stands."""
    return keys.root_id(event.place[0])


def entry_of(record: Interaction) -> TimelineEntry:
    """What the timeline says of an interaction."""
    return TimelineEntry(
        contact_id=record.contact_id,
        type="interaction",
        title=record.title,
        module="contacts",
        source_id=record.id,
        source_version=1,
        occurred_at=record.occurred_at,
        link=path_of(record),
    )


def path_of(record: Interaction) -> str:
    """Where an interaction is read."""
    return f"/v1/contacts/{record.contact_id}/interactions/{record.id}"
