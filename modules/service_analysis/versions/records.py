"""Versions as stored: in their article's partition."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
from modules.service_analysis.kinds import ARTICLE, VERSION
from modules.service_analysis.versions.rules import VersionStatus


class ArticleVersion(Record, discriminator="article_version"):
    """A text of an article in one language. ``writers`` are the users who have written at it."""

    KIND = VERSION

    article_id = UnicodeAttribute()
    language = UnicodeAttribute()
    number = NumberAttribute()
    title = UnicodeAttribute()
    body = UnicodeAttribute()
    terms = JsonAttribute(null=True)
    status = UnicodeAttribute(default=VersionStatus.DRAFT.value)
    writers = JsonAttribute()
    decided_by = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    published_at = UTCDateTimeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    expired_at = UTCDateTimeAttribute(null=True)

    @classmethod
    def place_of(cls, tenant: str, article_id: str, version_id: str) -> Key:
        """Beside the article."""
        return keys.record(tenant, ARTICLE.name, article_id, VERSION.name, version_id)

    def key(self, tenant: str) -> Key:
        """Beside the article."""
        return self.place_of(tenant, self.article_id, self.id)

    def claimant(self) -> str:
        """The article's id leads to it."""
        return f"{self.article_id}/{self.id}"

    def state(self) -> str:
        """Listed by status: what waits for a second pair of eyes."""
        return str(self.status)
