"""What a webhook may be told: which types there are, how long an old secret counts."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from chalicelib.modules import Catalogue

# However many a plan has: an event is written once for each webhook that wants it, three items each, and a transaction
# takes 100 of them.
MOST_WEBHOOKS: Final = 20
# How long both signatures are sent: a working day, for whoever has to put the new secret in place by hand.
OLD_SECRET_COUNTS: Final = timedelta(hours=24)
EVERYTHING: Final = "*"


def unknown_events(wanted: Iterable[str], catalogue: Catalogue) -> list[int]:
    """The positions of patterns that no module's events fit."""
    known = {event for manifest in catalogue for event in manifest.events}
    patterns = known | {f"{each.partition('.')[0]}.*" for each in known} | {EVERYTHING}
    return [position for position, each in enumerate(wanted) if each not in patterns]
