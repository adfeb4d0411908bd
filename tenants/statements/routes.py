"""HTTP to use case: statements."""

from typing import Annotated

from pydantic import StringConstraints

from chalicelib.call import Call
from chalicelib.problems import Invalid
from chalicelib.web.routes import Routes
from tenants.manifest import MANIFEST
from tenants.statements import service
from tenants.statements.schemas import StatementOut

routes = Routes(MANIFEST.name)

Month = Annotated[str, StringConstraints(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$")]


@routes.get("/usage/statement", needs="usage:read", refuses=(Invalid,))
def get_statement(call: Call, month: Month | None = None) -> StatementOut:
    """Get what a month costs: ``2026-03``, or the present one.

    A line for each module's monthly fee and for each meter that it used, by the price list of its plan. What the
    control plane did is priced by your highest plan. Days and months are those of UTC.
    """
    return service.statement(call, month)
