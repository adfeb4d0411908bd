"""Suggestions on the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.web.wire import WHOLE, Body, Shown
from modules.service_analysis.requests.schemas import CategoryPath
from modules.service_analysis.versions.schemas import ArticleLanguage


class SuggestionsIn(Body):
    """What is known of a request while it is typed."""

    text: Annotated[str, Field(min_length=1, max_length=8000)] = Field(examples=["I was charged twice in April"])
    category: CategoryPath | None = Field(default=None, description="the category that was chosen, if one was")
    language: ArticleLanguage | None = Field(default=None, description="BCP 47; default: any")
    limit: Annotated[int, Field(ge=1, le=10), WHOLE] = 5


class Suggestion(Shown):
    """An article that may help."""

    article_id: str
    version_id: str
    language: str
    title: str
    category: str | None
    staff_only: bool


class SuggestionList(Shown):
    """Articles that may help, the best one first."""

    items: list[Suggestion]
