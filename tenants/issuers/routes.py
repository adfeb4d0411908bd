"""HTTP to use case: issuers."""

from chalicelib.call import Call
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.issuers import service
from tenants.issuers.errors import IssuerTaken
from tenants.issuers.schemas import IssuerIn, IssuerOut
from tenants.kinds import ISSUER
from tenants.manifest import MANIFEST

READ = "issuers:read"
WRITE = "issuers:write"

routes = Routes(MANIFEST.name)


@routes.post("/issuers", needs=WRITE, refuses=(IssuerTaken, StateConflict))
def register_issuer(call: Call, body: IssuerIn) -> Created[IssuerOut]:
    """Register an issuer of access tokens.

    Its tokens speak for people of your tenant alone, once an invitation has bound them. No other tenant can register it
    as long as you have it.
    """
    return Created(service.register(call, body))


@routes.get("/issuers", needs=READ, listing=ISSUER.listing)
def list_issuers(call: Call, query: ListQuery) -> Listed[IssuerOut]:
    """List issuers."""
    return service.page(call, query)


@routes.get("/issuers/{issuer_id}", needs=READ, refuses=(NotFound,))
def get_issuer(call: Call, issuer_id: str) -> IssuerOut:
    """Get an issuer."""
    return service.get(call, issuer_id)


@routes.delete("/issuers/{issuer_id}", needs=WRITE)
def delete_issuer(call: Call, issuer_id: str) -> None:
    """Delete an issuer; its tokens are refused everywhere within 5 seconds."""
    service.delete(call, issuer_id)
