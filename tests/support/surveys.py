"""Surveys as they come of requests that were closed, where no handler runs; and their links."""

from collections.abc import Callable
from typing import Any

from chalicelib.access.links import LinkToken, sign
from chalicelib.background import Background
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.surveys.records import Survey
from modules.service_analysis.surveys.rules import PURPOSE
from modules.service_analysis.surveys.service import ask, survey_of

Calling = Callable[[str, str, Any], Any]


def asked(background: Background, tenant_id: str, call: Calling, about: str = "Charged twice") -> Survey:
    """A request of a new customer that went all its way, and its survey."""
    customer = call("POST", "/v1/contacts", {"name": about})["id"]
    body = {"title": about, "description": about, "contact_id": customer}
    request_id = call("POST", "/v1/requests", body)["id"]
    for action in ("take", "start", "resolve", "confirm"):
        call("POST", f"/v1/requests/{request_id}/actions", {"action": action, "note": about})
    store = background.store("service_analysis", tenant_id, "test", "test")
    request = store.get(ServiceRequest, request_id)
    assert request is not None
    ask(store, request)
    store.commit()
    survey = survey_of(background.store("service_analysis", tenant_id, "test", "test"), request_id)
    assert survey is not None
    return survey


def link_to(background: Background, tenant_id: str, survey: Survey) -> str:
    """The link that the customer is sent."""
    token = LinkToken(PURPOSE, tenant_id, survey.id, survey.expires_at, str(survey.nonce))
    return sign(background.keyring, token)
