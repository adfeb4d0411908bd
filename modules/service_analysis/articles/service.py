"""Use cases of articles."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.modules import Op
from chalicelib.problems import NotFound
from chalicelib.store.lists import ListQuery, Term, list_records
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.articles import errors
from modules.service_analysis.articles.records import FIGURES, Article, Tally
from modules.service_analysis.articles.rules import Visibility, impersonal
from modules.service_analysis.articles.schemas import (
    ArticleBase,
    ArticleDraftIn,
    ArticleFigures,
    ArticleIn,
    ArticleOut,
    ArticleVoteIn,
)
from modules.service_analysis.categories import service as categories
from modules.service_analysis.kinds import WRITE
from modules.service_analysis.requests import service as requests
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.suggestions.service import search
from modules.service_analysis.versions.schemas import ArticleTextIn
from modules.service_analysis.versions.service import add_version, readable_article

MOST_OF_A_REQUEST: Final = 10
LONGEST_TITLE: Final = 200


def article_out(record: Article) -> ArticleOut:
    """The article as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in ArticleOut.model_fields}
    texts = record.published or {}
    values["published"] = [{"language": each, **texts[each]} for each in record.languages or ()]
    values["version"] = int(record.version)
    return ArticleOut.model_validate(values)


def create_article(call: Call, body: ArticleIn) -> Created[ArticleOut]:
    """A new article with a draft. Raises Invalid."""
    return _created(call, Article.fresh(call.now), body)


def _created(call: Call, article: Article, body: ArticleIn) -> Created[ArticleOut]:
    _fill(call, article, body, f"{body.text.title} {' '.join(body.text.terms)}")
    add_version(call, article, body.text)
    call.store.create(article)
    return Created(article_out(article), f"/v1/articles/{article.id}")


def get_article(call: Call, article_id: str) -> Article:
    """The article of that id, if the caller may read it; raises NotFound."""
    return readable_article(call, article_id)


def list_articles(call: Call, query: ListQuery) -> Listed[ArticleOut]:
    """A page of the articles that the caller may read: all, or those that a search finds."""
    if not call.may(WRITE):
        only = Term("visibility", Op.EQ, (Visibility.OPEN.value,), "visibility")
        query = replace(query, terms=(*query.terms, only))
    page = search(call, query) if query.text is not None else list_records(call.store, Article, query)
    return Listed([article_out(each) for each in page.items], page.next_position, page.truncated)


def update_article(call: Call, article_id: str, body: Patch[ArticleBase]) -> ArticleOut:
    """Change what an article is about, and for whom it is."""
    article = get_article(call, article_id)
    current = article_out(article).model_dump(mode="json", include=set(ArticleBase.model_fields))
    call.check_version(article, {name: current.get(name) for name in body.touched})
    _fill(call, article, body.apply({name: value for name, value in current.items() if value is not None}), "")
    call.store.update(article)
    return article_out(article)


def figures_of(call: Call, article_id: str) -> ArticleFigures:
    """What an article was good for: one round trip. Raises NotFound."""
    at = Tally.place_of(call.tenant_id, article_id)
    call.store.prefetch([Article.key_of(call.tenant_id, article_id), at])
    readable_article(call, article_id)
    tally = call.store.get_item(Tally, at)
    return ArticleFigures(**{name: int(getattr(tally, name)) if tally else 0 for name in FIGURES})


def vote(call: Call, article_id: str, body: ArticleVoteIn) -> None:
    """Count what a reader thinks of a published article. Raises NotFound."""
    readable_article(call, article_id)
    call.store.add(Tally.addition(call.tenant_id, article_id, "helpful" if body.helpful else "not_helpful", 1))


def note_solution(call: Call, request_id: str, article_id: str) -> ServiceRequest:
    """Note which article has solved a request, and count it once. Raises NotFound, Invalid, StateConflict."""
    request = requests.get_request(call, request_id)
    noted = list(request.articles or ())
    if article_id in noted:
        return request
    article = call.store.get(Article, article_id)
    if article is None or article.visibility == Visibility.UNPUBLISHED:
        raise errors.unknown_article()
    if len(noted) == MOST_OF_A_REQUEST:
        raise errors.too_many(MOST_OF_A_REQUEST)
    request.articles = [*noted, article_id]
    # With the request's own version as the condition: two at once count one after the other.
    call.store.update(request)
    call.store.add(Tally.addition(call.tenant_id, article_id, "solved", 1))
    return request


def forget_solution(call: Call, request_id: str, article_id: str) -> None:
    """Take back that an article has solved a request. Raises NotFound."""
    request = requests.get_request(call, request_id)
    if article_id not in (request.articles or ()):
        raise NotFound
    request.articles = [each for each in request.articles if each != article_id] or None
    call.store.update(request)
    call.store.add(Tally.addition(call.tenant_id, article_id, "solved", -1))


def draft_from(call: Call, request_id: str, body: ArticleDraftIn) -> Created[ArticleOut]:
    """An article's draft of what has solved a request: title, solution and category, and nothing of the customer.

    Raises NotFound, StateConflict for a request that is not solved.
    """
    request = requests.get_request(call, request_id)
    solution = request.held().get("solution")
    if request.open or not solution:
        raise errors.not_solved()
    text = ArticleTextIn(
        language=body.language, title=impersonal(request.title)[:LONGEST_TITLE], body=impersonal(solution)
    )
    # A category that has been retired since is none that an article can begin with.
    known = request.category if request.category in categories.tree_of(call.store).open else None
    draft = ArticleIn(category=known, staff_only=body.staff_only, text=text)
    return _created(call, Article.fresh(call.now, from_request=request.id), draft)


def _fill(call: Call, article: Article, body: ArticleBase, about: str) -> None:
    article.category = categories.chosen(call, body.category, article.category, about)
    article.staff_only = body.staff_only
    article.settle(article.published or {})
