"""Entries on the wire."""

from typing import Any, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Resource
from modules.service_analysis.requests.schemas import Id, LongText


class RequestEntryIn(Body):
    """A note for the staff, a reply to the customer, or a message of the customer's."""

    type: Literal["note", "reply", "message"] = "note"
    text: LongText = Field(examples=["We have refunded the second charge."])
    attachments: list[Id] = Field(default=[], max_length=10, description="ids of files that are whole")


class RequestEntryOut(Resource):
    """A line of a request's history. ``created_by`` has written it."""

    request_id: str
    type: Literal["note", "reply", "message", "step"]
    text: str | None
    action: str | None = Field(description="of a step: what was done")
    details: dict[str, Any] | None = Field(description="of a step: before and after, by field")
    attachments: list[str]
