"""Routing rules and the dry run on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Resource, Shown
from modules.service_analysis.queues.schemas import Language, Skill
from modules.service_analysis.requests.schemas import AreaName, CategoryPath, Id, Line200, Word

RoutingStrategy = Literal["round_robin", "least_busy"]


class RoutingRuleIn(Body):
    """Which requests go to which queue; a condition without values holds for all, and all conditions must hold."""

    title: Line200 = Field(examples=["Refunds in Spanish"])
    rank: Annotated[int, Field(ge=0, le=10_000), WHOLE] = Field(
        default=100, description="the first rule that holds decides; of equal ranks the older one"
    )
    queue_id: Id
    strategy: RoutingStrategy = Field(
        default="least_busy",
        description="round_robin: the next in turn; least_busy: whom the fewest open requests wait for",
    )
    categories: list[CategoryPath] = Field(default=[], max_length=20, description="with all below them")
    areas: list[Annotated[list[AreaName], Field(min_length=1, max_length=4)]] = Field(
        default=[], max_length=20, description="with all below them", examples=[[["Georgia"], ["Florida", "Miami"]]]
    )
    levels: list[Word] = Field(default=[], max_length=20, description="of the customer")
    languages: list[Language] = Field(default=[], max_length=20, description="BCP 47; `es` for all regions")
    skills: list[Skill] = Field(default=[], max_length=10, description="what who gets it must have, all of them")


class RoutingRuleOut(Resource):
    """A routing rule, as everybody reads it."""

    title: str
    rank: int
    queue_id: str
    strategy: RoutingStrategy
    categories: list[str]
    areas: list[list[str]]
    levels: list[str]
    languages: list[str]
    skills: list[str]


class RuleJudged(Shown):
    """A rule, and what speaks against it."""

    rule_id: str = Field(description="`fallback`: what no rule leads elsewhere goes to the oldest queue")
    title: str | None
    decided: bool
    against: list[str]


class CandidateJudged(Shown):
    """A member of the queue, and what speaks against them."""

    user_id: str
    place: int | None = Field(description="0 gets it; null: can't take it")
    against: list[str]


class RoutingExplained(Shown):
    """Where a request would go and who would get it, and why."""

    queue_id: str | None = Field(description="null: the tenant has no queue")
    handler_id: str | None = Field(description="null: it would wait in the queue")
    rule_id: str | None = Field(description="null: the request names its queue itself, or there is none")
    rules: list[RuleJudged]
    candidates: list[CandidateJudged]
