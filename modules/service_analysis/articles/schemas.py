"""Articles on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Resource, Shown
from modules.service_analysis.requests.schemas import CategoryPath, Id
from modules.service_analysis.versions.schemas import ArticleLanguage, ArticleTextIn


class ArticleBase(Body):
    """What all versions of an article have in common."""

    category: CategoryPath | None = Field(default=None, description="a category of the tenant's")
    staff_only: bool = Field(default=False, description="not for customers: only who works on requests reads it")


class ArticleIn(ArticleBase):
    """An article with the draft of its first version."""

    text: ArticleTextIn


class PublishedText(Shown):
    """A text that can be read."""

    language: str
    version_id: str
    number: int
    title: str
    published_at: datetime
    expires_at: datetime | None


class ArticleOut(Resource):
    """An article. Its texts are read by their versions."""

    category: str | None
    staff_only: bool
    visibility: Literal["open", "staff", "unpublished"] = Field(description="who may read it")
    published: list[PublishedText]
    from_request: str | None = Field(description="the request whose solution it was drafted from")


class ArticleFigures(Shown):
    """What an article was good for."""

    helpful: int
    not_helpful: int
    solved: int = Field(description="requests that it has solved")


class ArticleVoteIn(Body):
    """What a reader thinks."""

    helpful: bool


class SolvedByIn(Body):
    """What has solved a request."""

    article_id: Id


class ArticleDraftIn(Body):
    """A request's solution as the draft of an article."""

    language: ArticleLanguage = Field(description="the language that the solution is written in", examples=["en"])
    staff_only: Annotated[bool, Field(description="as of articles")] = False
