"""Usage on the wire."""

from datetime import date

from chalicelib.web.wire import Shown


class UsedOut(Shown):
    """What a module used, by meter; ``day`` is null in totals. Meters that are nothing are left out."""

    day: date | None
    module: str
    meters: dict[str, int | float]


class UsageOut(Shown):
    """Usage from ``first`` to ``last`` day (UTC), both included; of what is held, totals show the most.

    Counted within a minute or so; a day may change for seven days, for lines that come late.
    """

    first: date
    last: date
    days: list[UsedOut]
    totals: list[UsedOut]
