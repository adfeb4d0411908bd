"""Kill switches as they are stored: on one shelf of the platform's."""

from typing import ClassVar

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.modules import Kind
from chalicelib.store import keys
from chalicelib.store.keys import Key, PartitionKey
from chalicelib.store.records import Record
from tenants.kill_switches.rules import KillSwitch, SwitchMode, target_of
from tenants.kinds import KILL_SWITCH


class KillSwitchRecord(Record, discriminator="kill_switch"):
    """One switch, by what it switches: ``contacts`` or ``contacts.lines``."""

    KIND: ClassVar[Kind] = KILL_SWITCH

    target = UnicodeAttribute()
    mode = UnicodeAttribute()
    reason = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute(null=True)

    def key(self, tenant: str) -> Key:
        """One for each target."""
        return self.key_at(tenant, str(self.target))

    @staticmethod
    def key_at(boundary: str, target: str) -> Key:
        """Where the switch of a target stands."""
        return keys.shelved(boundary, KILL_SWITCH.name, target)

    def as_rule(self) -> KillSwitch:
        """What the decision takes."""
        return KillSwitch(*target_of(str(self.target)), SwitchMode(self.mode), self.expires_at)


def switches_shelf() -> PartitionKey:
    """Where all of them stand."""
    return keys.shelf(keys.PLATFORM, KILL_SWITCH.name)
