"""The control plane: tenants, their people and credentials, and what each tenant has enabled."""

from chalicelib.access.crypto import Keyring
from chalicelib.access.jwks import JwksCache
from chalicelib.clock import Clock, utc_now
from chalicelib.modules import Catalogue
from chalicelib.settings import Settings
from tenants.directory import CoreDirectory
from tenants.manifest import MANIFEST

__all__ = ["MANIFEST", "build_directory"]


def build_directory(
    settings: Settings, keyring: Keyring, catalogue: Catalogue, jwks: JwksCache, clock: Clock = utc_now
) -> CoreDirectory:
    """The directory for the gate: where credentials and tenants are looked up. ``jwks`` is the gate's own cache."""
    return CoreDirectory(settings, keyring, catalogue, jwks, clock)
