"""What follows a request's change: its customer's page in contacts, and whoever watches it."""

from functools import partial
from typing import Final

from chalicelib.changes.handling import Doors, Handling
from chalicelib.changes.rebuild import records_of
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.store.attempts import until_in
from chalicelib.store.following import follow
from chalicelib.store.keys import Key
from chalicelib.work.asked import Source as Asking
from chalicelib.work.notifications import Notice, notify
from modules.contacts.public import BadgeValue, Entry, Exclusion, Severity, Source, contribute, tell, withdraw
from modules.service_analysis.clocks import service as clocks
from modules.service_analysis.complainers.handlers import count
from modules.service_analysis.entries.records import Entry as Written
from modules.service_analysis.kinds import ENTRY, REQUEST, SURVEY
from modules.service_analysis.requests.derived import told_as
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.service import close_at_last
from modules.service_analysis.surveys.handlers import show
from modules.service_analysis.surveys.records import Survey

SEVERITIES: Final[dict[str, Severity]] = {"critical": "critical", "major": "warning"}
OPEN_COMPLAINT: Final = "open_complaint"
REPLY: Final = Text("Reply", "答复")
MESSAGE: Final = Text("Message", "客户留言")
HAS_CHANGED: Final = Text("A request that you watch has changed", "您关注的请求有更新")
A_PAGE: Final = 25
_REBUILT: Final = (REQUEST.name, ENTRY.name, SURVEY.name)
# What is told of a request, of which each is withdrawn by itself.
CONTRIBUTED: Final = (BadgeValue, Exclusion)


def tell_customer(handling: Handling) -> None:
    """Show a request on its customer's page: what is open as a badge, an open complaint as a reason to be let be."""
    record = handling.subject()
    if not isinstance(record, ServiceRequest):
        return
    before = (handling.event.changed.get("contact_id") or [None])[0]
    if before and before != record.contact_id and not _leads_to(handling, str(before), record.contact_id):
        _untell(handling, Source(str(before), record.id, int(record.version)))
    _tell(handling, record)


def untell_customer(handling: Handling) -> None:
    """Take what is told of a request that is gone off its customer's page."""
    contact_id = (handling.event.changed.get("contact_id") or [None])[0]
    if contact_id:
        _untell(handling, Source(str(contact_id), str(handling.event.subject), int(handling.event.subject_version)))


def tell_reply(handling: Handling) -> None:
    """Show what was written to the customer, and by the customer, on the timeline."""
    entry = handling.subject()
    if isinstance(entry, Written):
        _tell_entry(handling, entry)


def tell_watchers(handling: Handling) -> None:
    """Tell whoever watches a request, and did not do it, that something has happened to it."""
    record = handling.subject()
    if not isinstance(record, ServiceRequest):
        return
    locale = _locale(handling)
    for each in record.watchers or ():
        if each == handling.event.actor:
            continue
        asked = Asking(f"{record.id}.{each}", int(record.version), REQUEST.name, record.id, link_of(record.id))
        notify(handling, asked, Notice(each, HAS_CHANGED.in_language(locale), told_as(record, locale)))


def close(firing: Firing) -> None:
    """Close what was resolved and left alone."""
    close_at_last(firing)


def rebuild(work: Work) -> Step:
    """Tell of all requests, entries and surveys again, and let clocks catch up, page by page."""
    kind = str(work.checkpoint.get("kind", REQUEST.name))
    found, position = records_of(work, "service_analysis", kind, A_PAGE)
    for each in found:
        until_in(partial(_again, work, each.stands_at()))
    done = work.done + len(found)
    if position is not None:
        return Step({"kind": kind, "position": position}, done)
    if kind == _REBUILT[-1]:
        return Step(done=done, finished=True)
    return Step({"kind": _REBUILT[_REBUILT.index(kind) + 1]}, done)


def link_of(request_id: str) -> str:
    """Where a request is read."""
    return f"/v1/requests/{request_id}"


def _again(work: Work, at: Key) -> None:
    doors = Doors.of(work.background, "service_analysis", work.call.tenant_id)
    record = doors.store.get_at(ServiceRequest, at)
    entry = None if record else doors.store.get_at(Written, at)
    survey = None if record or entry else doors.store.get_at(Survey, at)
    if record is not None:
        _tell(doors, record)
        clocks.catch_up(doors.store, record, doors.background.directory.standing(doors.tenant))
        count(doors, at, record, int(record.version), afresh=True)
    elif entry is not None:
        _tell_entry(doors, entry)
    elif survey is not None:
        show(doors, survey)
    doors.store.commit()


def _tell(doors: Doors, record: ServiceRequest) -> None:
    if not record.contact_id:
        return
    source = Source(record.contact_id, record.id, int(record.version))
    title = told_as(record, _locale(doors))
    tell(doors, source, Entry("request", title, record.opened_at, link_of(record.id)))
    if record.open:
        contribute(doors, source, BadgeValue("request", title, SEVERITIES.get(record.severity, "info")))
    else:
        withdraw(doors, source, BadgeValue)
    if record.open and record.type == "complaint":
        contribute(doors, source, Exclusion("marketing", OPEN_COMPLAINT))
    else:
        withdraw(doors, source, Exclusion)


def _tell_entry(doors: Doors, entry: Written) -> None:
    title = {"reply": REPLY, "message": MESSAGE}.get(entry.type)
    if title is None or entry.contact_id is None:
        return
    said = f"{title.in_language(_locale(doors))}: {entry.text or ''}"[:200]
    link = f"{link_of(entry.request_id)}/entries/{entry.id}"
    tell(
        doors,
        Source(entry.contact_id, entry.id, int(entry.version)),
        Entry(f"request_{entry.type}", said, entry.created_at, link),
    )


def _untell(doors: Doors, source: Source) -> None:
    tell(doors, source, None)
    for kind in CONTRIBUTED:
        withdraw(doors, source, kind)


def _leads_to(handling: Handling, before: str, now: str | None) -> bool:
    """Whether a customer was merged into another one: what was told of a request went along."""
    return follow(handling.reading("contacts"), "contact", before) == now


def _locale(doors: Doors) -> str:
    standing = doors.background.directory.standing(doors.tenant)
    return standing.locale if standing else "en"
