"""What can be wrong with an article."""

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import Invalid, StateConflict


def unknown_article() -> Invalid:
    """The article is not there, or not for this caller, or can't be read."""
    return unknown_reference("article_id", Text("There is no such published article.", "没有这样的已发布文章。"))


def not_solved() -> StateConflict:
    """There is nothing to tell others yet."""
    detail = Text(
        "An article is drafted from a request that is resolved, with a note of what has solved it.",
        "只有已解决且注明解决办法的请求才能转为文章。",
    )
    return StateConflict(detail, reason="not_solved")


def too_many(most: int) -> StateConflict:
    """So many articles don't solve one request."""
    return StateConflict(Text(f"A request has at most {most} articles.", f"每个请求最多关联 {most} 篇文章。"))


def too_many_languages(most: int) -> StateConflict:
    """An article's record names each language."""
    return StateConflict(Text(f"An article has at most {most} languages.", f"每篇文章最多 {most} 种语言。"))
