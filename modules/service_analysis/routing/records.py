"""Routing rules as stored, all of a tenant's on one shelf; and whose turn it is."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.service_analysis.kinds import ROUTING_RULE, ROUTING_TURN


class RoutingRule(Record, discriminator="routing_rule"):
    """Conditions and where they lead (routing/rules.py). ``areas`` are paths; the lowest ``rank`` is asked first."""

    KIND = ROUTING_RULE

    title = UnicodeAttribute()
    rank = NumberAttribute()
    queue_id = UnicodeAttribute()
    strategy = UnicodeAttribute()
    categories = JsonAttribute(null=True)
    areas = JsonAttribute(null=True)
    levels = JsonAttribute(null=True)
    languages = JsonAttribute(null=True)
    skills = JsonAttribute(null=True)

    @classmethod
    def key_of(cls, tenant: str, record_id: str) -> Key:
        """On the shelf of rules."""
        return keys.shelved(tenant, ROUTING_RULE.name, record_id)

    def key(self, tenant: str) -> Key:
        """On the shelf of rules."""
        return self.key_of(tenant, self.id)


class RoutingTurn(Item, discriminator="routing_turn"):
    """What those share who are chosen in turn, or by load: ``taken`` turns so far.

    ``served`` is when who got a request last, by user; ``reserved`` the requests that are being given to somebody, and
    that not everybody who chooses knows to be in: [user, request, until, since when it was seen to be in], times in
    RFC 3339. ``moves`` counts its writes.
    """

    moves = NumberAttribute(default=0)
    taken = NumberAttribute(default=0)
    served = JsonAttribute(null=True)
    reserved = JsonAttribute(null=True)

    @staticmethod
    def key_of(tenant: str, turn: str) -> Key:
        """On the shelf of turns; ``turn`` is a rule and a language, or a queue."""
        return keys.shelved(tenant, ROUTING_TURN.name, keys.sort_part(turn))
