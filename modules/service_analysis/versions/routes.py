"""Routes of versions."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import KNOWLEDGE_BASE, PUBLISH, READ, VERSION, WRITE
from modules.service_analysis.versions.schemas import (
    ArticleDecisionIn,
    ArticleTextBase,
    ArticleTextIn,
    ArticleVersionOut,
)

if TYPE_CHECKING:
    from modules.service_analysis.versions import service
else:
    service = Late("modules.service_analysis.versions.service")

routes = Routes("service_analysis")

ONE = "/articles/{article_id}/versions/{version_id}"
TEXT = {
    "language": "en",
    "title": "What to do when you were charged twice",
    "body": "Both charges show in the app. The second one goes back within three days.",
    "terms": ["double billing"],
}


@routes.post(
    "/articles/{article_id}/versions",
    needs=WRITE,
    feature=KNOWLEDGE_BASE,
    refuses=(StateConflict,),
    examples={"next": TEXT},
)
def create_article_version(call: Call, article_id: str, body: ArticleTextIn) -> Created[ArticleVersionOut]:
    """Draft an article's next version, or its first one in another language."""
    return service.create_version(call, article_id, body)


@routes.get("/articles/{article_id}/versions", needs=READ, feature=KNOWLEDGE_BASE, listing=VERSION.listing)
def list_article_versions(call: Call, article_id: str, query: ListQuery) -> Listed[ArticleVersionOut]:
    """List an article's versions; who does not work on requests sees those that are published."""
    return service.list_versions(call, article_id, query)


@routes.get(ONE, needs=READ, feature=KNOWLEDGE_BASE)
def get_article_version(call: Call, article_id: str, version_id: str) -> ArticleVersionOut:
    """Read a version of an article."""
    return service.version_out(service.get_version(call, article_id, version_id))


@routes.patch(
    ONE, needs=WRITE, feature=KNOWLEDGE_BASE, refuses=(StateConflict,), examples={"terms": {"terms": ["refund"]}}
)
def update_article_version(
    call: Call, article_id: str, version_id: str, body: Patch[ArticleTextBase]
) -> ArticleVersionOut:
    """Write on at a draft. Whoever does can't publish it."""
    return service.update_version(call, article_id, version_id, body)


@routes.post(f"{ONE}/submit", needs=WRITE, feature=KNOWLEDGE_BASE, refuses=(StateConflict,))
def submit_article_version(call: Call, article_id: str, version_id: str) -> ArticleVersionOut:
    """Put a draft before somebody else."""
    return service.submit(call, article_id, version_id)


@routes.post(
    f"{ONE}/decision",
    needs=PUBLISH,
    feature=KNOWLEDGE_BASE,
    refuses=(StateConflict,),
    examples={"publish": {"decision": "publish"}},
)
def decide_on_article_version(
    call: Call, article_id: str, version_id: str, body: ArticleDecisionIn
) -> ArticleVersionOut:
    """Publish a version that somebody else has written, send it back, or take what is published out of the public.

    The version that was published in this language expires and stays readable for who writes.
    """
    return service.decide(call, article_id, version_id, body)
