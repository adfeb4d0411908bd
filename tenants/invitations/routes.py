"""HTTP to use case: what an invited person does with the link."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.web.results import Created
from chalicelib.web.routes import Routes
from tenants.api_keys.schemas import ApiKeyShown
from tenants.invitations import service
from tenants.invitations.schemas import FirstKeyIn, SignInIn
from tenants.invitations.service import INVITATION
from tenants.manifest import MANIFEST
from tenants.users.schemas import UserOut

routes = Routes(MANIFEST.name)


@routes.post("/invitations/{link}/api-key", needs=INVITATION, refuses=(StateConflict,))
def take_first_api_key(call: Call, body: FirstKeyIn) -> Created[ApiKeyShown]:
    """Exchange an invitation for a first API key.

    The key is shown once. It works at once, and may all that the invited user may except for API keys.
    """
    key = service.exchange_for_key(call, body)
    return Created(key, f"/v1/api-keys/{key.id}")


@routes.post("/invitations/{link}/sign-in", needs=INVITATION, refuses=(StateConflict,))
def bind_sign_in(call: Call, body: SignInIn) -> UserOut:
    """Bind a sign-in to the invited user.

    The invitation stays good for this after it was exchanged for an API key.
    """
    return service.bind_sign_in(call, body)
