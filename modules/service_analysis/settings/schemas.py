"""Settings on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Shown

LeadsTo = Literal["reopen", "call_back"]
Days = Annotated[int, Field(ge=1, le=365), WHOLE]


class ServiceSettingsIn(Body):
    """How long what is solved can still be unsolved, and what follows when customers say so in a survey."""

    reopen_days: Days = Field(default=14, description="so long after it was resolved or closed a request is reopened")
    close_after_days: Days = Field(default=7, description="so long after it was resolved it closes by itself")
    low_rating: Annotated[int, Field(ge=0, le=5), WHOLE] = Field(
        default=2, description="a survey's rating of so much or less is a low one; 0: none is"
    )
    low_rating_leads_to: LeadsTo = Field(
        default="call_back",
        description="a low rating reopens the request, or puts a task into the queue `call_backs` of its org unit",
    )


class ServiceSettingsOut(Shown):
    """The settings in force."""

    reopen_days: int
    close_after_days: int
    low_rating: int
    low_rating_leads_to: LeadsTo
