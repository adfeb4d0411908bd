"""Events on the wire (api.md, Events)."""

from datetime import datetime

from pydantic import Field

from chalicelib.web.wire import Shown


class EventOut(Shown):
    """One change of a record: which, by whom, and the names of the fields that changed."""

    id: str
    type: str = Field(examples=["contact.updated"])
    subject: str
    actor: str
    time: datetime
    version: int = Field(description="of the subject, after the change")
    changed: list[str]
