"""Use cases of consents: tell a decision, read what stands and what was, and whether somebody may be contacted."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.files.records import FILE
from chalicelib.files.service import reach, ready_file
from chalicelib.jobs.timers import remind
from chalicelib.modules import CORE
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from modules.contacts.consents.errors import in_the_future, over_before_it_began, unknown_file, which_contact
from modules.contacts.consents.records import TRAIL, Consent, ConsentDecision, standing, those_for, trail_of
from modules.contacts.consents.rules import Answer, may_contact, overrides
from modules.contacts.consents.schemas import (
    ConsentDecisionOut,
    ConsentForContact,
    ConsentIn,
    ConsentKey,
    ConsentOut,
    ContactabilityOut,
)
from modules.contacts.kinds import CONSENT_EXPIRY
from modules.contacts.people.records import Contact
from modules.contacts.people.service import find_by_external_id, get_contact, read_keys_ahead

# Clocks differ.
AHEAD: Final = timedelta(minutes=5)
_SAID: Final = ("status", "decided_at", "source", "legal_basis", "expires_at", "evidence", "evidence_file_id")


def consent_out(record: Consent, now: datetime) -> ConsentOut:
    """The decision as everybody reads it, over as soon as it is."""
    values = {name: getattr(record, name) for name in ConsentOut.model_fields}
    status = record.decision().standing(now)
    return ConsentOut.model_validate({**values, "version": int(record.version), "status": str(status)})


def tell_consent(call: Call, contact_id: str, channel: str, purpose: str, body: ConsentIn) -> ConsentOut:
    """Note a decision and answer the one that stands, which is another one when this came too late.

    If-Match is not asked: nobody is told to try again who says no. Raises NotFound and Invalid.
    """
    at = ConsentKey.model_validate({"channel": channel, "purpose": purpose})
    return _tell(call, get_contact(call, contact_id), at.channel, at.purpose, body)


def tell_for_contact(call: Call, body: ConsentForContact) -> ConsentOut:
    """Note a decision of a batch. Raises NotFound and Invalid."""
    if (body.contact_id is None) == (body.external_id is None):
        raise which_contact()
    contact = find_by_external_id(call, body.external_id) if body.external_id else None
    if body.contact_id is not None:
        contact = get_contact(call, body.contact_id)
    if contact is None:
        raise NotFound
    return _tell(call, contact, body.channel, body.purpose, body)


def read_ahead(call: Call, operations: Sequence[Any]) -> None:
    """Fetch the contacts of a batch, with their keys."""
    external = [each.data.external_id for each in operations if each.data.external_id]
    read_keys_ahead(call.store, external, [each.data.contact_id for each in operations if each.data.contact_id])


def list_consents(call: Call, contact_id: str) -> Listed[ConsentOut]:
    """What stands, by channel and purpose."""
    contact = get_contact(call, contact_id)
    found = call.store.query_all(trail_of(call.tenant_id, contact.id), those_for())
    return Listed([consent_out(each, call.now) for each in standing(found)])


def history(call: Call, contact_id: str, query: ListQuery) -> Listed[ConsentDecisionOut]:
    """A page of all decisions that were told, by the customer's time."""
    contact = get_contact(call, contact_id)
    found, position = call.store.query(
        trail_of(call.tenant_id, contact.id),
        begins=keys.children(TRAIL),
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    told = [each for each in found if isinstance(each, ConsentDecision)]
    shown = [{name: getattr(each, name) for name in ConsentDecisionOut.model_fields} for each in told]
    return Listed([ConsentDecisionOut.model_validate(each) for each in shown], position)


def contactability(call: Call, contact_id: str, channel: str, purpose: str) -> ContactabilityOut:
    """Whether the contact may be contacted now: one query, two when it has very many consents."""
    contact, consents = with_consents(call.store, contact_id)
    if contact is None or not call.store.scope.admits(contact):
        raise NotFound
    answer = answer_for(contact, consents, channel, purpose, call.now)
    return ContactabilityOut(
        contact_id=contact.id,
        channel=channel,  # type: ignore[arg-type] # checked by the model
        purpose=purpose,  # type: ignore[arg-type]
        at=call.now,
        allowed=answer.allowed,
        reason=str(answer.reason),  # type: ignore[arg-type]
        legal_basis=answer.legal_basis,  # type: ignore[arg-type]
        since=answer.since,
        until=answer.until,
    )


def with_consents(store: Store, contact_id: str) -> tuple[Contact | None, list[Consent]]:
    """A contact and its consents, which stand side by side."""
    at = Contact.key_of(store.boundary, contact_id)
    found, _ = store.query(at.pk, between=(those_for(), at.sk))
    contact = next((each for each in found if isinstance(each, Contact)), None)
    return contact, [each for each in found if isinstance(each, Consent)]


def answer_for(contact: Contact, consents: Iterable[Consent], channel: str, purpose: str, at: datetime) -> Answer:
    """The decision of rules.py on stored records."""
    decisions = [each.decision() for each in consents]
    return may_contact(decisions, channel, purpose, at, do_not_contact=bool(contact.do_not_contact))


def _tell(call: Call, contact: Contact, channel: str, purpose: str, body: ConsentIn) -> ConsentOut:
    values = _values(call, body)
    found = call.store.query_all(trail_of(call.tenant_id, contact.id), those_for(channel, purpose))
    record = next(iter(standing(found)), None)
    if record is not None and all(getattr(record, name) == value for name, value in values.items()):
        return consent_out(record, call.now)
    told = {"channel": channel, "purpose": purpose, **values}
    decision = ConsentDecision.told(contact.id, told, call.now, call.store.actor).place(call.tenant_id)
    new = record is None
    if record is None:
        record = Consent.first(contact, call.now, channel, purpose)
        _say(record, values)
        call.store.require(contact)
        call.store.create(record)
    elif _is_newer(decision, record):
        _say(record, values)
        call.store.update(record)
    elif call.store.get_item(ConsentDecision, decision.stands_at()) is not None:
        return consent_out(record, call.now)
    call.store.put(decision)
    ends: datetime | None = record.expires_at
    if ends and (new or record.decided_at == decision.decided_at):
        remind(call.store, CONSENT_EXPIRY, record.id, ends, record)
    return consent_out(record, call.now)


def _say(record: Consent, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, name, value)


def _is_newer(decision: ConsentDecision, record: Consent) -> bool:
    as_consent = Consent(**{name: getattr(decision, name) for name in ("channel", "purpose", *_SAID)})
    return overrides(as_consent.decision(), record.decision())


def _values(call: Call, body: ConsentIn) -> dict[str, Any]:
    at = _to_the_millisecond(body.decided_at or call.now)
    if at > call.now + AHEAD:
        raise in_the_future()
    granted = body.status == "granted"
    if granted and body.expires_at and body.expires_at <= at:
        raise over_before_it_began()
    if body.evidence_file_id:
        _check_file(call, body.evidence_file_id)
    return {
        "status": body.status,
        "decided_at": at,
        "source": body.source,
        "legal_basis": (body.legal_basis or "consent") if granted else None,
        "expires_at": _to_the_millisecond(body.expires_at) if granted and body.expires_at else None,
        "evidence": body.evidence,
        "evidence_file_id": body.evidence_file_id,
    }


def _to_the_millisecond(at: datetime) -> datetime:
    """As it is stored in keys, so that the same time is the same decision."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def _check_file(call: Call, file_id: str) -> None:
    try:
        ready_file(call.store.beside(CORE, (), reads={FILE.name}), file_id, reach(call.principal))
    except (NotFound, StateConflict) as error:
        raise unknown_file() from error
