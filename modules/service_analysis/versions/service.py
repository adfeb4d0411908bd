"""Use cases of versions."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.jobs.timers import Firing, remind
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.store.scope import EVERYTHING
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.work.asked import is_near
from modules.service_analysis.articles import errors as article_errors
from modules.service_analysis.articles.records import Article
from modules.service_analysis.articles.rules import may_read
from modules.service_analysis.kinds import VERSION, WRITE
from modules.service_analysis.versions import errors
from modules.service_analysis.versions.records import ArticleVersion
from modules.service_analysis.versions.rules import MOVES, Refused, Step, VersionStatus, take
from modules.service_analysis.versions.schemas import (
    ArticleDecisionIn,
    ArticleTextBase,
    ArticleTextIn,
    ArticleVersionOut,
)

EXPIRY: Final = "service_analysis.article_expiry"
MOST_LANGUAGES: Final = 20


def version_out(record: ArticleVersion) -> ArticleVersionOut:
    """The version as everybody reads it."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in ArticleVersionOut.model_fields}
    values |= {"terms": record.terms or [], "number": int(record.number), "version": int(record.version)}
    return ArticleVersionOut.model_validate(values)


def readable_article(call: Call, article_id: str) -> Article:
    """The article of that id, if the caller may read it; raises NotFound."""
    article = call.store.get(Article, article_id)
    if article is None or not may_read(article.visibility, works_on_requests=call.may(WRITE)):
        raise NotFound
    return article


def create_version(call: Call, article_id: str, body: ArticleTextIn) -> Created[ArticleVersionOut]:
    """The draft of an article's next version. Raises NotFound, Invalid."""
    article = readable_article(call, article_id)
    version = add_version(call, article, body)
    call.store.update(article)
    return Created(version_out(version), f"/v1/articles/{article_id}/versions/{version.id}")


def add_version(call: Call, article: Article, body: ArticleTextIn) -> ArticleVersion:
    """Stage a draft; the article, which counts its versions, is for the caller to stage. Raises Invalid."""
    numbers = dict(article.numbers or {})
    if body.language not in numbers and len(numbers) == MOST_LANGUAGES:
        raise article_errors.too_many_languages(MOST_LANGUAGES)
    numbers[body.language] = numbers.get(body.language, 0) + 1
    article.numbers = numbers
    version = ArticleVersion.fresh(
        call.now, article_id=article.id, language=body.language, number=numbers[body.language], writers=[_who(call)]
    )
    _fill(call, version, body)
    call.store.create(version)
    return version


def get_version(call: Call, article_id: str, version_id: str) -> ArticleVersion:
    """The version of that article, if the caller may read it; raises NotFound."""
    at = ArticleVersion.place_of(call.tenant_id, article_id, version_id)
    call.store.prefetch([Article.key_of(call.tenant_id, article_id), at])
    readable_article(call, article_id)
    version = replace(call.store, scope=EVERYTHING).get_at(ArticleVersion, at)
    if version is None or not _may_see(call, version):
        raise NotFound
    return version


