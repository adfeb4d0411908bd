"""Routes of suggestions."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import KNOWLEDGE_BASE, READ
from modules.service_analysis.suggestions.schemas import SuggestionList, SuggestionsIn

if TYPE_CHECKING:
    from modules.service_analysis.suggestions import service
else:
    service = Late("modules.service_analysis.suggestions.service")

routes = Routes("service_analysis")


@routes.post(
    "/articles/suggestions",
    needs=READ,
    feature=KNOWLEDGE_BASE,
    examples={"billing": {"text": "I was charged twice in April", "language": "en"}},
)
def suggest_articles(call: Call, body: SuggestionsIn) -> SuggestionList:
    """Suggest published articles while a request is typed, the best one first.

    What counts are the eight words of the text that say most (three points in a title or among its terms, one in a
    body; twice and three times as much where few texts have the word) and the category (four points); of equal ones the
    newest comes first.
    """
    return service.suggest(call, body)
