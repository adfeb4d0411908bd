"""Clusters of likely duplicates as stored."""

from hashlib import blake2b
from typing import Final

from pynamodb.attributes import UnicodeAttribute

from chalicelib.changes.records import Head
from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.contacts.kinds import CLUSTER, CONTACT
from modules.contacts.people.records import Contact

DIGEST_BYTES: Final = 16
# Names of a contact's notes of its clusters begin with it.
NOTED: Final = "duplicate."


class Cluster(Record, discriminator="duplicate_cluster"):
    """Contacts that are likely to be one customer. ``pairs``: [one, other, probability, [what is alike]].

    ``found_by_job``: the job that has found it last; ids of jobs begin with their instant.
    """

    KIND = CLUSTER

    members = JsonAttribute()
    pairs = JsonAttribute()
    status = UnicodeAttribute()
    found_by_job = UnicodeAttribute()

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def claims(self) -> frozenset[tuple[str, str]]:
        """The same members are one cluster, however often they are found, and one that was dismissed stays so."""
        return frozenset({of_members(self.members)})

    def notes(self, tenant: str) -> list[Head]:
        """What stands with each member, so that the cluster is found from it."""
        at = self.key(tenant)
        places = [[str(at.pk), str(at.sk), ""]]
        return [
            Head(source_version=1, places=places).put_at(note_at(tenant, each, str(self.id))) for each in self.members
        ]


def of_members(members: list[str]) -> tuple[str, str]:
    """The claim of a set of contacts."""
    text = " ".join(sorted(members))
    return "duplicate_members", blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def note_at(tenant: str, contact_id: str, cluster_id: str) -> Key:
    """Where a contact's note of a cluster stands."""
    return keys.head(Contact.key_of(tenant, contact_id), f"{NOTED}{cluster_id}")


def notes_of(tenant: str, contact_id: str) -> tuple[keys.PartitionKey, keys.SortKey]:
    """The part of a contact's partition in which all its notes of clusters stand."""
    partition = keys.collection(tenant, CONTACT.name, contact_id)
    return partition, keys.head(Contact.key_of(tenant, contact_id), NOTED).sk
