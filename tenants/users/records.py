"""The user as it is stored."""

from typing import ClassVar

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.access.principal import Reach
from chalicelib.modules import Kind
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from tenants.kinds import USER
from tenants.users.rules import UserState


class User(Record, discriminator="user"):
    """A person of a tenant, with a role, perhaps others beside it (``more``: [[role, reach], …]), and one org unit.

    ``invitation`` is the nonce of the one link that counts; ``may_take_key`` whether it may be exchanged for a
    first API key (not when a key sent it: a key never mints credentials); ``sign_in`` the bound identity's digest.
    """

    KIND: ClassVar[Kind] = USER

    name = UnicodeAttribute()
    email = UnicodeAttribute()
    role = UnicodeAttribute()
    reach = UnicodeAttribute()
    more = JsonAttribute(null=True)
    unit_id = UnicodeAttribute()
    unit_path = UnicodeAttribute()
    status = UnicodeAttribute()
    invitation = UnicodeAttribute(null=True)
    may_take_key = BooleanAttribute(default=False)
    api_key_issued_at = UTCDateTimeAttribute(null=True)
    sign_in = UnicodeAttribute(null=True)

    def given(self) -> list[tuple[str, Reach]]:
        """All roles that the user was given, each with its reach."""
        return [(str(self.role), Reach(self.reach)), *((role, Reach(reach)) for role, reach in self.more or [])]

    def state(self) -> str | None:
        """Users are listed by state."""
        return str(self.status)

    def owner(self) -> str | None:
        """Everybody sees themselves."""
        return str(self.id)

    def org_unit(self) -> str | None:
        """The unit that the user belongs to."""
        return str(self.unit_path)

    def claims(self) -> frozenset[tuple[str, str]]:
        """One user for an e-mail address."""
        return frozenset({("user_email", self.email.casefold())})

    def subject(self) -> tuple[str, str] | None:
        """A user's name and address are the user's own."""
        return (self.KIND.name, str(self.id))

    @property
    def took_key(self) -> bool:
        """Whether the invitation has been exchanged for a first API key."""
        return bool(self.api_key_issued_at)

    @property
    def works(self) -> bool:
        """Whether this user's keys and sign-ins are let in."""
        return UserState(self.status) is not UserState.DEACTIVATED
