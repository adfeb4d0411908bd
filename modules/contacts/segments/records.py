"""Segments as stored: each the root of a partition in which its members and their numbers stand."""

from typing import Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.contacts.kinds import RULE_BOOK, SEGMENT


class Segment(Record, discriminator="segment"):
    """Customers by a rule, or by a list: of the whole tenant, everybody sees of it the customers that he may see.

    ``rests_on`` is ``rules`` or ``static``. ``status``: ``building`` while a job goes over all customers,
    ``incomplete`` when it has failed, else ``ready``.
    """

    KIND = SEGMENT

    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    rests_on = UnicodeAttribute()
    rule = JsonAttribute(null=True)
    status = UnicodeAttribute()
    job_id = UnicodeAttribute(null=True)

    def claims(self) -> frozenset[tuple[str, str]]:
        """A segment's name is unique within the tenant, whatever its case."""
        return frozenset({("segment", self.name.casefold())})


class RuleBook(Item, discriminator="rule_book"):
    """Which segments' rules are in force; ``edition`` rises with every change of any of them.

    Whoever decides about a customer reads it first, strongly: rules that he does not know yet are younger than what he
    then reads of the customer, and the job that they start comes to that customer later.
    """

    edition = NumberAttribute(default=0)
    ids = JsonAttribute()

    @staticmethod
    def key_of(tenant: str) -> Key:
        """One for a tenant."""
        return keys.shelved(tenant, RULE_BOOK.name, "book")

    @classmethod
    def empty(cls, tenant: str) -> Self:
        """Before the first rule."""
        return cls(edition=0, ids=[]).put_at(cls.key_of(tenant))
