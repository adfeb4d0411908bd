"""Use cases of unique keys."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.jobs.service import start
from chalicelib.store.store import Store
from modules.contacts.unique_keys.records import ContactSettings
from modules.contacts.unique_keys.rules import KEYS
from modules.contacts.unique_keys.schemas import ContactSettingsIn, ContactSettingsOut, KeyConflict

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class _Chosen:
    unique: frozenset[str]


# Every write of a contact needs it; at most 5 s old, and the job that claims waits for as long.
_known: Memory[_Chosen] = Memory()


def unique_keys(call: Call) -> frozenset[str]:
    """The look-ups that no two contacts of the tenant may share."""
    found = _known.recall(call.tenant_id, lambda: (call.tenant_id, _load(call.store)))
    return found.unique if found else frozenset()


def _load(store: Store) -> _Chosen:
    record = settings_of(store)
    return _Chosen(frozenset(record.unique or ()) if record else frozenset())


def settings_of(store: Store) -> ContactSettings | None:
    """The tenant's choices; None before the first."""
    return store.get(ContactSettings, "")


def get_contact_settings(call: Call) -> ContactSettingsOut:
    """The choices as they are."""
    return settings_out(settings_of(call.store))


def put_contact_settings(call: Call, body: ContactSettingsIn) -> ContactSettingsOut:
    """Choose; what becomes unique is claimed for the contacts that are there, by a job that lists who shares it."""
    wanted = [key for key in KEYS if getattr(body, f"unique_{key}")]
    record = settings_of(call.store)
    if record is not None and (record.unique or []) == wanted:
        return settings_out(record)
    more = set(wanted) - set((record.unique or ()) if record else ())
    values: dict[str, Any] = {"unique": wanted or None, "since": call.now, "conflicts": None, "conflict_count": 0}
    values["job_id"] = start(call, "contacts.claim_keys", {"since": call.now.isoformat()}).id if more else None
    values["status"] = "claiming" if more else "settled"
    if record is None:
        record = ContactSettings.fresh(call.now, **values)
        call.store.create(record)
    else:
        for name, value in values.items():
            setattr(record, name, value)
        call.store.update(record)
    call.store.after_commit.append(lambda: _known.forget(call.tenant_id))
    return settings_out(record)


def settings_out(record: ContactSettings | None) -> ContactSettingsOut:
    """The choices as everybody reads them."""
    if record is None:
        return ContactSettingsOut(
            unique_email=False, unique_phone=False, status="settled", job_id=None, conflict_count=0, conflicts=[]
        )
    unique = record.unique or ()
    return ContactSettingsOut(
        unique_email="email" in unique,
        unique_phone="phone" in unique,
        status=record.status,  # type: ignore[arg-type] # stored as text, checked by the model
        job_id=record.job_id,
        conflict_count=int(record.conflict_count),
        conflicts=[KeyConflict.model_validate(each) for each in record.conflicts or ()],
    )
