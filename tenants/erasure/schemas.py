"""Certificates on the wire."""

from typing import Any

from pydantic import Field

from chalicelib.web.wire import Resource


class CertificateOut(Resource):
    """That nothing of a tenant is left, signed.

    The signature is Ed25519 over the certificate's JSON with sorted keys and without spaces, in UTF-8.
    """

    certificate: dict[str, Any] = Field(description="what is certified; exactly this is signed")
    algorithm: str
    signature: str = Field(description="base64")
    public_key: str = Field(description="base64 of the 32 bytes")
    genuine: bool = Field(description="whether the signature verifies with a secret key of this deployment")
