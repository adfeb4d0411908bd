"""A tenant with an org tree, people in it and records of several kinds, and what each of them sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Final

from chalicelib.changes.handling import Doors
from chalicelib.jobs.worker import Worker
from chalicelib.work.metrics import MetricPost, post_metric
from tests.support.application import Answer, Client
from tests.support.backstage import Backstage
from tests.support.control_plane import RealHouse, person
from tests.support.visits import made

_numbers = count(1)
LISTED: Final = ("contacts", "lines", "work/tasks", "users", "org-units")


@dataclass
class Tree:
    """root → west → town → quarter, root → east; in each unit a manager of its subtree and a record of every kind.

    ``stood`` says of each record in which unit it stands.
    """

    whole: Backstage
    admin: Client
    units: dict[str, str] = field(default_factory=dict)
    above: dict[str, str] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    held: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    def grow(self) -> Tree:
        """Make all of it."""
        self.units["root"] = self.admin.call("GET", "/v1/me").body["org_unit_id"]
        self.above["root"] = ""
        for name, parent in (("west", "root"), ("east", "root"), ("town", "west"), ("quarter", "town")):
            self.unit(name, parent)
        for name in list(self.units)[1:]:
            self.furnish(name)
        self.whole.catch_up()
        return self

    def unit(self, name: str, parent: str) -> None:
        """A unit below another one."""
        body = {"name": name, "parent_id": self.units[parent]}
        self.units[name] = made(self.admin.call("POST", "/v1/org-units", body))
        self.above[name] = parent

    def furnish(self, name: str) -> None:
        """A manager and a record of every kind in the unit."""
        at = {"org_unit_id": self.units[name]}
        mail = f"manager{next(_numbers)}@example.com"
        who = {"name": f"Manager of {name}", "email": mail, "role": "department_manager", **at}
        self.managers[name] = made(self.admin.call("POST", "/v1/users", who))
        self.emails[name] = f"{name}@example.com"
        contact = made(
            self.admin.call("POST", "/v1/contacts", {"name": f"Zoe {name}", "emails": [self.emails[name]], **at})
        )
        line = made(self.admin.call("POST", f"/v1/contacts/{contact}/lines", {"product": "5G"}))
        touch = {"channel": "phone", "direction": "inbound", "title": "Asks"}
        made(self.admin.call("POST", f"/v1/contacts/{contact}/interactions", touch))
        task = made(self.admin.call("POST", "/v1/work/tasks", {"title": "Call back", "queue": "calls", **at}))
        opened = Doors.of(self.whole.background, "core", self.admin.tenant_id)
        post_metric(opened, f"plan {name}", 1, MetricPost("revenue", "2026-01", self.path(name), 1))
        opened.store.commit()
        self.held[name] = {
            "contacts": {contact},
            "lines": {line},
            "work/tasks": {task},
            "users": {self.managers[name]},
            "org-units": {self.units[name]},
        }

    def path(self, name: str) -> str:
        """Where the unit stands in the tree."""
        return f"{self.path(self.above[name])}{self.units[name]}/" if name else "/"

    def below(self, name: str) -> set[str]:
        """The unit and all below it."""
        return {name} | {each for child, over in self.above.items() if over == name for each in self.below(child)}

    def manager(self, name: str, house: RealHouse | None = None) -> Client:
        """The unit's manager, as a caller of this process or another one."""
        return person(house or self.whole.house, self.admin.tenant_id, self.managers[name])

    def move(self, name: str, parent: str, by: Client | None = None) -> Answer:
        """Ask for the unit to stand below another one."""
        answer = (by or self.admin).call(
            "POST", f"/v1/org-units/{self.units[name]}/move", {"parent_id": self.units[parent]}
        )
        if answer.status == 202:  # noqa: PLR2004 - RFC 9110
            self.above[name] = parent
        return answer

    def step(self, job: str) -> str:
        """Let a worker do one step of the job; its state then."""
        Worker(self.whole.background).run(self.admin.tenant_id, job, partial(next, iter((True, False))))
        return str(self.admin.call("GET", f"/v1/jobs/{job}").body["state"])

    def expected(self, name: str, path: str) -> set[str]:
        """The ids of a collection that the unit's manager is to see."""
        return {each for unit in self.below(name) if unit in self.held for each in self.held[unit][path]}

    def check(self, names: Iterable[str], house: RealHouse | None = None) -> None:
        """Each manager sees the subtree as the tree is now, and nothing else: by every way there is."""
        for name in names:
            client = self.manager(name, house)
            for path in LISTED:
                for query in ("", "&sort=created_at") if path != "work/tasks" else ("",):
                    found = pages(client, f"/v1/{path}?limit=2{query}")
                    assert sorted(found) == sorted(self.expected(name, path)), (name, path, query)
            contacts = self.expected(name, "contacts")
            for path in ("contacts", "lines"):
                total = client.call("GET", f"/v1/{path}?include_total=true&limit=1")
                assert total.body["total"] == len(self.expected(name, path)), (name, path)
            hits = pages(client, "/v1/contacts?q=zoe&limit=2")
            assert sorted(hits) == sorted(contacts), name
            metrics = client.call("GET", "/v1/work/metrics?name=revenue&period=2026-01").body["items"]
            assert len(metrics) == len([each for each in self.below(name) if each in self.held]), name
            for unit, mail in self.emails.items():
                status = client.call("GET", f"/v1/contacts/lookup?email={mail}").status
                assert status == (200 if unit in self.below(name) else 404), (name, unit)
                (contact,) = self.held[unit]["contacts"]
                for route in ("", "/overview", "/timeline", "/lines"):
                    seen = client.call("GET", f"/v1/contacts/{contact}{route}").status
                    assert seen == status, (name, unit, route)
                (task,) = self.held[unit]["work/tasks"]
                assert client.call("GET", f"/v1/work/tasks/{task}").status == status
                assert client.call("GET", f"/v1/org-units/{self.units[unit]}").status == status
                assert client.call("GET", f"/v1/users/{self.managers[unit]}").status == status


def pages(client: Client, path: str) -> list[str]:
    """The ids of all pages of a list."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = client.call("GET", f"{path}{cursor}")
        assert answer.status == 200, answer  # noqa: PLR2004 - RFC 9110
        found += [str(each["id"]) for each in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.body['next_cursor']}"


def rows(answer: Any) -> list[dict[str, Any]]:
    """The items of a list."""
    return list(answer.body["items"])
