"""Issuers on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.web.wire import Body, Resource

_MOST = 255  # what a token's `iss` may have (access/tokens.py)
Visible = Annotated[str, StringConstraints(min_length=1, max_length=_MOST, pattern=r"^[!-~]+$")]


class IssuerIn(Body):
    """An issuer of your own: its URL exactly as tokens name it in `iss`."""

    url: Visible = Field(examples=["https://id.example.com/"])
    jwks_url: Visible = Field(
        description="where its public keys stand: https, on the public Internet",
        examples=["https://id.example.com/.well-known/jwks.json"],
    )
    type: Literal["oidc", "cognito"] = Field(
        default="oidc", description="oidc: `aud` must be the audience; cognito: `token_use` access, and `client_id`"
    )
    audience: Visible = Field(description="for cognito the app client's id", examples=["switchboard"])


class IssuerOut(Resource):
    """A registered issuer."""

    url: str
    jwks_url: str
    type: Literal["oidc", "cognito"]
    audience: str
