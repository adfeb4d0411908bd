"""Use cases of finding articles: bounded reads of words, then one of the articles that have them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, Page
from chalicelib.store.records import Claim
from chalicelib.store.store import Store
from modules.service_analysis.articles.records import IN_CATEGORY, Article
from modules.service_analysis.articles.rules import may_read
from modules.service_analysis.kinds import WORD, WRITE
from modules.service_analysis.suggestions import rules
from modules.service_analysis.suggestions.derived import CLASS
from modules.service_analysis.suggestions.records import ArticleWord
from modules.service_analysis.suggestions.schemas import Suggestion, SuggestionList, SuggestionsIn

MOST_SEARCHED: Final = 500
"""Postings of a search's leading word, as of a search for customers (decision 0018)."""
MOST_SUGGESTED: Final = 100
"""Postings of each word of a text that is being typed: what more texts have tells little."""
CANDIDATES: Final = 50
"""Articles that are read for a suggestion, and as many of the category's: one BatchGet."""


@dataclass(slots=True)
class _Found:
    """The texts that words have led to, by version, and how many each word has led to."""

    texts: dict[str, ArticleWord] = field(default_factory=dict)
    telling: dict[str, int] = field(default_factory=dict)

    def add(self, beginning: str, postings: Iterable[ArticleWord]) -> None:
        """Take what one word has led to; a text that has several such words counts once."""
        several = {str(each.version_id): each for each in postings}
        self.telling[beginning] = len(several)
        self.texts |= several

    def scores(self) -> dict[str, int]:
        """What each text is worth."""
        return {each: rules.score(text.words(), self.telling) for each, text in self.texts.items()}


def suggest(call: Call, body: SuggestionsIn) -> SuggestionList:
    """The published articles that go best with what is being typed, in a stated and repeatable order.

    A text is worth, for each of the eight words of the typed text that say most, three points where its title or terms
    have it and one where its body has; doubled when at most 25 texts have the word, trebled when at most 5. An article
    of the chosen category, of a part of it or of what it is a part of, is worth four more. Of equal ones the newest
    comes first. Of an article the language that is worth most is suggested. At most ten round trips, whatever the
    size of the knowledge base.
    """
    found = _Found()
    for beginning in rules.asked(body.text):
        read = _postings(call.store, beginning, MOST_SUGGESTED)[0]
        found.add(beginning, (each for each in read if _is_read_by(each.language, body.language)))
    scores = found.scores()
    leading = rules.best_first(scores, scores)[:CANDIDATES]
    ids = dict.fromkeys([*(str(found.texts[each].article_id) for each in leading), *_in_category(call, body.category)])
    articles = _articles(call, ids)
    for each in leading:
        article = articles.get(str(found.texts[each].article_id))
        if article is not None and rules.in_branch(article.category, body.category):
            scores[each] += rules.IN_CATEGORY
    for article in articles.values():
        for text in (article.published or {}).values():
            if rules.in_branch(article.category, body.category):
                scores.setdefault(text["version_id"], rules.IN_CATEGORY)
    suggested: dict[str, Suggestion] = {}
    texts = {text["version_id"]: (article, language) for article, language, text in _texts(articles, body.language)}
    for version_id in rules.best_first(scores, texts.keys() & scores.keys()):
        article, language = texts[version_id]
        suggested.setdefault(article.id, _suggestion(article, language))
    return SuggestionList(items=list(suggested.values())[: body.limit])


def search(call: Call, query: ListQuery) -> Page[Article]:
    """A page of the articles of which one published text has all words of the query, in the caller's reach.

    Those first whose title has more of them, then the newest. One read of at most 500 postings, one of the articles.
    """
    beginnings = rules.asked(query.text or "")
    if not beginnings:
        return Page([], None)
    leading = max(beginnings, key=lambda each: (len(each.encode()), each))
    postings, more = _postings(call.store, leading, MOST_SEARCHED)
    found = _Found()
    found.add(leading, (each for each in postings if rules.has_all(beginnings, each.words())))
    worth: dict[str, int] = {}
    versions: dict[str, set[str]] = {}
    for version_id, text in found.texts.items():
        points = sum(rules.points(each, text.words()) for each in beginnings) if query.by_relevance else 0
        worth[text.article_id] = max(worth.get(text.article_id, 0), points)
        versions.setdefault(text.article_id, set()).add(version_id)
    ordered = rules.best_first(worth, worth)
    if not (query.by_relevance or query.newest_first):
        ordered.reverse()
    return _page(call, query, _behind(ordered, worth, query), versions, worth, truncated=more)


def _page(
    call: Call,
    query: ListQuery,
    ordered: Sequence[str],
    versions: Mapping[str, set[str]],
    worth: Mapping[str, int],
    *,
    truncated: bool,
) -> Page[Article]:
    items: list[Article] = []
    for start in range(0, len(ordered), query.limit):
        wave = ordered[start : start + query.limit]
        articles = _articles(call, wave)
        for place, each in enumerate(wave, start + 1):
            article = articles.get(each)
            if article is None or not versions[each] & {text["version_id"] for _, _, text in _texts({each: article})}:
                continue
            if all(term.holds(article) for term in query.terms):
                items.append(article)
            if len(items) == query.limit and place < len(ordered):
                return Page(items, {"after": [worth[each], each]}, truncated)
    return Page(items, None, truncated)


def _behind(ordered: list[str], worth: Mapping[str, int], query: ListQuery) -> list[str]:
    if not query.cursor:
        return ordered
    points, last = query.cursor["after"]
    backwards = query.by_relevance or query.newest_first
    return [each for each in ordered if ((worth[each], each) < (points, last)) == backwards and each != last]


def _postings(store: Store, beginning: str, limit: int) -> tuple[list[ArticleWord], bool]:
    """Words of published texts that begin so, and whether there are more."""
    partition = keys.token(store.boundary, WORD.name, CLASS, beginning)
    read, position = store.query(partition, begins=keys.words_beginning(beginning), limit=limit)
    return [each for each in read if isinstance(each, ArticleWord)], position is not None


def _in_category(call: Call, category: str | None) -> list[str]:
    """The newest articles of just that category: they fill up what words have not found."""
    if category is None:
        return []
    partition = keys.lookup_partition(call.tenant_id, IN_CATEGORY, category)
    read, _ = call.store.query(partition, limit=CANDIDATES, newest_first=True)
    return [str(each.record) for each in read if isinstance(each, Claim)]


def _articles(call: Call, ids: Iterable[str]) -> dict[str, Article]:
    """The articles of these ids that the caller may read, in one round trip."""
    found = call.store.fetch([Article.key_of(call.tenant_id, each) for each in ids])
    known = (call.store.known(Article, at, raw) for at, raw in found.items())
    staff = call.may(WRITE)
    return {str(each.id): each for each in known if each and may_read(each.visibility, works_on_requests=staff)}


def _texts(
    articles: Mapping[str, Article], language: str | None = None
) -> Iterator[tuple[Article, str, Mapping[str, Any]]]:
    """The texts that can be read now: words lag behind them by seconds."""
    for article in articles.values():
        for name, text in (article.published or {}).items():
            if _is_read_by(name, language):
                yield article, name, text


def _is_read_by(language: str, wanted: str | None) -> bool:
    return wanted is None or rules.same_language(language, wanted)


def _suggestion(article: Article, language: str) -> Suggestion:
    text = article.published[language]
    return Suggestion(
        article_id=article.id,
        version_id=text["version_id"],
        language=language,
        title=text["title"],
        category=article.category,
        staff_only=bool(article.staff_only),
    )
