"""The job that claims what contacts had before it became unique: page by page, the older contact keeps the key."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Index
from chalicelib.store import keys
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT
from modules.contacts.people.records import Contact
from modules.contacts.unique_keys.rules import KEYS
from modules.contacts.unique_keys.service import SHOWN, settings_of

# Until then every process knows the choice (5 s), and what it has begun before is in.
KNOWN: Final = timedelta(seconds=15)
# A contact takes its record, its event and up to ten claims.
A_PAGE: Final = 7

Conflict = dict[str, str]


def claim_step(work: Work) -> Step:
    """Claim for the next contacts; ``result`` says how many share a value with the one that holds it."""
    since = datetime.fromisoformat(work.params["since"])
    if work.call.now - since < KNOWN:
        return Step(work.checkpoint, work.done, paused=True)
    store = replace(work.call.store, scope=EVERYTHING)
    settings = settings_of(store)
    if settings is None or settings.job_id != work.job_id:  # another choice has been made since
        return Step(work.checkpoint, work.done, finished=True, result={"conflicts": 0})
    at = work.checkpoint
    found, position = store.query(
        keys.by_kind(store.boundary, CONTACT.name), index=str(Index.CREATION), limit=A_PAGE, start=at.get("position")
    )
    conflicts: list[Conflict] = _claim(store, [each.id for each in found if isinstance(each, Contact)], settings.unique)
    count, shown = int(at.get("count", 0)) + len(conflicts), [*at.get("conflicts", []), *conflicts][:SHOWN]
    done = work.done + len(found)
    if position is not None:
        return Step({"position": position, "count": count, "conflicts": shown}, done)
    settings.status, settings.conflicts, settings.conflict_count = "settled", shown or None, count
    store.update(settings)
    return Step({}, done, finished=True, result={"conflicts": count})


def _claim(store: Store, ids: list[str], unique: list[str]) -> list[Conflict]:
    """Stage the claims of some contacts, oldest first; who shares a value with a holder holds none of its sort."""
    contacts = [contact for each in ids if (contact := store.get(Contact, each)) is not None]
    wanted = {
        keys.claim(store.boundary, *pair): pair for each in contacts for pair in each.lookups() if pair[0] in unique
    }
    found = store.fetch(wanted) if wanted else {}
    holders: dict[tuple[str, str], Any] = {wanted[at]: raw["record"]["S"] for at, raw in found.items() if raw}
    conflicts = []
    for contact in contacts:
        held = []
        for key in (each for each in KEYS if each in unique):
            pairs = [pair for pair in contact.lookups() if pair[0] == key]
            other = next((holders[pair] for pair in sorted(pairs) if holders.get(pair, contact.id) != contact.id), None)
            if other is not None:
                conflicts.append({"key": key, "contact_id": contact.id, "held_by": other})
            elif pairs:
                held.append(key)
                holders.update(dict.fromkeys(pairs, contact.id))
        contact.held_keys = held or None
        store.update(contact, verb="claimed")
    return conflicts
