"""Merges on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.jobs.schemas import JobOut
from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.people.schemas import ContactOut

Choice = Literal["winner", "loser", "both"]
FieldName = Annotated[str, Field(max_length=64)]


class MergeIn(Body):
    """Which contact is made one with the one in the path, and whose values count."""

    loser_id: str = Field(max_length=40, description="the contact that is no more; its id leads to the winner")
    fields: dict[FieldName, Choice] = Field(
        default={},
        max_length=100,
        description="whose value a field has; without a choice lists are united, and otherwise the winner's value "
        "stays, or the loser's where the winner has none",
        examples=[{"name": "loser", "emails": "both"}],
    )
    dry_run: bool = Field(default=False, description="only say what would come of it")


class FieldConflict(Shown):
    """A field of which both have a value, and not the same."""

    field: str
    taken: Choice


class LeftOut(Shown):
    """Values that find no place: a contact has so many at most."""

    field: str
    count: int


class ChildCount(Shown):
    """What stands with the loser and is re-pointed."""

    kind: str
    count: int


class MergePlanOut(Shown):
    """What comes of a merge, or would: the winner with its values, and the job that re-points everything.

    A dry run's job counts what the other modules would re-point, in its result.
    """

    dry_run: bool
    merge_id: str | None
    loser_id: str
    winner: ContactOut
    conflicts: list[FieldConflict]
    left_out: list[LeftOut]
    children: list[ChildCount]
    more_children: bool = Field(description="there are more than were counted here: 1,000")
    job: JobOut


class MergeOut(Resource):
    """A merge, as everybody reads it."""

    contact_id: str = Field(description="the winner")
    loser_id: str
    status: Literal["moving", "merged", "unmerging", "unmerged"]
    job_id: str | None
    undone_until: datetime = Field(description="until when it can be undone")
    kept: list[str] = Field(description="fields of the winner that were edited since, and stayed when it was undone")
    moved: int | None = Field(description="how many items have been re-pointed")
