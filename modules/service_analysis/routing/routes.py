"""Routes of routing."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import CONFIGURE, READ, ROUTING_RULE, WRITE
from modules.service_analysis.requests.schemas import RequestIn
from modules.service_analysis.routing.schemas import RoutingExplained, RoutingRuleIn, RoutingRuleOut

if TYPE_CHECKING:
    from modules.service_analysis.routing import service
else:
    service = Late("modules.service_analysis.routing.service")

routes = Routes("service_analysis")


@routes.post("/service/routing-rules", needs=CONFIGURE, feature="routing", refuses=(StateConflict,))
def create_routing_rule(call: Call, body: RoutingRuleIn) -> Created[RoutingRuleOut]:
    """Say which requests go to which queue, and how who gets them is chosen."""
    return service.create_rule(call, body)


@routes.get("/service/routing-rules", needs=READ, feature="routing", listing=ROUTING_RULE.listing)
def list_routing_rules(call: Call, query: ListQuery) -> Listed[RoutingRuleOut]:
    """List routing rules."""
    return service.list_rules(call, query)


@routes.get("/service/routing-rules/{rule_id}", needs=READ, feature="routing")
def get_routing_rule(call: Call, rule_id: str) -> RoutingRuleOut:
    """Read a routing rule."""
    return service.rule_out(service.get_rule(call, rule_id))


@routes.patch("/service/routing-rules/{rule_id}", needs=CONFIGURE, feature="routing", examples={"first": {"rank": 0}})
def update_routing_rule(call: Call, rule_id: str, body: Patch[RoutingRuleIn]) -> RoutingRuleOut:
    """Change a routing rule. Requests that come from 5 s later on follow it."""
    return service.update_rule(call, rule_id, body)


@routes.delete("/service/routing-rules/{rule_id}", needs=CONFIGURE, feature="routing")
def delete_routing_rule(call: Call, rule_id: str) -> None:
    """Delete a routing rule."""
    service.delete_rule(call, rule_id)


@routes.post(
    "/service/routing/dry-run",
    needs=WRITE,
    feature="routing",
    examples={"complaint": {"type": "complaint", "title": "Charged twice in April", "area": ["Georgia", "Acworth"]}},
)
def explain_routing(call: Call, body: RequestIn) -> RoutingExplained:
    """Say where a request would go and who would get it if it were opened now, and why not elsewhere.

    Nothing is opened, and nobody's turn is taken.
    """
    return service.explain(call, body)
