"""Routes of articles."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.articles.schemas import (
    ArticleBase,
    ArticleDraftIn,
    ArticleFigures,
    ArticleIn,
    ArticleOut,
    ArticleVoteIn,
    SolvedByIn,
)
from modules.service_analysis.kinds import ARTICLE, KNOWLEDGE_BASE, PUBLISH, READ, WRITE
from modules.service_analysis.requests.schemas import RequestOut
from modules.service_analysis.versions.routes import TEXT

if TYPE_CHECKING:
    from modules.service_analysis.articles import service
    from modules.service_analysis.requests import service as requests
else:
    service = Late("modules.service_analysis.articles.service")
    requests = Late("modules.service_analysis.requests.service")

routes = Routes("service_analysis")


@routes.post(
    "/articles",
    needs=WRITE,
    feature=KNOWLEDGE_BASE,
    examples={"english": {"text": TEXT}, "staff": {"category": "/billing/", "staff_only": True, "text": TEXT}},
)
def create_article(call: Call, body: ArticleIn) -> Created[ArticleOut]:
    """Write an article of the knowledge base: a draft, which somebody else publishes."""
    return service.create_article(call, body)


@routes.get("/articles", needs=READ, feature=KNOWLEDGE_BASE, listing=ARTICLE.listing)
def list_articles(call: Call, query: ListQuery) -> Listed[ArticleOut]:
    """List or search articles. Who does not work on requests sees what is published and not for the staff alone."""
    return service.list_articles(call, query)


@routes.get("/articles/{article_id}", needs=READ, feature=KNOWLEDGE_BASE)
def get_article(call: Call, article_id: str) -> ArticleOut:
    """Read what an article is about, and which of its texts are published."""
    return service.article_out(service.get_article(call, article_id))


@routes.patch("/articles/{article_id}", needs=PUBLISH, feature=KNOWLEDGE_BASE, examples={"staff": {"staff_only": True}})
def update_article(call: Call, article_id: str, body: Patch[ArticleBase]) -> ArticleOut:
    """Change an article's category, and whether it is for the staff alone."""
    return service.update_article(call, article_id, body)


@routes.get("/articles/{article_id}/figures", needs=READ, feature=KNOWLEDGE_BASE)
def get_article_figures(call: Call, article_id: str) -> ArticleFigures:
    """Read how often an article was helpful, was not, and has solved a request."""
    return service.figures_of(call, article_id)


@routes.post(
    "/articles/{article_id}/votes", needs=READ, feature=KNOWLEDGE_BASE, examples={"helpful": {"helpful": True}}
)
def vote_on_article(call: Call, article_id: str, body: ArticleVoteIn) -> None:
    """Say whether an article was helpful; each call counts."""
    service.vote(call, article_id, body)


@routes.post("/requests/{request_id}/articles", needs=WRITE, feature=KNOWLEDGE_BASE, refuses=(StateConflict,))
def note_solution(call: Call, request_id: str, body: SolvedByIn) -> RequestOut:
    """Note which article has solved a request. `GET /v1/requests?solved_by=` lists those that one has solved."""
    return requests.request_out(service.note_solution(call, request_id, body.article_id))


@routes.delete("/requests/{request_id}/articles/{article_id}", needs=WRITE, feature=KNOWLEDGE_BASE)
def forget_solution(call: Call, request_id: str, article_id: str) -> None:
    """Take back that an article has solved a request."""
    service.forget_solution(call, request_id, article_id)


@routes.post(
    "/requests/{request_id}/article-draft",
    needs=WRITE,
    feature=KNOWLEDGE_BASE,
    refuses=(StateConflict,),
    examples={"english": {"language": "en"}},
)
def draft_article_from_request(call: Call, request_id: str, body: ArticleDraftIn) -> Created[ArticleOut]:
    """Draft an article from what has solved a request: its title, solution and category, and nothing of the customer.

    E-mail addresses, long numbers and ids are left out; a name in the texts is for the reviewer to find.
    """
    return service.draft_from(call, request_id, body)
