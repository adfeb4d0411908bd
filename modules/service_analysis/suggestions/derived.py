"""From a version to the words that it is found by. Pure."""

from typing import Final

from chalicelib.access.principal import Standing
from chalicelib.store import keys
from modules.service_analysis.kinds import WORD
from modules.service_analysis.suggestions.records import ArticleWord
from modules.service_analysis.suggestions.rules import words_of
from modules.service_analysis.versions.records import ArticleVersion
from modules.service_analysis.versions.rules import VersionStatus

CLASS: Final = "word"


def postings_of(version: ArticleVersion, standing: Standing | None = None) -> list[ArticleWord]:
    """The words by which a version is found: while it is published, by none before and after."""
    del standing
    if version.status != VersionStatus.PUBLISHED:
        return []
    words = words_of(version.title, version.terms or (), version.body)
    tenant = version.stands_at().pk.tenant
    return [
        ArticleWord(
            article_id=version.article_id,
            version_id=version.id,
            language=version.language,
            head=list(words.head),
            body=list(words.body),
        ).put_at(keys.posting(tenant, WORD.name, CLASS, word, version.id))
        for word in (*words.head, *words.body)
    ]
