"""Routes of SLA policies."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.service_analysis.kinds import CONFIGURE, POLICY, READ, SLA
from modules.service_analysis.policies.schemas import SlaChoiceOut, SlaPolicyIn, SlaPolicyOut

if TYPE_CHECKING:
    from modules.service_analysis.policies import service
else:
    service = Late("modules.service_analysis.policies.service")

routes = Routes("service_analysis")
EXAMPLE = {
    "name": "Critical",
    "severities": ["critical"],
    "targets": {"first_response": {"within": "PT30M"}, "resolution": {"within": 14400}},
}


@routes.post(
    "/service/sla-policies", needs=CONFIGURE, feature=SLA, refuses=(StateConflict,), examples={"critical": EXAMPLE}
)
def create_sla_policy(call: Call, body: SlaPolicyIn) -> Created[SlaPolicyOut]:
    """Promise something for requests of some customer levels, a category, severities or priorities.

    Of the policies that apply to a request the one that asks for most things holds, then the one of the deepest
    category, then the one of the lowest rank. Clocks of open requests follow within a minute or two.
    """
    return service.create_policy(call, body)


@routes.get("/service/sla-policies", needs=READ, feature=SLA, listing=POLICY.listing)
def list_sla_policies(call: Call, query: ListQuery) -> Listed[SlaPolicyOut]:
    """List the tenant's SLA policies."""
    return service.list_policies(call, query)


@routes.get("/service/sla-policies/{policy_id}", needs=READ, feature=SLA)
def get_sla_policy(call: Call, policy_id: str) -> SlaPolicyOut:
    """Read an SLA policy."""
    return service.policy_out(service.get_policy(call, policy_id))


@routes.patch(
    "/service/sla-policies/{policy_id}",
    needs=CONFIGURE,
    feature=SLA,
    examples={"sooner": {"targets": {"resolution": {"within": "PT2H"}}}},
)
def update_sla_policy(call: Call, policy_id: str, body: Patch[SlaPolicyIn]) -> SlaPolicyOut:
    """Change what is promised, or retire it: clocks of open requests follow, and their pauses stay credited."""
    return service.update_policy(call, policy_id, body)


@routes.get("/requests/{request_id}/sla-policy", needs=READ, feature=SLA)
def explain_sla_policy(call: Call, request_id: str) -> SlaChoiceOut:
    """Read which policy holds for a request as it stands, and why each other one does not."""
    return service.explain_choice(call, request_id)
