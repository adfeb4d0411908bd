"""HTTP to use case: a tenant's switches of features."""

from chalicelib.call import Call
from chalicelib.web.results import Created, Listed
from chalicelib.web.routes import Routes
from tenants.feature_overrides import service
from tenants.feature_overrides.errors import TooManyOverrides
from tenants.feature_overrides.schemas import AudienceOverrideIn, OverrideIn, OverrideOut
from tenants.manifest import MANIFEST

routes = Routes(MANIFEST.name)

_FOR_ALL = {"on": {"enabled": True, "reason": "The training is over"}}
_FOR_SOME = {"a role": {"enabled": True, "reason": "They try it first", "roles": ["marketer"]}}


@routes.put("/modules/{module}/features/{feature}", needs="tenant:admin", examples=_FOR_ALL)
def override_feature(call: Call, module: str, feature: str, body: OverrideIn) -> OverrideOut:
    """Switch a feature on or off for everybody in your tenant."""
    return service.switch(call, module, feature, body)


@routes.delete("/modules/{module}/features/{feature}", needs="tenant:admin")
def end_feature_override(call: Call, module: str, feature: str) -> None:
    """End a feature's switch for everybody: plan and catalogue decide again."""
    service.end(call, module, feature)


@routes.post(
    "/modules/{module}/features/{feature}/overrides",
    needs="tenant:admin",
    examples=_FOR_SOME,
    refuses=(TooManyOverrides,),
)
def create_feature_override(call: Call, module: str, feature: str, body: AudienceOverrideIn) -> Created[OverrideOut]:
    """Switch a feature for roles or org units.

    Of several that fit a caller the most specific counts: the deepest org unit, then roles, then everybody; of equal
    ones the one that was set last.
    """
    return Created(service.create(call, module, feature, body))


@routes.get("/modules/{module}/features/{feature}/overrides", needs="modules:read")
def list_feature_overrides(call: Call, module: str, feature: str) -> Listed[OverrideOut]:
    """List all switches of a feature, expired ones too."""
    return service.page(call, module, feature)


@routes.get("/modules/{module}/features/{feature}/overrides/{override_id}", needs="modules:read")
def get_feature_override(call: Call, module: str, feature: str, override_id: str) -> OverrideOut:
    """Get a switch of a feature."""
    return service.get(call, module, feature, override_id)


@routes.delete("/modules/{module}/features/{feature}/overrides/{override_id}", needs="tenant:admin")
def delete_feature_override(call: Call, module: str, feature: str, override_id: str) -> None:
    """Take away a switch of a feature."""
    service.end(call, module, feature, override_id)
