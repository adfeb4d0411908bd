"""The certificate of a person's erasure: what it says, and its signature (chalicelib/access/signed.py). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.access.crypto import Keyring
from chalicelib.access.signed import is_signed, public_key_of, signature_of

ALGORITHM: Final = "Ed25519"
_PURPOSE: Final = "subject_erasure_certificate"
# As many as a certificate names one by one; all are counted.
NAMED_FILES: Final = 500

KEPT: Final = {
    "figures": (
        "Amounts that were billed and paid, by month, as accounting law has them kept: under a random pseudonym, "
        "without a line, a number, a time of writing or anything else that leads to the person."
    ),
    "events_and_audit": (
        "That records were created, changed and deleted, when and by whom, under ids that name nobody any more. "
        "Personal values in them are encrypted under the person's key, which is destroyed."
    ),
    "certificate": "This certificate, with the erased contact's id, so that what comes late brings nobody back.",
}
_AFRESH: Final = (
    "No digest of the person is kept: whoever loads an old file, or a feed that still names the person, creates a new "
    "customer."
)
_NAMESAKES: Final = (
    "Texts of other records are found by their link to the person, and by the person's numbers, addresses and ids; by "
    "the name alone they can not be told apart from those of a namesake."
)
_FILES: Final = (
    "Files that may hold the person are deleted whole, with whomever else they hold. What was downloaded before, or "
    "sent to webhooks, is out of reach."
)
_BACKUPS: Final = "Backups (point-in-time recovery, 35 days at most) run out by themselves."
LIMITS: Final = (_AFRESH, _NAMESAKES, _FILES, _BACKUPS)


def certificate_of(facts: Mapping[str, Any], kept_months: int) -> dict[str, Any]:
    """What is certified."""
    kept = {name: text for name, text in KEPT.items() if name != "figures" or kept_months}
    return {**facts, "found_afterwards": 0, "kept_months": kept_months, "kept": kept, "limits": list(LIMITS)}


def sign(keyring: Keyring, certificate: Mapping[str, Any]) -> tuple[str, str]:
    """The signature and the public key that verifies it."""
    seed = keyring.derived(_PURPOSE)[0]
    return signature_of(certificate, seed), public_key_of(seed)


def is_genuine(keyring: Keyring, certificate: Mapping[str, Any], signature: str) -> bool:
    """Whether this deployment has signed exactly this, with a secret key that it still has."""
    publics = map(public_key_of, keyring.derived(_PURPOSE))
    return any(is_signed(certificate, signature, public) for public in publics)
