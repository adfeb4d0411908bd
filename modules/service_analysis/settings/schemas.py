"""Settings on the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Shown

Days = Annotated[int, Field(ge=1, le=365), WHOLE]


class ServiceSettingsIn(Body):
    """How long what is solved can still be unsolved."""

    reopen_days: Days = Field(default=14, description="so long after it was resolved or closed a request is reopened")
    close_after_days: Days = Field(default=7, description="so long after it was resolved it closes by itself")


class ServiceSettingsOut(Shown):
    """The settings in force."""

    reopen_days: int
    close_after_days: int
