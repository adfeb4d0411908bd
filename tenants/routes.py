"""The control plane's routes, all together: imported with the first request to it."""

from chalicelib.web.meta_routes import META_ROUTES
from chalicelib.web.routes import Routes
from tenants.api_keys.routes import routes as api_key_routes
from tenants.audit.routes import routes as audit_routes
from tenants.entitlements.routes import routes as entitlement_routes
from tenants.erasure.routes import routes as erasure_routes
from tenants.feature_overrides.routes import routes as feature_override_routes
from tenants.files.routes import routes as file_routes
from tenants.invitations.routes import routes as invitation_routes
from tenants.issuers.routes import routes as issuer_routes
from tenants.jobs.routes import routes as job_routes
from tenants.journal.routes import routes as journal_routes
from tenants.kill_switches.routes import routes as kill_switch_routes
from tenants.lifecycle.routes import routes as tenant_routes
from tenants.limits.routes import routes as limit_routes
from tenants.offboarding.routes import routes as offboarding_routes
from tenants.org_units.routes import routes as org_unit_routes
from tenants.own_roles.routes import routes as role_routes
from tenants.plans.routes import routes as plan_routes
from tenants.statements.routes import routes as statement_routes
from tenants.subscriptions.routes import routes as subscription_routes
from tenants.upkeep.routes import routes as upkeep_routes
from tenants.usage.routes import routes as usage_routes
from tenants.users.routes import routes as user_routes
from tenants.webhook_deliveries.routes import routes as webhook_delivery_routes
from tenants.webhooks.routes import routes as webhook_routes
from tenants.work.routes import routes as work_routes

ROUTES: tuple[Routes, ...] = (
    META_ROUTES,
    tenant_routes,
    offboarding_routes,
    erasure_routes,
    invitation_routes,
    user_routes,
    role_routes,
    api_key_routes,
    org_unit_routes,
    entitlement_routes,
    subscription_routes,
    feature_override_routes,
    kill_switch_routes,
    plan_routes,
    job_routes,
    journal_routes,
    upkeep_routes,
    webhook_routes,
    webhook_delivery_routes,
    file_routes,
    work_routes,
    usage_routes,
    statement_routes,
    limit_routes,
    audit_routes,
    issuer_routes,
)
