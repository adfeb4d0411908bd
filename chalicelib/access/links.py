"""Signed links: surveys, invitations, calendar feeds. `lnk_` and an encrypted, authenticated, url-safe text.

A link carries its tenant and one record, and works for one purpose until it expires: each purpose has its own derived
key, so a survey link can never be read as an invitation. Contents are encrypted, since links travel through mail
gateways, logs and referrers. How often a link was used is the store's matter; the nonce is there to count by.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.fernet import InvalidToken

from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError, Reason

_PREFIX = "lnk_"
_KEY_PURPOSE = "link"
_MAX_LENGTH = 2048  # characters; with two 30 character ids it is 225, and never above 1,200
_MAX_ID = 128  # characters of a tenant or record id; keeps every link that we sign below the length we read
_NONCE_BYTES = 12  # 96 bits: no two links meet
_NO_TIME = 0  # Fernet's own time stamp is not used: the expiry inside is what counts


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a signed link says."""

    purpose: str  # as the route declares it: `Link(purpose, …)`
    tenant_id: str
    record_id: str
    expires_at: datetime  # aware; whole seconds once signed, cut down; the link works strictly before it
    nonce: str  # identifies this link, for counting its uses


def new_nonce() -> str:
    """Return 16 random url-safe characters (96 bits)."""
    return secrets.token_urlsafe(_NONCE_BYTES)


def sign(keyring: Keyring, link: LinkToken) -> str:
    """Return the link's token, safe in paths and queries as it is, at most 1,200 characters.

    Raises ValueError when the expiry has no time zone, or purpose, an id or the nonce is empty, above 128 characters
    or not printable ASCII: mistakes of ours, not of a caller.
    """
    texts = (link.purpose, link.tenant_id, link.record_id, link.nonce)
    fit = all(0 < len(text) <= _MAX_ID and text.isascii() and text.isprintable() for text in texts)
    if not fit or link.expires_at.tzinfo is None:
        message = "a link needs an aware expiry, and printable ASCII texts of 1 to 128 characters"
        raise ValueError(message)
    payload = json.dumps(
        [link.tenant_id, link.record_id, int(link.expires_at.timestamp()), link.nonce], separators=(",", ":")
    )
    token = keyring.fernet(_KEY_PURPOSE, link.purpose).encrypt_at_time(payload.encode(), _NO_TIME)
    return _PREFIX + token.decode().rstrip("=")


def read(keyring: Keyring, token: str, purpose: str, now: datetime) -> LinkToken:
    """Read a link that a caller presents, for the purpose that the route declares, at the aware instant `now`.

    Raises CredentialError: prefix, length, malformed, signature (forged, or signed for another purpose: the two can't
    be told apart), expired. There is no leeway: we both signed and read it.
    """
    if not token.startswith(_PREFIX):
        raise CredentialError(Reason.PREFIX)
    if len(token) > _MAX_LENGTH:
        raise CredentialError(Reason.LENGTH)
    sealed = _canonical(token.removeprefix(_PREFIX))
    try:
        payload = keyring.fernet(_KEY_PURPOSE, purpose).decrypt(sealed)
    except InvalidToken as error:
        raise CredentialError(Reason.SIGNATURE) from error
    tenant_id, record_id, expires_s, nonce = json.loads(payload)
    expires_at = datetime.fromtimestamp(expires_s, UTC)
    if now >= expires_at:
        raise CredentialError(Reason.EXPIRED)
    return LinkToken(purpose, tenant_id, record_id, expires_at, nonce)


def _canonical(body: str) -> str:
    """Pad again, and refuse every spelling but the one that we produce.

    Fernet's decoder skips foreign characters and ignores the last character's spare bits, so that one link would have
    many spellings; whoever logs or blocks a link by its text must be able to rely on one.
    """
    padded = body + "=" * (-len(body) % 4)
    try:
        produced = urlsafe_b64encode(urlsafe_b64decode(padded)).decode().rstrip("=")
    except ValueError as error:  # binascii.Error, and non-ASCII text
        raise CredentialError(Reason.MALFORMED) from error
    if produced != body:
        raise CredentialError(Reason.MALFORMED)
    return padded
