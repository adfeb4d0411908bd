"""Subscriptions on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from chalicelib.web.wire import WHOLE, Body, Resource, Shown

MOST_TRIAL_DAYS = 366

PlanName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class SubscriptionIn(Body):
    """How a module is subscribed: GET /v1/plans tells of plans. From ``starts_at`` on it replaces what was agreed."""

    plan: PlanName = Field(default="basic", examples=["basic"])
    starts_at: AwareDatetime | None = Field(default=None, description="default: at once")
    ends_at: AwareDatetime | None = Field(
        default=None, description="the first instant at which it has lapsed; default: until it is ended"
    )
    trial_days: Annotated[int, Field(ge=0, le=MOST_TRIAL_DAYS), WHOLE] | None = Field(
        default=None,
        description="the first days are a trial, at most as many as the plan has. Without ends_at the subscription "
        "lapses with the trial; with it, what follows until then is paid. Default: none; the plan trial's own",
    )


class EntryOut(Shown):
    """One change: it was ``agreed`` or ``ended``, the catch-up has ``opened`` it, its data has been ``purged``."""

    what: str
    at: datetime
    by: str
    plan: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    trial_days: int | None


class PhaseOut(Shown):
    """A stretch of time in one state, from ``starts_at`` until before ``ends_at`` (null: no end is known)."""

    state: str
    plan: str
    starts_at: datetime
    ends_at: datetime | None


class SubscriptionOut(Resource):
    """A module's subscription; ``also_enabled`` names the modules that this request enabled with it.

    ``state`` is what holds now, ``until`` when that changes by itself. ``kept_until`` is how long the data of a module
    that is off is kept; then ``purge_job`` exports and deletes it. While it is ``activating`` (after a pause),
    ``catch_up_job`` is what it waits for. ``phases`` are its states in order of time, past ones and those to come.
    """

    module: str
    plan: str
    state: str
    since: datetime | None
    until: datetime | None
    kept_until: datetime | None
    phases: list[PhaseOut]
    also_enabled: list[str]
    catch_up_job: str | None
    purge_job: str | None


class SubscriptionHistoryOut(SubscriptionOut):
    """The same with what was asked for when, and by whom: the newest 200 changes, newest first."""

    history: list[EntryOut]
