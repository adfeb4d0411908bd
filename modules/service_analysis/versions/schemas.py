"""Versions of articles on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Resource
from modules.service_analysis.requests.schemas import Line200

ArticleLanguage = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
ArticleTerm = Annotated[str, Field(min_length=2, max_length=60)]
VersionState = Literal["draft", "review", "published", "expired"]


class ArticleTextBase(Body):
    """The words of a version."""

    title: Line200 = Field(examples=["What to do when you were charged twice"])
    body: Annotated[str, Field(min_length=1, max_length=15_000)] = Field(
        examples=["Both charges show in the app. The second one goes back within three days."]
    )
    terms: list[ArticleTerm] = Field(
        default=[],
        max_length=20,
        description="words that people use for it, to be found by, that the title does not have",
        examples=[["double billing"]],
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="when it stops being true, at most 366 days after it is published"
    )


class ArticleTextIn(ArticleTextBase):
    """A draft in a language."""

    language: ArticleLanguage = Field(description="BCP 47; never changed", examples=["en"])


class ArticleDecisionIn(Body):
    """What somebody else than its writers says of a version."""

    decision: Literal["publish", "return", "expire"]
    note: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(default=None, description="why")


class ArticleVersionOut(Resource):
    """A version of an article in one language; what was published stays readable for who writes."""

    article_id: str
    language: str
    number: int = Field(description="1, 2, … in its language")
    title: str
    body: str
    terms: list[str]
    status: VersionState
    writers: list[str] = Field(description="who has written at it, and does not publish it")
    decided_by: str | None = Field(description="who has published it or sent it back")
    note: str | None
    published_at: datetime | None
    expires_at: datetime | None
    expired_at: datetime | None
