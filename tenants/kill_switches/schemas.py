"""Kill switches on the wire."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from chalicelib.web.wire import Body, Resource
from tenants.kill_switches.rules import SwitchMode
from tenants.schemas import Reason


class KillSwitchIn(Body):
    """What is switched, and why; from ``expires_at`` on it no longer counts."""

    mode: SwitchMode = Field(default=SwitchMode.OFF, description="off, or only to be read")
    reason: Reason
    expires_at: AwareDatetime | None = None


class KillSwitchOut(Resource):
    """A switch over all tenants: of a module, or of one of its features."""

    target: str
    module: str
    feature: str | None
    mode: SwitchMode
    reason: str
    expires_at: datetime | None
    in_force: bool
