"""Words of published texts as stored: each leads to its article."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Item
from modules.service_analysis.suggestions.rules import TextWords


class ArticleWord(Item, discriminator="article_word"):
    """One word of a published text. ``head`` and ``body`` are all its words, so that others are checked unread."""

    article_id = UnicodeAttribute()
    version_id = UnicodeAttribute()
    language = UnicodeAttribute()
    head = JsonAttribute()
    body = JsonAttribute()

    def words(self) -> TextWords:
        """All words of the text."""
        return TextWords(tuple(self.head), tuple(self.body))
