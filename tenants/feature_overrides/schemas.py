"""Feature overrides on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from chalicelib.web.wire import Body, Resource
from tenants.schemas import Reason

MOST_NAMED = 50

RoleName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
UnitId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class OverrideIn(Body):
    """A switch of a feature for everybody, and why; from ``expires_at`` on it no longer counts."""

    enabled: bool
    reason: Reason
    expires_at: AwareDatetime | None = None


class AudienceOverrideIn(OverrideIn):
    """The same for some: for who holds one of the roles, in one of the org units or below it; both when both are given.

    At least one role or unit.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"properties": {name: {"minItems": 1}}, "required": [name]} for name in ("roles", "org_unit_ids")]
        }
    )

    roles: list[RoleName] = Field(default=[], max_length=MOST_NAMED)
    org_unit_ids: list[UnitId] = Field(default=[], max_length=MOST_NAMED)


class OverrideOut(Resource):
    """A tenant's switch of a feature; without roles and units it is for everybody."""

    module: str
    feature: str
    enabled: bool
    reason: str
    roles: list[str]
    org_unit_ids: list[str]
    expires_at: datetime | None
