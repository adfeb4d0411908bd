"""Routes of surveys."""

from typing import TYPE_CHECKING

from chalicelib.access.needs import Link
from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import READ, SATISFACTION, SEND_SURVEYS, SURVEY
from modules.service_analysis.surveys.rules import LIFE, PURPOSE
from modules.service_analysis.surveys.schemas import SurveyAnswerIn, SurveyLinkOut, SurveyOut, SurveyQuestion

if TYPE_CHECKING:
    from modules.service_analysis.surveys import service
else:
    service = Late("modules.service_analysis.surveys.service")

routes = Routes("service_analysis")

SURVEY_LINK = Link(PURPOSE, ttl_hours=int(LIFE.total_seconds()) // 3600, uses=1)


@routes.get("/surveys", needs=READ, feature=SATISFACTION, listing=SURVEY.listing)
def list_surveys(call: Call, query: ListQuery) -> Listed[SurveyOut]:
    """List surveys: one for each request of a customer's that was closed."""
    return service.list_surveys(call, query)


@routes.get("/surveys/{survey_id}", needs=READ, feature=SATISFACTION)
def get_survey(call: Call, survey_id: str) -> SurveyOut:
    """Read a survey."""
    return service.survey_out(service.get_survey(call, survey_id))


@routes.post("/surveys/{survey_id}/link", needs=SEND_SURVEYS, feature=SATISFACTION, refuses=(StateConflict,))
def create_survey_link(call: Call, survey_id: str) -> SurveyLinkOut:
    """Make the link by which the customer answers, to send it to them.

    `survey.created` and `survey.asked_again` say when. Links of one closing are one: when it is answered or has expired
    none counts. That it was made is in the audit, for whoever has it can answer in the customer's place.
    """
    return service.mint_link(call, survey_id)


@routes.get("/surveys/links/{link}", needs=SURVEY_LINK, feature=SATISFACTION)
def get_survey_question(call: Call) -> SurveyQuestion:
    """Read what the customer is asked, by the link that was sent to them."""
    return service.question_of(call)


@routes.post(
    "/surveys/links/{link}",
    needs=SURVEY_LINK,
    feature=SATISFACTION,
    refuses=(StateConflict,),
    examples={"content": {"rating": 5, "recommends": 9}},
)
def answer_survey(call: Call, body: SurveyAnswerIn) -> SurveyQuestion:
    """Answer a survey, once, by the link that was sent to the customer.

    A low rating reopens the request or asks for a call-back, as `PUT /v1/service/settings` says.
    """
    return service.answer(call, body)
