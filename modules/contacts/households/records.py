"""Households as stored, and what tells that somebody has joined one."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.contacts.kinds import HOUSEHOLD, ROSTER


class Household(Record, discriminator="household"):
    """People who live together. Who they are, their contacts say."""

    KIND = HOUSEHOLD

    name = UnicodeAttribute(null=True)
    address = JsonAttribute(null=True)
    owner_id = UnicodeAttribute(null=True)
    org_unit_id = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)

    def owner(self) -> str | None:
        """The user who looks after the household."""
        return self.owner_id

    def org_unit(self) -> str | None:
        """The path of the household's org unit."""
        return self.unit_path

    def hand_over(self, user_id: str) -> bool:
        """Another user looks after the household."""
        self.owner_id = user_id
        return True

    def subject(self) -> tuple[str, str]:
        """Its name and address say who lives there: they are protected by a key of its own."""
        return (HOUSEHOLD.name, self.id)


class Roster(Item, discriminator="household_roster"):
    """Stands beside a household that somebody has joined, and is another one after each who does."""

    token = UnicodeAttribute()

    @classmethod
    def key_of(cls, tenant: str, household_id: str) -> Key:
        """Beside the household."""
        return keys.record(tenant, HOUSEHOLD.name, household_id, ROSTER.name)
