"""Load the demo tenants through the HTTP API alone, as a customer would; resumable at each step.

What has been done is kept in `demo-keys.json` (API keys are shown once), written after each step. A step that was
answered but not noted is repeated with the same Idempotency-Key and gets the first answer again.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.demo_api import Api, Json
from infra.local.demo_data import TENANTS, DemoTenant, customers
from infra.local.environment import OPERATOR
from infra.local.errors import DemoError
from infra.local.issuer import DemoUser
from infra.local.private_files import read_json, write_private_json

BATCH = 100  # operations a call: a few transactions each, well within the gateway's 29 s
NOT_FOUND = 404
# role → display name; the first is the tenant's own administrator, who comes with the tenant
ROLES = {"admin": "Demo Admin", "service_agent": "Demo Agent", "viewer": "Demo Viewer"}

Issue = Callable[[str], str]  # subject → access token


def demo_users(password: str) -> list[DemoUser]:
    """Everyone who can sign in at the local issuer."""
    people = [DemoUser(_subject(t, role), name, password) for t in TENANTS for role, name in ROLES.items()]
    return [DemoUser(OPERATOR, "Platform Operator", password), *people]


def content(base_url: str, issue: Issue, tenants: list[Json]) -> Json:
    """What stands in demo.json."""
    return {"base_url": base_url, "platform_operator_token": issue(OPERATOR), "tenants": tenants}


def load(base_url: str, data_dir: Path, issue: Issue, say: Callable[[str], None], *, wanted: bool = True) -> Json:
    """Make the demo tenants, or finish making them, and answer the content of demo.json. `wanted`: whether at all.

    Raises:
        DemoError: the API refused a step; the next call goes on there.
    """
    if not wanted:
        return content(base_url, issue, [])
    loader = _Loader(Api(base_url), data_dir / "demo-keys.json", issue, say)
    return content(base_url, issue, [loader.tenant(tenant) for tenant in TENANTS])


class _Loader:
    def __init__(self, api: Api, path: Path, issue: Issue, say: Callable[[str], None]) -> None:
        self._api, self._path, self._issue, self._say = api, path, issue, say
        self._state: dict[str, Json] = read_json(path) or {}

    def tenant(self, tenant: DemoTenant) -> Json:
        """One entry of demo.json."""
        done = self._known(tenant)
        if not done.get("complete"):
            self._say(f"loading the demo tenant {tenant.name}")
            self._onboard(tenant, done)
            self._enable(tenant, done)
            self._people(tenant, done)
            self._customers(tenant, done)
            self._note(done, complete=True)
        subjects = {role: _subject(tenant, role) for role in ROLES}
        users = [
            {"name": name, "role": role, "subject": subjects[role], "token": self._issue(subjects[role])}
            for role, name in ROLES.items()
        ]
        return {"id": done["id"], "name": tenant.name, "users": users, "api_key": done["api_key"]}

    def _known(self, tenant: DemoTenant) -> Json:
        """What has been done for it; nothing, if the store was emptied or changed since."""
        done = self._state.get(tenant.slug)
        if done and "id" in done and not self._exists(done["id"]):
            done = None
        if not done:
            done = self._state[tenant.slug] = {"run": secrets.token_hex(8)}
            self._note(done)
        return done

    def _exists(self, tenant_id: str) -> bool:
        try:
            self._api.call("GET", f"/v1/tenants/{tenant_id}", self._issue(OPERATOR))
        except DemoError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def _onboard(self, tenant: DemoTenant, done: Json) -> None:
        if "id" not in done:
            body = {
                "name": tenant.name,
                "region": tenant.country,
                "default_phone_region": tenant.country,
                "locale": tenant.locale,
                "time_zone": tenant.time_zone,
                "currency": tenant.currency,
                "admin": _person(tenant, "admin"),
            }
            made = self._api.call("POST", "/v1/tenants", self._issue(OPERATOR), body, key=_key(done, "tenant"))
            self._note(done, id=made["id"], invitation=made["invitation"]["link"])
        if "api_key" not in done:
            path = f"/v1/invitations/{done['invitation']}/api-key"
            made = self._api.call("POST", path, "", {"name": "demo"}, key=_key(done, "api-key"))
            self._note(done, api_key=made["api_key"])
        self._bind(tenant, "admin", done["invitation"], done)

    def _enable(self, tenant: DemoTenant, done: Json) -> None:
        _ = tenant
        self._api.call("PUT", "/v1/modules/contacts/subscription", done["api_key"], {"plan": "basic"})

    def _people(self, tenant: DemoTenant, done: Json) -> None:
        for role in list(ROLES)[1:]:
            if role not in done.get("bound", []):
                body = {**_person(tenant, role), "role": role, "reach": "all"}
                made = self._api.call("POST", "/v1/users", done["api_key"], body, key=_key(done, f"user-{role}"))
                self._bind(tenant, role, made["invitation"]["link"], done)

    def _bind(self, tenant: DemoTenant, role: str, invitation: str, done: Json) -> None:
        """Bind the demo user's sign-in to the user that the invitation is for."""
        if role in done.get("bound", []):
            return
        # Fresh tokens differ and binding again changes nothing: no Idempotency-Key, which goes with one body.
        body = {"token": self._issue(_subject(tenant, role))}
        self._api.call("POST", f"/v1/invitations/{invitation}/sign-in", "", body)
        self._note(done, bound=[*done.get("bound", []), role])

    def _customers(self, tenant: DemoTenant, done: Json) -> None:
        everyone = list(customers(tenant))
        for start in range(done.get("loaded", 0), len(everyone), BATCH):
            part = everyone[start : start + BATCH]
            operations = [{"op": "create", "data": contact} for contact in part]
            answer = self._api.call(
                "POST", "/v1/contacts/batch", done["api_key"], {"operations": operations}, key=_key(done, f"b{start}")
            )
            _refuse_failures(answer)
            self._note(done, loaded=start + len(part))

    def _note(self, done: Json, **facts: Any) -> None:
        done.update(facts)
        write_private_json(self._path, self._state)


def _refuse_failures(answer: Json) -> None:
    failed = [item for item in answer.get("results", []) if item.get("status", 0) >= 400]  # noqa: PLR2004 - HTTP
    if failed:
        first = failed[0].get("problem") or {}
        message = f"{len(failed)} demo customers were refused, the first: {first.get('code')}: {first.get('detail')}"
        raise DemoError(message, failed[0]["status"])


def _subject(tenant: DemoTenant, role: str) -> str:
    return f"{tenant.slug}-{role.replace('_', '-')}"


def _person(tenant: DemoTenant, role: str) -> Json:
    return {"name": ROLES[role], "email": f"{_subject(tenant, role)}@example.com"}


def _key(done: Json, step: str) -> str:
    return f"demo-{done['run']}-{step}"
