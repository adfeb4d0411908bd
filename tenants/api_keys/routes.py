"""HTTP to use case: API keys."""

from chalicelib.call import Call
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.api_keys import service
from tenants.api_keys.schemas import ApiKeyIn, ApiKeyOut, ApiKeyShown
from tenants.kinds import API_KEY
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)


@routes.post("/api-keys", needs="keys:write")
def create_api_key(call: Call, body: ApiKeyIn) -> Created[ApiKeyShown]:
    """Create an API key.

    The key is shown once. It never has more than you have, and never reaches credentials.
    """
    return Created(service.create(call, body))


@routes.get("/api-keys", needs="keys:read", listing=API_KEY.listing)
def list_api_keys(call: Call, query: ListQuery) -> Listed[ApiKeyOut]:
    """List API keys."""
    return service.page(call, query)


@routes.get("/api-keys/{key_id}", needs="keys:read")
def get_api_key(call: Call, key_id: str) -> ApiKeyOut:
    """Get an API key."""
    return service.get(call, key_id)


@routes.delete("/api-keys/{key_id}", needs="keys:write")
def revoke_api_key(call: Call, key_id: str) -> None:
    """Revoke an API key; it is refused everywhere within 5 seconds."""
    service.revoke(call, key_id)
