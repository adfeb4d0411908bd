"""Invitations on the wire."""

from pydantic import Field

from chalicelib.web.wire import Body
from tenants.schemas import Name


class FirstKeyIn(Body):
    """What the first API key is to be called."""

    name: Name = "First key"


class SignInIn(Body):
    """Proof of who the invited person is: an access token of a trusted issuer."""

    token: str = Field(min_length=1, max_length=8192)
