"""Articles as stored: each is the root of its own partition, in which its versions and its tally stand."""

from typing import Any, Final

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store import keys
from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.records import Item, Record
from modules.service_analysis.articles.rules import Visibility, visibility
from modules.service_analysis.kinds import ARTICLE, TALLY

IN_CATEGORY: Final = "article_in_category"


class Article(Record, discriminator="article"):
    """What the versions of an article have in common. ``settle`` says who may read it, and in which languages.

    ``published``: by language the version that can be read, with its number, title and times. ``numbers``: by language
    the number of the newest version.
    """

    KIND = ARTICLE

    category = UnicodeAttribute(null=True)
    staff_only = BooleanAttribute(default=False)
    visibility = UnicodeAttribute(default=Visibility.UNPUBLISHED.value)
    published = JsonAttribute(null=True)
    languages = JsonAttribute(null=True)
    numbers = JsonAttribute(null=True)
    from_request = UnicodeAttribute(null=True)

    def state(self) -> str:
        """Listed by who may read it."""
        return str(self.visibility)

    def settle(self, published: dict[str, Any]) -> None:
        """Have these texts published; who may read it, and in which languages, follows."""
        self.published, self.languages = published or None, sorted(published) or None
        self.visibility = visibility(published=bool(published), staff_only=bool(self.staff_only)).value

    def lookups(self) -> frozenset[tuple[str, str]]:
        """Its category's."""
        return frozenset({(IN_CATEGORY, str(self.category))} if self.category else ())


class Tally(Item, discriminator="article_tally"):
    """How often an article was helpful, was not, and has solved a request: only ever added to."""

    helpful = NumberAttribute(default=0)
    not_helpful = NumberAttribute(default=0)
    solved = NumberAttribute(default=0)

    @classmethod
    def place_of(cls, tenant: str, article_id: str) -> Key:
        """Beside the article."""
        return keys.record(tenant, ARTICLE.name, article_id, TALLY.name)

    @classmethod
    def addition(cls, tenant: str, article_id: str, name: str, number: int) -> Action:
        """The addition to one of the figures; many may add at the same time."""
        at = cls.place_of(tenant, article_id)
        empty = {each: value for each, value in cls().put_at(at).raw().items() if each not in FIGURES}
        return Action(at, empty, add={name: number})


FIGURES: Final = ("helpful", "not_helpful", "solved")
