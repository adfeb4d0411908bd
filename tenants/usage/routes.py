"""HTTP to use case: usage."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from chalicelib.call import Call
from chalicelib.problems import Invalid
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.usage import service
from tenants.usage.rules import written_day
from tenants.usage.schemas import UsageOut

routes = Routes(MANIFEST.name)

Named = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# As text, a number would be a date too: seconds since 1970.
Day = Annotated[date, BeforeValidator(written_day)]
From = Annotated[Day | None, Field(alias="from")]


@routes.get("/usage", needs="usage:read", refuses=(Invalid,))
def get_usage(
    call: Call, from_: From = None, to: Day | None = None, module: Named | None = None, meter: Named | None = None
) -> UsageOut:
    """See what your tenant has used, by module, day and meter.

    ``from`` and ``to`` are days (UTC), both included, at most 100 of them; without them the last 30.
    """
    return service.usage(call, from_, to, module, meter)


@routes.get("/tenants/{tenant_id}/usage", needs="platform:tenants", refuses=(Invalid,))
def get_usage_of_tenant(
    call: Call,
    tenant_id: str,
    from_: From = None,
    to: Day | None = None,
    module: Named | None = None,
    meter: Named | None = None,
) -> UsageOut:
    """See what a tenant has used."""
    return service.usage(call, from_, to, module, meter, tenant_id)
