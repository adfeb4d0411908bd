"""What tests of segments say often."""

from __future__ import annotations

from typing import Any, Final

from tests.support.application import Client
from tests.support.backstage import Backstage
from tests.support.visits import made

ACTIVE: Final = {"attribute": "status", "is": "active"}


def contact(client: Client, **more: Any) -> str:
    """The id of a new contact."""
    return made(client.call("POST", "/v1/contacts", {"name": "José", **more}))


def segment(behind: Backstage, client: Client, rule: Any = ACTIVE, name: str = "Segment") -> str:
    """The id of a new segment with a rule, built."""
    answer = client.call("POST", "/v1/segments", {"name": name, "rule": rule})
    assert answer.status == 201, answer  # noqa: PLR2004 - Created
    assert answer.body["status"] == "building"
    behind.work()
    shown = client.call("GET", f"/v1/segments/{answer.body['id']}").body
    assert shown["status"] == "ready", shown
    return str(answer.body["id"])


def members(client: Client, segment_id: str, query: str = "") -> list[str]:
    """The ids of the members on a page."""
    answer = client.call("GET", f"/v1/segments/{segment_id}/members{query}")
    assert answer.status == 200, answer  # noqa: PLR2004 - OK
    return [str(each["contact"]["id"]) for each in answer.body["items"]]


def size(client: Client, segment_id: str) -> Any:
    """How many members the caller is told of."""
    return client.call("GET", f"/v1/segments/{segment_id}").body["size"]


def history(client: Client, segment_id: str) -> list[tuple[str, str]]:
    """Who joined and left, the newest first."""
    found = client.call("GET", f"/v1/segments/{segment_id}/history").body["items"]
    return [(each["contact_id"], each["change"]) for each in found]


def told(behind: Backstage, client: Client) -> dict[str, Any]:
    """Memberships and sizes as they stand, without when that was."""
    standing: dict[str, Any] = {}
    for raw in behind.of("contacts", "segment_membership", "segment_size"):
        if not raw["pk"]["S"].startswith(client.tenant_id):
            continue
        if raw["kind"]["S"] == "segment_size":
            at = f"{raw['pk']['S']} {raw['unit_path']['S']}"
            standing[at] = standing.get(at, 0) + int(raw["n"]["N"])
        else:
            at = f"{raw['segment_id']['S']} {raw['contact_id']['S']}"
            standing[at] = raw.get("unit_path", {}).get("S")
    return {at: each for at, each in standing.items() if each != 0}
