"""The control plane: tenants, their people and credentials, and what each tenant has enabled."""

from chalicelib.access.crypto import Keyring
from chalicelib.access.jwks import JwksCache
from chalicelib.clock import Clock, utc_now
from chalicelib.modules import Catalogue
from chalicelib.settings import Settings
from chalicelib.web.routes import Routes
from tenants.api_keys.routes import routes as api_key_routes
from tenants.directory import CoreDirectory
from tenants.files.routes import routes as file_routes
from tenants.invitations.routes import routes as invitation_routes
from tenants.jobs.routes import routes as job_routes
from tenants.journal.routes import routes as journal_routes
from tenants.lifecycle.routes import routes as tenant_routes
from tenants.manifest import MANIFEST
from tenants.org_units.routes import routes as org_unit_routes
from tenants.subscriptions.routes import routes as subscription_routes
from tenants.upkeep.routes import routes as upkeep_routes
from tenants.users.routes import routes as user_routes

__all__ = ["MANIFEST", "ROUTES", "build_directory"]

ROUTES: tuple[Routes, ...] = (
    tenant_routes,
    invitation_routes,
    user_routes,
    api_key_routes,
    org_unit_routes,
    subscription_routes,
    job_routes,
    journal_routes,
    upkeep_routes,
    file_routes,
)


def build_directory(
    settings: Settings, keyring: Keyring, catalogue: Catalogue, jwks: JwksCache, clock: Clock = utc_now
) -> CoreDirectory:
    """The directory for the gate: where credentials and tenants are looked up. ``jwks`` is the gate's own cache."""
    return CoreDirectory(settings, keyring, catalogue, jwks, clock)
