"""Use cases of likely duplicates: candidates for a new contact, and the clusters that a search has found."""

from dataclasses import dataclass
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.jobs.schemas import JobOut, accepted
from chalicelib.jobs.service import start
from chalicelib.modules import Text
from chalicelib.problems import NotFound, ValueRefused
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Block, read_as
from chalicelib.store.store import Store
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.wire import common
from modules.contacts.duplicates.errors import PossibleDuplicates, closed
from modules.contacts.duplicates.records import Cluster
from modules.contacts.duplicates.rules import LIKELY, likeness
from modules.contacts.duplicates.schemas import ClusterMergeIn, ClusterOut, MemberOut, PairOut
from modules.contacts.kinds import DUPLICATES, READ
from modules.contacts.merges.schemas import MergeIn, MergePlanOut
from modules.contacts.merges.service import merge_contacts
from modules.contacts.people.records import Contact, external_key
from modules.contacts.people.rules import blocks_of, display_name, normalise_phone
from modules.contacts.people.schemas import ContactIn

SHOWN: Final = 10


@dataclass(slots=True)
class _Wanted:
    """A contact that does not exist yet, as it will be stored."""

    name: Any
    given_name: Any
    family_name: Any
    emails: Any
    phones: Any
    addresses: Any
    birth_date: Any


def refuse_likely(call: Call, body: ContactIn) -> None:
    """Nothing, unless there is a contact that is likely to be the same: raises PossibleDuplicates.

    One BatchGet for what the new one has in common with others, and another one only when somebody has it. Contacts
    that the caller does not see are as if they were not there.
    """
    if not call.tenant.decide("contacts", DUPLICATES).enabled:
        return
    wanted = _wanted(call, body)
    places = [keys.block(call.tenant_id, *each) for each in sorted(blocks_of(wanted))]
    found = call.store.fetch(places) if places else {}
    ids = {block.record for raw in found.values() if (block := read_as(Block, raw))}
    candidates = []
    keys_of_it = {("external_id", external_key(each.system, each.id)) for each in body.external_ids}
    keys_of_it |= {("email", each) for each in map(str.casefold, body.emails)} | {
        ("phone", each) for each in wanted.phones
    }
    for other in _contacts(call, sorted(ids)):
        if other.claims() & keys_of_it:
            return  # no likelihood: the create itself says which key is taken
        alike = likeness(wanted, other)
        if alike.score >= LIKELY:
            candidates.append(
                {"id": other.id, "display_name": named(other), "score": alike.score, "reasons": alike.reasons}
            )
    if candidates:
        candidates.sort(key=lambda each: -float(str(each["score"])))
        text = Text(
            "Look at the candidates; create it with allow_duplicates=true if it is none of them.",
            "请查看候选客户；若确非同一客户，请以 allow_duplicates=true 创建。",
        )
        raise PossibleDuplicates(text, candidates=candidates[:SHOWN])


def _wanted(call: Call, body: ContactIn) -> _Wanted:
    values = body.model_dump(mode="json", include=set(_Wanted.__dataclass_fields__) - {"phones"})
    numbers = []
    for each in body.phones:
        try:
            numbers.append(normalise_phone(each, call.tenant.default_region))
        except ValueRefused:  # the create itself says so
            continue
    return _Wanted(**values, phones=numbers)


def _contacts(call: Call, ids: list[str]) -> list[Contact]:
    """Those that the caller may read, in one round trip."""
    if not ids:
        return []
    found = call.store.fetch([Contact.key_of(call.tenant_id, each) for each in ids])
    records = [record for at, raw in found.items() if (record := call.store.known(Contact, at, raw))]
    return [each for each in records if call.may(READ) and call.scope(READ).admits(each)]


def named(record: Contact) -> str:
    """What to call a contact."""
    return display_name(
        name=record.name,
        given=record.given_name,
        family=record.family_name,
        external_ids=record.external_ids or [],
        record_id=record.id,
    )


# -- what a search has found


def scan_duplicates(call: Call) -> Accepted[JobOut]:
    """Search all contacts for duplicates, in a job."""
    return accepted(start(call, "contacts.scan_duplicates", {}, counted="contacts"))


def list_duplicates(call: Call, query: ListQuery) -> Listed[ClusterOut]:
    """A page of clusters, of those whose members the caller sees."""
    page = list_records(call.store, Cluster, query)
    return Listed(_shown(call, page.items), page.next_position, page.truncated)


def get_duplicates(call: Call, cluster_id: str) -> ClusterOut:
    """A cluster. Raises NotFound, also when one of its members is not for this caller."""
    return _visible(call, _cluster(call.store, cluster_id))


def dismiss_duplicates(call: Call, cluster_id: str) -> ClusterOut:
    """These are several customers: the same members are never shown as open again. Raises NotFound, StateConflict."""
    record = _cluster(call.store, cluster_id)
    shown = _visible(call, record)
    if record.status == "dismissed":
        return shown
    if record.status != "open":
        raise closed(record.status)
    record.status = "dismissed"
    call.store.update(record)
    return _visible(call, record)


def merge_duplicates(call: Call, cluster_id: str, body: ClusterMergeIn) -> Accepted[MergePlanOut]:
    """Make two of the members one. Raises NotFound, NotMergeable, StateConflict."""
    record = _cluster(call.store, cluster_id)
    _visible(call, record)
    if record.status != "open":
        raise closed(record.status)
    if not {body.winner_id, body.loser_id} <= set(record.members):
        raise NotFound
    wanted = MergeIn(loser_id=body.loser_id, fields=body.fields, dry_run=body.dry_run)
    return merge_contacts(call, body.winner_id, wanted)


def _cluster(store: Store, cluster_id: str) -> Cluster:
    record = store.get(Cluster, cluster_id)
    if record is None:
        raise NotFound
    return record


def _visible(call: Call, record: Cluster) -> ClusterOut:
    shown = _shown(call, [record])
    if not shown:
        raise NotFound
    return shown[0]


def _shown(call: Call, clusters: list[Cluster]) -> list[ClusterOut]:
    """Clusters all of whose members the caller sees; of one that was merged those that are left."""
    ids = dict.fromkeys(each for cluster in clusters for each in cluster.members)
    found = call.store.fetch([Contact.key_of(call.tenant_id, each) for each in ids]) if ids else {}
    contacts = {str(each.id): each for raw in found.values() if (each := read_as(Contact, raw))}
    shown = []
    for cluster in clusters:
        members = [contacts[each] for each in cluster.members if each in contacts]
        if members and all(call.store.scope.admits(each) for each in members):
            shown.append(_out(cluster, members))
    return shown


def _out(cluster: Cluster, members: list[Contact]) -> ClusterOut:
    pairs = [PairOut(contact_ids=[one, other], score=score, reasons=why) for one, other, score, why in cluster.pairs]
    return ClusterOut(
        **common(cluster),
        status=cluster.status,  # type: ignore[arg-type] # stored as text, checked by the model
        score=max((each.score for each in pairs), default=0.0),
        members=[MemberOut(id=each.id, display_name=named(each)) for each in members],
        pairs=pairs,
    )
