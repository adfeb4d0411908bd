"""SLA policies as stored: all of a tenant's on one shelf, so that one Query knows them."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import POLICY
from modules.service_analysis.policies.rules import Category, Policy


class SlaPolicy(Record, discriminator="sla_policy"):
    """What is promised for which requests. ``targets``: by clock, ``within`` seconds of the calendar ``calendar_id``.

    Of policies that are as specific as each other the lowest ``rank`` wins.
    """

    KIND = POLICY

    name = UnicodeAttribute()
    rank = NumberAttribute()
    customer_levels = JsonAttribute(null=True)
    category = UnicodeAttribute(null=True)
    severities = JsonAttribute(null=True)
    priorities = JsonAttribute(null=True)
    targets = JsonAttribute()
    retired = BooleanAttribute(default=False)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of policies."""
        return keys.shelved(tenant, POLICY.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of policies."""
        return self.key_of(tenant, self.id)

    def as_rule(self) -> Policy:
        """What it asks for."""
        asked = (frozenset(each or ()) for each in (self.customer_levels, self.severities, self.priorities))
        levels, severities, priorities = asked
        return Policy(str(self.id), levels, path_of(self.category), severities, priorities)


def path_of(category: str | None) -> Category:
    """A category's path, the root first."""
    return tuple(category.strip("/").split("/")) if category else ()
