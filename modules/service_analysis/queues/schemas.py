"""Queues on the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.web.wire import Body, Resource
from modules.service_analysis.categories.schemas import CategoryTitles
from modules.service_analysis.requests.schemas import Id

Skill = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_-]*$", examples=["fibre"])]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, examples=["es"])]


class QueueMember(Body):
    """Somebody who takes requests from a queue."""

    user_id: Id
    skills: list[Skill] = Field(default=[], max_length=10)
    languages: list[Language] = Field(
        default=[], max_length=10, description="BCP 47; `es` for all regions. Without any, nobody asks"
    )
    present: bool = Field(default=True, description="whoever is not present is given no requests")


class QueueIn(Body):
    """A team's queue."""

    titles: CategoryTitles = Field(examples=[{"en": "Billing desk"}])
    members: list[QueueMember] = Field(default=[], max_length=50, description="each person once")
    org_unit_id: Id | None = Field(default=None, description="default: the caller's own unit")


class QueueOut(Resource):
    """A queue, as everybody reads it."""

    titles: CategoryTitles
    members: list[QueueMember]
    org_unit_id: str | None


class PresenceIn(Body):
    """Whether the caller takes requests now."""

    present: bool
