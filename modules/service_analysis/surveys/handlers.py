"""What follows requests into their surveys, and surveys to the customer's page and to who calls back."""

from typing import Final

from chalicelib.changes.handling import Doors, Handling
from chalicelib.jobs.timers import Firing
from chalicelib.modules import Text
from chalicelib.store.following import follow
from chalicelib.work.asked import Source as Asking
from chalicelib.work.tasks import TaskWanted, ask_for_task
from modules.contacts.public import Entry, Source, tell
from modules.service_analysis.kinds import REQUEST, SATISFACTION, SURVEY
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.surveys import service
from modules.service_analysis.surveys.records import FOLLOWED, Survey
from modules.service_analysis.surveys.rules import FollowUp

CALL_BACKS: Final = "call_backs"
"""The queue, in the request's org unit, of those who have to be called."""
RATED: Final = Text("Satisfaction", "满意度")
CALL: Final = Text("Call back a dissatisfied customer", "回访不满意的客户")


def ask(handling: Handling) -> None:
    """Ask the customer of a request that was closed, while surveys are on; of an outage's when that lets go of it."""
    if handling.event.type == "request.updated" and "outage_stage" not in handling.event.changed:
        return
    request = handling.subject()
    standing = handling.background.directory.standing(handling.tenant)
    if standing is None or not standing.decide(handling.module, SATISFACTION).enabled:
        return
    if isinstance(request, ServiceRequest):
        service.ask(handling.store, request)


def keep_up(handling: Handling) -> None:
    """Let a survey be whose its request is, and be counted where that is."""
    request = handling.subject()
    if not isinstance(request, ServiceRequest) or not set(FOLLOWED) & set(handling.event.changed):
        return
    survey = service.survey_of(handling.store, request.id)
    if survey is not None:
        survey.follow(request)
        handling.store.update(survey)


def tell_survey(handling: Handling) -> None:
    """Show an answer on the customer's timeline; on another one's when it turns out to be theirs."""
    survey = handling.subject()
    if not isinstance(survey, Survey):
        return
    before = (handling.event.changed.get("contact_id") or [None])[0]
    contacts = handling.reading("contacts")
    if before and before != survey.contact_id and follow(contacts, "contact", str(before)) != survey.contact_id:
        tell(handling, Source(str(before), survey.id, int(survey.version)), None)
    show(handling, survey)


def show(doors: Doors, survey: Survey) -> None:
    """Stage the line of the timeline that tells of an answer; there is none before."""
    contact_id, answered_at = survey.held().get("contact_id"), survey.held().get("answered_at")
    if contact_id is None or answered_at is None:
        return
    title = f"{RATED.in_language(_locale(doors))}: {int(survey.rating)}/5"
    tell(
        doors,
        Source(contact_id, survey.id, int(survey.version)),
        Entry(SURVEY.name, title, answered_at, f"/v1/surveys/{survey.id}"),
    )


def call_back(handling: Handling) -> None:
    """Ask the people of the request's org unit to call a customer who is not satisfied."""
    survey = handling.subject()
    if not isinstance(survey, Survey) or survey.follow_up != FollowUp.CALL_BACK or not survey.unit_path:
        return
    source = Asking(f"{survey.id}.call_back", 1, REQUEST.name, survey.request_id, f"/v1/requests/{survey.request_id}")
    title = f"{CALL.in_language(_locale(handling))} ({int(survey.rating)}/5)"
    ask_for_task(handling, source, TaskWanted(title, survey.unit_path, queue=CALL_BACKS))


def expire(firing: Firing) -> None:
    """Note that nobody has answered in time."""
    service.expire(firing)


def _locale(doors: Doors) -> str:
    standing = doors.background.directory.standing(doors.tenant)
    return standing.locale if standing else "en"
