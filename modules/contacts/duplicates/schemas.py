"""Likely duplicates on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Resource, Shown
from modules.contacts.merges.schemas import Choice, FieldName


class MemberOut(Shown):
    """A contact of a cluster."""

    id: str
    display_name: str


class PairOut(Shown):
    """Two of them: how sure it is, and what is alike."""

    contact_ids: Annotated[list[str], Field(min_length=2, max_length=2)]
    score: float = Field(description="probability, from 0 to 1")
    reasons: list[str] = Field(examples=[["name", "phone"]])


class ClusterOut(Resource):
    """Contacts that are likely to be one customer."""

    status: Literal["open", "merged", "dismissed"]
    score: float = Field(description="of the surest pair")
    members: list[MemberOut]
    pairs: list[PairOut]


class ClusterMergeIn(Body):
    """Which two of a cluster's members become one."""

    winner_id: str = Field(max_length=40)
    loser_id: str = Field(max_length=40)
    fields: dict[FieldName, Choice] = Field(default={}, max_length=100, description="as of a merge")
    dry_run: bool = False
