"""The tenant's choices about contacts on the wire."""

from typing import Literal

from pydantic import Field

from chalicelib.web.wire import Body, Shown


class ContactSettingsIn(Body):
    """Which values no two contacts may share."""

    unique_email: bool = False
    unique_phone: bool = False


class KeyConflict(Shown):
    """A contact that shares a value with one that holds it as its key."""

    key: Literal["email", "phone"]
    contact_id: str
    held_by: str


class ContactSettingsOut(Shown):
    """The choices, and how far they are in force."""

    unique_email: bool
    unique_phone: bool
    status: Literal["settled", "claiming"] = Field(
        description="claiming: what contacts had before is being claimed; a new contact may still share that meanwhile"
    )
    job_id: str | None = Field(description="the job that claims")
    conflict_count: int = Field(
        description="contacts that share a value with the one that holds it: merge or edit them"
    )
    conflicts: list[KeyConflict] = Field(description="the first 100 of them")