def list_versions(call: Call, article_id: str, query: ListQuery) -> Listed[ArticleVersionOut]:
    """A page of an article's versions: those that the caller may read. Filtered, a page may be short."""
    article = readable_article(call, article_id)
    found, position = call.store.query(
        keys.collection(call.tenant_id, article.KIND.name, article.id),
        begins=keys.children(VERSION.name),
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    shown = [
        version_out(each)
        for each in found
        if isinstance(each, ArticleVersion) and _may_see(call, each) and all(term.holds(each) for term in query.terms)
    ]
    return Listed(shown, position)


def update_version(call: Call, article_id: str, version_id: str, body: Patch[ArticleTextBase]) -> ArticleVersionOut:
    """Write on at a draft; who does is one of its writers. Raises NotFound, Invalid, StateConflict."""
    version = get_version(call, article_id, version_id)
    current = version_out(version).model_dump(mode="json", include=set(ArticleTextBase.model_fields))
    call.check_version(version, {name: current.get(name) for name in body.touched})
    wanted = body.apply({name: value for name, value in current.items() if value is not None})
    if version.status != VersionStatus.DRAFT:
        raise errors.not_a_draft()
    _fill(call, version, wanted)
    version.writers = sorted({*version.writers, _who(call)})
    call.store.update(version)
    return version_out(version)


def submit(call: Call, article_id: str, version_id: str) -> ArticleVersionOut:
    """Put a draft before somebody else. Raises NotFound, StateConflict."""
    version = get_version(call, article_id, version_id)
    _take(call, version, Step.SUBMIT)
    call.store.update(version, verb=MOVES[Step.SUBMIT].verb)
    return version_out(version)


def decide(call: Call, article_id: str, version_id: str, body: ArticleDecisionIn) -> ArticleVersionOut:
    """Publish a version, send it back, or take it out of the public. Raises NotFound, Invalid, StateConflict."""
    version = get_version(call, article_id, version_id)
    step = Step(body.decision)
    _take(call, version, step)
    version.decided_by, version.note = _who(call), body.note
    if step is not Step.RETURN:
        article = readable_article(call, article_id)
        if step is Step.PUBLISH:
            _publish(call, article, version)
        else:
            version.expired_at = call.now
            _withdraw(article, version)
        call.store.update(article)
    call.store.update(version, verb=MOVES[step].verb)
    return version_out(version)


def expire(firing: Firing) -> None:
    """Take a text out of the public whose time is over; one that has none any more, or another one, stays."""
    version = firing.record
    if not isinstance(version, ArticleVersion) or version.status != VersionStatus.PUBLISHED:
        return
    expires_at = version.held().get("expires_at")
    article = firing.store.get(Article, version.article_id)
    if article is None or expires_at is None or expires_at > firing.store.clock():
        return
    _end(firing.store, version)
    _withdraw(article, version)
    firing.store.update(article)


def _publish(call: Call, article: Article, version: ArticleVersion) -> None:
    """Let the version be read in its language, in the place of what was."""
    published = dict(article.published or {})
    before = published.get(version.language)
    if before:
        at = ArticleVersion.place_of(call.tenant_id, article.id, before["version_id"])
        if (old := call.store.get_at(ArticleVersion, at)) is not None:
            _end(call.store, old)
    version.published_at = call.now
    expires_at = version.held().get("expires_at")
    if expires_at is not None:
        if expires_at <= call.now or not is_near(expires_at, call.now):
            raise errors.expires_wrongly()
        remind(call.store, EXPIRY, version.id, expires_at, version, versioned=False)
    published[version.language] = {
        "version_id": version.id,
        "number": int(version.number),
        "title": version.title,
        "published_at": call.now.isoformat(),
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    article.settle(published)


def _end(store: Store, version: ArticleVersion) -> None:
    version.status, version.expired_at = VersionStatus.EXPIRED.value, store.clock()
    store.update(version, verb=MOVES[Step.EXPIRE].verb)


def _withdraw(article: Article, version: ArticleVersion) -> None:
    published = dict(article.published or {})
    if published.get(version.language, {}).get("version_id") == version.id:
        del published[version.language]
    article.settle(published)


def _take(call: Call, version: ArticleVersion, step: Step) -> None:
    after = take(VersionStatus(version.status), step, _who(call), version.writers)
    if isinstance(after, Refused):
        raise errors.not_now(after)
    version.status = after.value


def _fill(call: Call, version: ArticleVersion, body: ArticleTextBase) -> None:
    if (
        body.expires_at is not None
        and body.expires_at <= call.now
        and body.expires_at != version.held().get("expires_at")
    ):
        raise errors.expires_wrongly()
    version.title, version.body, version.terms = body.title, body.body, body.terms or None
    version.expires_at = body.expires_at


def _may_see(call: Call, version: ArticleVersion) -> bool:
    return call.may(WRITE) or version.status == VersionStatus.PUBLISHED


def _who(call: Call) -> str:
    """A person, whatever key they use: nobody has four eyes."""
    return call.principal.user_id or call.principal.id
