"""Categories on the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Resource, Shown
from modules.service_analysis.requests.schemas import CategoryPath, Line200

Term = Annotated[str, Field(min_length=2, max_length=60, examples=["refund*"])]


class CategoryTitles(Body):
    """What people read."""

    en: Line200 = Field(examples=["Billing and charges"])
    zh: Line200 | None = None


class CategoryIn(Body):
    """What requests can be about. A path without its parent's is refused."""

    path: CategoryPath = Field(description="from the root; never changed", examples=["/billing/refund/"])
    titles: CategoryTitles
    terms: list[Term] = Field(
        default=[],
        max_length=100,
        description="words that say that a request is about it; `*` at a word's end stands for any ending",
        examples=[["refund*", "退款"]],
    )
    rank: Annotated[int, Field(ge=0, le=10_000), WHOLE] = Field(
        default=100, description="of several categories whose words are found the lowest rank wins"
    )
    retired: bool = Field(default=False, description="new requests can't have it")


class CategoryOut(Resource):
    """A category, as everybody reads it."""

    path: str
    titles: CategoryTitles
    terms: list[str]
    rank: int
    retired: bool


class CategoryList(Shown):
    """Several categories."""

    items: list[CategoryOut]
