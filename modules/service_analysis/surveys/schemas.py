"""Surveys on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Resource, Shown

Rating = Annotated[int, Field(ge=1, le=5), WHOLE]
Recommends = Annotated[int, Field(ge=0, le=10), WHOLE]
SurveyState = Literal["waiting", "answered", "expired"]


class SurveyOut(Resource):
    """A survey, as the tenant's people read it."""

    request_id: str
    contact_id: str | None
    status: SurveyState
    closed_at: datetime = Field(description="when the request was closed")
    expires_at: datetime
    answered_at: datetime | None
    rating: int | None = Field(description="satisfaction, 1 to 5")
    recommends: int | None = Field(description="how likely the customer is to recommend the operator, 0 to 10")
    comment: str | None
    follow_up: Literal["reopen", "call_back"] | None = Field(description="what a low rating has led to")
    handler_id: str | None = Field(description="the user who worked on the request when it was closed")
    type: str
    category: str | None
    area: list[str]
    channel: str
    product: str | None
    customer_level: str | None
    org_unit_id: str | None


class SurveyLinkOut(Shown):
    """The customer's link. Whoever has it can answer, so it goes to the customer alone."""

    link: str = Field(description="stands in `/v1/surveys/links/{link}`, which needs no other credential")
    expires_at: datetime


class SurveyQuestion(Shown):
    """What a customer is asked: about what, and of when; nothing of who they are."""

    about: str | None = Field(description="the title of the request's category, in the caller's language")
    closed_on: date = Field(description="the day on which the request was closed, in the tenant's time zone")
    expires_at: datetime
    answered: bool


class SurveyAnswerIn(Body):
    """A customer's answer."""

    rating: Rating = Field(description="satisfaction: 1 very dissatisfied, 5 very satisfied", examples=[5])
    recommends: Recommends | None = Field(default=None, description="how likely to recommend us: 0 never, 10 surely")
    comment: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
