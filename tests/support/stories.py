"""Lives of contacts and their visits, and the upkeep of what follows from them."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import Any

from tests.support.application import Client
from tests.support.backstage import Backstage
from tests.support.visits import made, visit

PURPOSES, MOODS, OUTLETS = ("buy", "ask", "return"), ("good", "fair", "bad"), ("centre", "airport", "old#town")


class Story:
    """A seeded life of some contacts and their visits. ``visits`` are those that are left, as they were last sent."""

    def __init__(self, client: Client, seed: int, contacts: int = 3, visits: int = 5) -> None:
        """Live it."""
        self.client, self.chance = client, random.Random(seed)
        self.contacts = [made(client.call("POST", "/v1/contacts", self.contact())) for _ in range(contacts)]
        self.visits: dict[str, dict[str, Any]] = {}
        for _ in range(visits):
            body = self.visit()
            self.visits[made(client.call("POST", "/v1/visits", body))] = body
        for each in list(self.visits) + self.chance.sample(list(self.visits), visits // 2):
            self.change(each)
        for each in self.contacts:
            if self.chance.choice((True, False)):
                self.patch(each)

    def contact(self) -> dict[str, Any]:
        """What a contact might say."""
        return {"name": f"n{self.chance.random()}", "status": self.chance.choice(("active", "churned"))}

    def visit(self) -> dict[str, Any]:
        """What a visit might say."""
        return visit(
            self.chance.choice(self.contacts),
            outlet=self.chance.choice(OUTLETS),
            purpose=self.chance.choice(PURPOSES),
            mood=self.chance.choice(MOODS),
            title=" ".join(self.chance.sample(("sim", "bill", "phone", "roaming"), 2)),
            minutes=self.chance.choice((0, 1, 5, 240)),
            spent=self.chance.choice(("0", "19.90", "-5.00")),
            day=self.chance.randint(-20, 20),
        )

    def change(self, each: str) -> None:
        """Replace or delete a visit, or leave it."""
        if each not in self.visits:
            return
        match self.chance.choice(("replace", "touch", "delete", "leave")):
            case "replace":
                body = {**self.visit(), "contact_id": self.visits[each]["contact_id"]}
                body["void"] = self.chance.choice((True, False, False))
            case "touch":
                body = {**self.visits[each], "mood": self.chance.choice(MOODS)}
            case "delete":
                answer = self.client.call("DELETE", f"/v1/visits/{each}")
                assert answer.status == HTTPStatus.NO_CONTENT, answer
                del self.visits[each]
                return
            case _:
                return
        answer = self.client.call("PUT", f"/v1/visits/{each}", body)
        assert answer.status == HTTPStatus.OK, answer
        self.visits[each] = body

    def patch(self, each: str) -> None:
        """Change a contact."""
        answer = self.client.call("PATCH", f"/v1/contacts/{each}", self.contact())
        assert answer.status == HTTPStatus.OK, answer

    @property
    def valid(self) -> list[dict[str, Any]]:
        """The visits that were no mistake."""
        return [each for each in self.visits.values() if not each.get("void")]


def rebuild(behind: Backstage, client: Client, *modules: str) -> None:
    """Rebuild what follows from the modules' records, without a failure."""
    for module in modules:
        job = behind.job(client, client.call("POST", f"/v1/modules/{module}/rebuild", {}))
        assert (job["state"], job["result"]["failed"]) == ("succeeded", []), job


def recount(behind: Backstage, client: Client, module: str) -> Any:
    """What a recount of the module's cells finds."""
    job = behind.job(client, client.call("POST", f"/v1/modules/{module}/recount", {}))
    assert job["state"] == "succeeded", job
    return job["result"]
