"""Holdings on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.web.wire import Shown

NumberName = Literal["msisdn", "iccid", "imsi", "account"]


class HoldingOut(Shown):
    """Who held a number, from ``since`` on, up to but not with ``until``."""

    name: NumberName
    value: str
    contact_id: str
    line_id: str
    since: datetime
    until: datetime | None = Field(description="null while it is held")
