"""API keys on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from chalicelib.web.wire import Body, Resource
from tenants.schemas import Name

_MOST_SCOPES = 200  # more than all modules' permissions together


class ApiKeyIn(Body):
    """A new key: what it may, and until when (default: a year)."""

    name: Name
    scopes: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        min_length=1,
        max_length=_MOST_SCOPES,
        description="permissions, as in GET /v1/roles; only what you hold",
        examples=[["contacts:read"]],
    )
    expires_at: AwareDatetime | None = None


class ApiKeyOut(Resource):
    """A key; the key itself is shown once, when it is made. ``last_used_at`` is exact to about ten minutes."""

    name: str
    user_id: str
    scopes: list[str]
    expires_at: datetime
    last_used_at: datetime | None


class ApiKeyShown(ApiKeyOut):
    """A new key, the only time that it is shown."""

    api_key: str
