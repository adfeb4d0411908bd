"""Routes of settings."""

from chalicelib.call import Call
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import CONFIGURE, READ
from modules.service_analysis.settings import service
from modules.service_analysis.settings.schemas import ServiceSettingsIn, ServiceSettingsOut

routes = Routes("service_analysis")


@routes.get("/service/settings", needs=READ)
def get_service_settings(call: Call) -> ServiceSettingsOut:
    """Read how long requests can be reopened, when they close by themselves, and what low ratings lead to."""
    return service.settings_of(call.store)


@routes.put("/service/settings", needs=CONFIGURE, examples={"longer": {"reopen_days": 30, "close_after_days": 14}})
def replace_service_settings(call: Call, body: ServiceSettingsIn) -> ServiceSettingsOut:
    """Settle how long requests can be reopened, when they close by themselves, and what low ratings lead to."""
    return service.replace_settings(call, body)
