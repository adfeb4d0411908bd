"""Use cases of surveys."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.access.links import LinkToken, new_nonce, sign
from chalicelib.call import Call
from chalicelib.jobs.timers import Firing, remind
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Claim
from chalicelib.store.store import Store
from chalicelib.web.results import Listed
from modules.service_analysis.categories.service import tree_of
from modules.service_analysis.outages.service import holds_surveys
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import VERBS, Action, Status
from modules.service_analysis.requests.service import act_on
from modules.service_analysis.settings.service import settings_of
from modules.service_analysis.surveys import errors
from modules.service_analysis.surveys.records import OF_REQUEST, Survey
from modules.service_analysis.surveys.rules import (
    LIFE,
    PURPOSE,
    Ended,
    FollowUp,
    SurveyStatus,
    follow_up,
    is_asked,
    is_due_again,
)
from modules.service_analysis.surveys.schemas import SurveyAnswerIn, SurveyLinkOut, SurveyOut, SurveyQuestion

EXPIRY: Final = "service_analysis.survey_expiry"
_NUMBERS: Final = ("rating", "recommends")


def survey_out(record: Survey) -> SurveyOut:
    """The survey as the tenant's people read it: without what a link is made of."""
    held = record.held()
    values: dict[str, Any] = {name: held.get(name) for name in SurveyOut.model_fields}
    values |= {name: None if values[name] is None else int(values[name]) for name in _NUMBERS}
    values["area"] = str(record.area).strip("/").split("/") if record.area else []
    return SurveyOut.model_validate({**values, "version": int(record.version)})


def survey_of(store: Store, request_id: str) -> Survey | None:
    """The survey of a request, if there is one."""
    claim = store.get_item(Claim, keys.claim(store.boundary, OF_REQUEST, request_id))
    return store.get(Survey, claim.record) if claim else None


def ask(store: Store, request: ServiceRequest) -> None:
    """Stage the survey of a request that is closed; once for each closing, however often it is called."""
    closed_at = request.held().get("closed_at")
    if closed_at is None or not is_asked(_ended(request)):
        return
    survey, claim = survey_of(store, request.id), (OF_REQUEST, str(request.id))
    if survey is not None and not is_due_again(SurveyStatus(survey.status), survey.closed_at, closed_at):
        return
    new = survey is None
    survey = survey or Survey.fresh(store.clock(), request_id=request.id)
    survey.follow(request)
    survey.status, survey.nonce, survey.closed_at = SurveyStatus.WAITING.value, new_nonce(), closed_at
    # A link knows whole seconds.
    survey.expires_at = (store.clock() + LIFE).replace(microsecond=0)
    survey.handler_id = request.handler_id
    if new:
        store.create(survey, rerun_if_taken=claim)
    else:
        store.update(survey, verb="asked_again")
    remind(store, EXPIRY, survey.id, survey.expires_at, survey, versioned=False)


def _ended(request: ServiceRequest) -> Ended:
    return Ended(
        closed=request.status == Status.CLOSED,
        customer=bool(request.contact_id),
        merged=bool(request.merged_into),
        held=holds_surveys(request),
    )


def expire(firing: Firing) -> None:
    """Note that nobody has answered in time."""
    survey = firing.record
    if not isinstance(survey, Survey) or survey.status != SurveyStatus.WAITING:
        return
    if survey.expires_at <= firing.store.clock():
        survey.status, survey.nonce = SurveyStatus.EXPIRED.value, None
        firing.store.update(survey, verb="expired")


def list_surveys(call: Call, query: ListQuery) -> Listed[SurveyOut]:
    """A page of surveys."""
    page = list_records(call.store, Survey, query)
    return Listed([survey_out(each) for each in page.items], page.next_position, page.truncated)


def get_survey(call: Call, survey_id: str) -> Survey:
    """The survey of that id in the caller's tenant and scope; raises NotFound."""
    record = call.store.get(Survey, survey_id)
    if record is None:
        raise NotFound
    return record


def mint_link(call: Call, survey_id: str) -> SurveyLinkOut:
    """The customer's link; that somebody has it now is noted. Raises NotFound, StateConflict."""
    survey = get_survey(call, survey_id)
    nonce = survey.held().get("nonce")
    if survey.status != SurveyStatus.WAITING or nonce is None or survey.expires_at <= call.now:
        raise errors.not_waiting()
    token = LinkToken(PURPOSE, call.tenant_id, survey.id, survey.expires_at, nonce)
    call.note("survey.link_minted", survey.id)
    return SurveyLinkOut(link=sign(call.keyring, token), expires_at=survey.expires_at)


def question_of(call: Call) -> SurveyQuestion:
    """What the link's bearer is asked; raises NotFound for a link that counts no more."""
    return _question(call, _behind_link(call))


def _question(call: Call, survey: Survey) -> SurveyQuestion:
    title = tree_of(call.store).titles.get(str(survey.category))
    return SurveyQuestion(
        about=title.in_language(call.locale) if title else None,
        closed_on=survey.closed_at.astimezone(ZoneInfo(call.tenant.time_zone)).date(),
        expires_at=survey.expires_at,
        answered=survey.status == SurveyStatus.ANSWERED,
    )


def answer(call: Call, body: SurveyAnswerIn) -> SurveyQuestion:
    """Take the customer's answer, once; the request knows of it, and what a low one leads to, in the same transaction.

    Raises NotFound for a link that counts no more, StateConflict for a second answer.
    """
    survey = _behind_link(call)
    if survey.status == SurveyStatus.ANSWERED:
        raise errors.already_answered()
    request = call.store.get(ServiceRequest, survey.request_id)
    if request is None:
        raise NotFound
    survey.status, survey.answered_at = SurveyStatus.ANSWERED.value, call.now
    survey.rating, survey.recommends, survey.comment = body.rating, body.recommends, body.comment
    request.rating, request.recommends, request.rated_at = body.rating, body.recommends, call.now
    settings = settings_of(call.store)
    wish = FollowUp(settings.low_rating_leads_to)
    leads_to = follow_up(body.rating, settings.low_rating, wish, has_unit=bool(request.unit_path))
    verb = "rated"
    if leads_to is FollowUp.REOPEN:
        try:
            act_on(call, request, Action.REOPEN, note=body.comment)
            verb = VERBS[Action.REOPEN]
        except StateConflict:
            # It is open again already, or its days for that are over: somebody calls.
            leads_to = FollowUp.CALL_BACK if request.unit_path else None
    survey.follow_up = leads_to.value if leads_to else None
    call.store.update(survey, verb="answered")
    call.store.update(request, verb=verb)
    return _question(call, survey)


def _behind_link(call: Call) -> Survey:
    """The survey of the call's link, which names the link as one that counts. Raises NotFound."""
    link = call.link
    survey = call.store.get(Survey, link.record_id) if link else None
    if link is None or survey is None or survey.held().get("nonce") != link.nonce:
        raise NotFound
    return survey
