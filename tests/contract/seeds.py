"""Real values for generated requests, so that they reach what lies behind «there is no such record».

Schemathesis makes valid requests from the document alone. An id that it makes up is valid and names nothing; a time
zone that it makes up is a text and no time zone. In three of four requests whose path, query or body is meant to be
valid, such values are replaced by real ones of the operation's own tenant. Every operation has a tenant of its own, and
what an operation uses up (a contact that it deletes, an invitation) is made anew for each request, so none starves
another one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from schemathesis.core.parameters import ParameterLocation

from chalicelib.background import Background
from chalicelib.changes.handling import Doors
from chalicelib.clock import utc_now
from chalicelib.jobs.worker import Worker
from chalicelib.web.parsing import MAX_TERMS
from chalicelib.work.approvals import ApprovalWanted, ask_for_approval
from chalicelib.work.asked import Source
from chalicelib.work.notifications import Notice, notify
from chalicelib.work.records import Asked
from modules.contacts.duplicates.records import Cluster
from modules.service_analysis.versions.records import ArticleVersion
from tenants.audit.handlers import seal_next
from tests.support.files import send_content, send_parts
from tests.support.surveys import asked, link_to

if TYPE_CHECKING:
    import schemathesis

    from tests.contract.whole_house import Tenant

_numbers = count(1)
JsonObject = dict[str, Any]

# These end what their path names: each request gets a record of its own.
USES_UP: Final = frozenset(
    {
        "deactivate_user",
        "dismiss_duplicates",
        "merge_contacts",
        "merge_duplicates",
        "unmerge_contacts",
        "delete_role",
        "invite_user_again",
        "move_org_unit",
        "reassign_user",
        "complete_file",
        "decide_approval",
        "delete_contact",
        "delete_file",
        "delete_household",
        "transfer_line",
        "end_feature_override",
        "delete_feature_override",
        "finish_task",
        "revoke_api_key",
        "unsubscribe_module",
        "delete_webhook",
        "delete_issuer",
        "delete_segment",
        "replay_webhook",
        "delete_routing_rule",
        "announce_outage",
        "close_outage",
    }
)
# Days and months are not any: a range has at most 100 days, and a month has begun.
USAGE: Final = frozenset({"get_usage", "get_usage_of_tenant", "get_statement"})
QUERIES: Final[Mapping[str, Callable[[], str]]] = {
    "from": lambda: (utc_now() - timedelta(days=9)).date().isoformat(),
    "to": lambda: utc_now().date().isoformat(),
    "month": lambda: utc_now().strftime("%Y-%m"),
    "meter": lambda: "api_requests",
    "module": lambda: "contacts",
}
MODULE: Final = "contacts"
FEATURE: Final = "lines"


@dataclass(frozen=True)
class Seeds:
    """Fills the requests of one operation with what its tenant has."""

    tenant: Tenant
    always: bool = False
    """Not three of four but all."""

    def fill(self, case: schemathesis.Case) -> None:
        """Put real values where valid ones stand, in three of four requests."""
        operation = case.operation.definition.raw["operationId"]
        if case.operation.method == "get":
            self.tenant.once("contact_id", lambda: _furnished(self.tenant))
        whole = (case.path_parameters, case.query, case.headers, case.body)
        if _is_valid(case, ParameterLocation.PATH) and case.path_parameters and self._chosen("path", whole):
            fresh = operation in USES_UP or "link" in case.path_parameters
            others = next((made for part, made in OF_OTHERS.items() if part in f"{operation}_"), {})
            case.path_parameters.update(self._path(list(case.path_parameters), others, fresh=fresh))
        if _is_valid(case, ParameterLocation.QUERY) and case.query and self._chosen("query", whole):
            self._query(operation, case)
        if _is_valid(case, ParameterLocation.HEADER) and self._chosen("header", whole):
            self._headers(case.headers)
        if _is_valid(case, ParameterLocation.BODY) and isinstance(case.body, dict) and self._chosen("body", whole):
            case.body = self._body(operation, case.body)

    def _chosen(self, *what: object) -> bool:
        """Three times of four, and the same for the same request: hypothesis sends some again."""
        return self.always or zlib.crc32(repr(what).encode("utf-8", "replace")) % 4 != 0

    # -- paths

    def _path(
        self, names: list[str], own: Mapping[str, Callable[[Tenant], JsonObject]], *, fresh: bool
    ) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in names:
            maker = own.get(name) or PATHS.get(name)
            assert maker is not None, f"say in {__name__}.PATHS what a real {{{name}}} is"
            if fresh:
                made = (BARE.get(name) or maker)(self.tenant)
            else:
                made = self.tenant.once(name, lambda maker=maker: maker(self.tenant))
            found |= {each: made[each] for each in made if each in names}
        return found

    def _query(self, operation: str, case: schemathesis.Case) -> None:
        # A cursor can't be made up: that it is refused is for the other requests to show.
        query = {name: value for name, value in case.query.items() if name != "cursor"}
        if operation in {"look_up_contact", "list_holdings"}:
            keys = self.tenant.once("contact_id", lambda: _furnished(self.tenant))["keys"]
            name = min(query.keys() & keys.keys(), default="msisdn")
            query = {each: value for each, value in query.items() if each not in keys} | {name: keys[name]}
        if operation == "explain_segment":
            query["contact"] = self.tenant.once("contact_id", lambda: _furnished(self.tenant))["contact_id"]
        query |= {name: real() for name, real in QUERIES.items() if name in query and operation in USAGE}
        case.query = dict(list(query.items())[-MAX_TERMS:])

    @staticmethod
    def _headers(headers: Any) -> None:
        if "If-Match" in headers:
            headers["If-Match"] = "*"
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = f"key-{next(_numbers)}"

    # -- bodies

    def _body(self, operation: str, body: JsonObject) -> JsonObject:
        real = REFERENCES | BY_OPERATION.get(operation, {})
        return {name: self._value(operation, name, value, real) for name, value in body.items()}

    def _value(self, operation: str, name: str, value: Any, real: Mapping[str, Callable[[Tenant], Any]]) -> Any:
        if value is None:
            return None
        if name in real:
            return real[name](self.tenant)
        if isinstance(value, dict):
            return self._body(operation, value)
        if isinstance(value, list):
            return [self._body(operation, each) if isinstance(each, dict) else each for each in value]
        return value


def _is_valid(case: schemathesis.Case, location: ParameterLocation) -> bool:
    return case.meta is not None and not case.meta.is_negative_at(location)


# -- what is made


def _contact(tenant: Tenant, **more: Any) -> JsonObject:
    external = {"system": "billing", "id": f"b-{next(_numbers)}"}
    body = {"name": "José Núñez", "external_ids": [external], "custom": _required(tenant), **more}
    made: JsonObject = tenant.call("POST", "/v1/contacts", body)
    return {"contact_id": made["id"], "system": external["system"], "external_id": external["id"]}


def _required(tenant: Tenant) -> JsonObject:
    """A value for each custom field that an earlier call of a sequence has made a required one."""
    fields = tenant.call("GET", "/v1/contacts/custom-fields?limit=200")["items"]
    examples = {
        "text": "any",
        "reference": "any",
        "number": 1,
        "boolean": True,
        "date": "2026-03-01",
        "money": {"amount": "1.00", "currency": "CNY"},
    }
    options = {"enum": lambda field: field["options"][0], "multi_enum": lambda field: field["options"][:1]}
    return {
        each["name"]: options[each["type"]](each) if each["type"] in options else examples[each["type"]]
        for each in fields
        if each["required"]
    }


def _furnished(tenant: Tenant) -> JsonObject:
    """A contact that can be found by every key, with a line and an interaction, and a custom field beside it."""
    _field(tenant)
    mail, phone = _mail(tenant), _number(tenant)
    document = {"type": "id_card", "number": _digits(18)}
    address = {"city": "Kunming", "country": "CN"}
    found = _contact(tenant, emails=[mail], phones=[phone], addresses=[address], id_document=document)
    own = f"/v1/contacts/{found['contact_id']}"
    keys = {name: _digits(length) for name, length in (("iccid", 20), ("imsi", 15), ("account", 9), ("contract", 9))}
    keys["msisdn"] = _number(tenant)
    fee = {"amount": "39.00", "currency": "CNY"}
    line = tenant.call("POST", f"{own}/lines", {"product": "5G", "monthly_fee": fee, **keys})
    touch = {"channel": "phone", "direction": "inbound", "title": "Asks about the bill"}
    interaction = tenant.call("POST", f"{own}/interactions", touch)
    keys |= {"email": mail, "phone": phone, "external_id": f"{found['system']}:{found['external_id']}"}
    keys["id_document"] = document["number"]
    # No worker runs here: the erasure has begun, and the contact is there.
    tenant.call("POST", f"{own}/erasure", {"reason": "Asked", "confirm": found["contact_id"]})
    export = tenant.call("POST", f"{own}/subject-export")
    made = {"line_id": line["id"], "interaction_id": interaction["id"], "subject_export_id": export["id"]}
    return found | made | {"keys": keys}


def _merge(tenant: Tenant) -> JsonObject:
    """Done: its job has run."""
    winner, loser = (_contact(tenant)["contact_id"] for _ in range(2))
    plan = tenant.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser})
    Worker(_background(tenant)).run(tenant.id, plan["job"]["id"])
    return {"merge_id": plan["merge_id"]}


def _cluster(tenant: Tenant) -> JsonObject:
    """As a search leaves it."""
    members = sorted(str(_contact(tenant)["contact_id"]) for _ in range(2))
    background = _background(tenant)
    store = background.store("contacts", tenant.id, "test", "test")
    pairs = [[*members, 0.99, ["name"]]]
    made = Cluster.fresh(background.clock(), members=members, pairs=pairs, status="open", found_by_job="job_0")
    store.create(made)
    store.commit()
    return {"cluster_id": made.id}


def _background(tenant: Tenant) -> Background:
    application = tenant.house.application
    return Background.of(application.kernel.gate, application.catalogue, application.log)


def _user(tenant: Tenant) -> JsonObject:
    number = next(_numbers)
    body = {"name": f"User {number}", "email": f"user{number}@example.com", "role": "viewer"}
    made = tenant.call("POST", "/v1/users", body)
    return {"user_id": made["id"], "link": made["invitation"]["link"]}


def _role(tenant: Tenant) -> JsonObject:
    """One that is there; a plan has a few at most, so what is used up is deleted first."""
    for each in tenant.call("GET", "/v1/roles")["items"]:
        if not each["built_in"]:
            tenant.call("DELETE", f"/v1/roles/{each['id']}")
    titles = {"en": "Call centre", "zh": "呼叫中心"}
    body = {"name": f"role_{next(_numbers)}", "titles": titles, "permissions": ["contacts:read"]}
    return {"role_id": tenant.call("POST", "/v1/roles", body)["id"]}


def _api_key(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/api-keys", {"name": "a key", "scopes": ["contacts:read"]})
    return {"key_id": made["id"]}


def _webhook(tenant: Tenant) -> JsonObject:
    """One that is there; a tenant has twenty at most, so what is used up is deleted first."""
    for each in tenant.call("GET", "/v1/webhooks?limit=20")["items"]:
        tenant.call("DELETE", f"/v1/webhooks/{each['id']}")
    made = tenant.call("POST", "/v1/webhooks", {"url": "https://example.com/hooks", "events": ["contact.*"]})
    return {"webhook_id": made["id"]}


def _issuer(tenant: Tenant) -> JsonObject:
    """One that is there; a tenant has five at most, so what is used up is deleted first."""
    for each in tenant.call("GET", "/v1/issuers?limit=20")["items"]:
        tenant.call("DELETE", f"/v1/issuers/{each['id']}")
    url = _own_issuer(tenant)
    made = tenant.call("POST", "/v1/issuers", {"url": url, "jwks_url": f"{url}jwks", "audience": "us"})
    return {"issuer_id": made["id"]}


def _own_issuer(tenant: Tenant) -> str:
    del tenant
    return f"https://id{next(_numbers)}.example.com/"


def _audit_chunk(tenant: Tenant) -> JsonObject:
    """One with what there is: sealed as if the hour was over."""
    application = tenant.house.application
    gate = application.kernel.gate
    ahead = Background(
        application.catalogue, gate.keyring, gate.directory, lambda: gate.clock() + timedelta(hours=2), application.log
    )
    seal_next(ahead, tenant.id)
    return {"chunk_id": tenant.call("GET", "/v1/audit/chunks?limit=1")["items"][0]["id"]}


def _org_unit(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/org-units", {"name": "North", "parent_id": tenant.unit_id})
    return {"org_unit_id": made["id"]}


def _some_contact(tenant: Tenant) -> str:
    """One of ten, and after a hundred uses of ten others: a batch names many, and deletes some."""
    number = next(_numbers)
    made = tenant.once(f"contact {number // 100}.{number % 10}", lambda: _contact(tenant))
    return str(made["contact_id"])


def _request(tenant: Tenant) -> JsonObject:
    """One that is solved, with an entry and an article that has solved it."""
    made = tenant.call("POST", "/v1/requests", {"title": "Charged twice", "category": "/billing/"})
    own = f"/v1/requests/{made['id']}"
    for action in ("take", "start", "resolve"):
        tenant.call("POST", f"{own}/actions", {"action": action, "note": "Refunded"})
    entry = tenant.call("POST", f"{own}/entries", {"type": "reply", "text": "We have refunded it."})
    return {"request_id": made["id"], "entry_id": entry["id"]}


def _article(tenant: Tenant) -> JsonObject:
    """With a version that is published, and one that is a draft."""
    text = {"language": "en", "title": "Charged twice", "body": "It goes back."}
    made = tenant.call("POST", "/v1/articles", {"category": "/billing/", "text": text})["id"]
    path = f"/v1/articles/{made}/versions"
    first = tenant.call("GET", path)["items"][0]["id"]
    tenant.call("POST", f"{path}/{first}/submit")
    # The admin has written it: somebody else publishes.
    store = _background(tenant).store("service_analysis", tenant.id, "test", "test")
    written = store.get_at(ArticleVersion, ArticleVersion.place_of(tenant.id, made, first))
    assert written is not None
    written.writers = ["usr_another"]
    store.update(written)
    store.commit()
    tenant.call("POST", f"{path}/{first}/decision", {"decision": "publish"})
    return {"article_id": made, "version_id": tenant.call("POST", path, text)["id"]}


def _survey(tenant: Tenant) -> JsonObject:
    background = _background(tenant)
    survey = asked(background, tenant.id, tenant.call)
    return {"survey_id": survey.id, "link": link_to(background, tenant.id, survey)}


def _segment(tenant: Tenant) -> JsonObject:
    """A list with a member; rules are drawn with the requests."""
    made = tenant.call("POST", "/v1/segments", {"name": f"Segment {next(_numbers)}", "kind": "static"})
    member = _contact(tenant)["contact_id"]
    tenant.call("POST", f"/v1/segments/{made['id']}/members", {"add": [member]})
    return {"segment_id": made["id"]}


def _queue(tenant: Tenant) -> JsonObject:
    """One whose member the caller is."""
    body = {"titles": {"en": "Desk"}, "members": [{"user_id": tenant.admin_id}]}
    return {"queue_id": tenant.call("POST", "/v1/service/queues", body)["id"]}


def _some_queue(tenant: Tenant) -> str:
    return str(tenant.once("queue_id", lambda: _queue(tenant))["queue_id"])


def _routing_rule(tenant: Tenant) -> JsonObject:
    body = {"title": "A rule", "queue_id": _some_queue(tenant)}
    return {"rule_id": tenant.call("POST", "/v1/service/routing-rules", body)["id"]}


def _outage(tenant: Tenant) -> JsonObject:
    return {"outage_id": tenant.call("POST", "/v1/outages", {"title": "No signal", "product": "5G"})["id"]}


def _some_rule(tenant: Tenant) -> JsonObject:
    """One of some that can be decided."""
    del tenant
    rules: tuple[JsonObject, ...] = (
        {"attribute": "status", "is": "active"},
        {"all": [{"attribute": "city", "begins_with": "kun"}, {"not": {"attribute": "tags", "has": "vip"}}]},
        {"any_line": {"attribute": "ends_on", "within_next": "P30D"}},
        {"attribute": "usage.invoice", "over": {"months": 3, "figure": "average"}, "more_than": 80},
    )
    return rules[next(_numbers) % len(rules)]


def _field(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/contacts/custom-fields", {"name": f"f_{next(_numbers)}", "type": "text"})
    return {"field_id": made["id"]}


def _file(tenant: Tenant) -> JsonObject:
    body = {"name": "customers.csv", "content_type": "text/csv", "size": 3}
    made = tenant.call("POST", "/v1/files", body)
    send_parts(made["upload"])
    return {"file_id": made["id"]}


def _customers(tenant: Tenant) -> str:
    """A file of customers that can be imported."""
    content = b"Customerid,Customerstatus,Offer,Latitude\r\n17,Stayed,A,34.8\r\n18,Gone,B,x\r\n"
    made = tenant.call("POST", "/v1/files", {"name": "c.csv", "content_type": "text/csv", "size": len(content)})
    send_content(made["upload"], content)
    return str(tenant.call("POST", f"/v1/files/{made['id']}/complete")["id"])


def _import(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/contacts/imports", {"file_id": _customers(tenant), "system": "billing"})
    return {"import_id": made["id"]}


def _usage_import(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/contacts/usage/imports", {"file_id": _customers(tenant), "system": "billing"})
    return {"import_id": made["id"]}


def _complaints(tenant: Tenant) -> str:
    """A file of complaints that can be imported."""
    content = b"Ticket #,Complaint,Date,Status\r\n17,Slow,22-04-15,Open\r\n18,Charged twice,soon,Nobody knows\r\n"
    made = tenant.call("POST", "/v1/files", {"name": "r.csv", "content_type": "text/csv", "size": len(content)})
    send_content(made["upload"], content)
    return str(tenant.call("POST", f"/v1/files/{made['id']}/complete")["id"])


def _request_import(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/requests/imports", {"file_id": _complaints(tenant), "system": "desk"})
    return {"import_id": made["id"]}


def _usage_load(tenant: Tenant) -> JsonObject:
    contact = tenant.once("contact_id", lambda: _furnished(tenant))["contact_id"]
    tenant.call("PUT", f"/v1/contacts/{contact}/usage/2026-09", {"sms": next(_numbers)})
    return {"load_id": tenant.call("GET", "/v1/contacts/usage/loads?limit=1")["items"][0]["id"]}


def _calendar(tenant: Tenant) -> JsonObject:
    week = {"monday": [{"begins": "09:00", "ends": "18:00"}]}
    return {"calendar_id": tenant.call("POST", "/v1/service/calendars", {"name": "Office", "week": week})["id"]}


def _sla_policy(tenant: Tenant) -> JsonObject:
    promise = {"name": "All", "targets": {"resolution": {"within": 3600}}}
    return {"policy_id": tenant.call("POST", "/v1/service/sla-policies", promise)["id"]}


def _request(tenant: Tenant) -> JsonObject:
    """One that something is promised for."""
    tenant.once("policy_id", lambda: _sla_policy(tenant))
    return {"request_id": tenant.call("POST", "/v1/requests", {"title": "No signal"})["id"]}


def _report(tenant: Tenant) -> JsonObject:
    return {"report_id": tenant.call("POST", "/v1/contacts/data-quality/reports", {})["id"]}


def _export(tenant: Tenant) -> JsonObject:
    made = tenant.call("POST", "/v1/contacts/exports", {"format": "csv"})
    return {"export_id": made["id"], "job_id": made["job_id"]}


def _task(tenant: Tenant) -> JsonObject:
    return {"task_id": tenant.call("POST", "/v1/work/tasks", {"title": "Call back"})["id"]}


def _doors(tenant: Tenant) -> Doors:
    """What modules put before people, they put through these."""
    application = tenant.house.application
    background = Background.of(application.kernel.gate, application.catalogue, application.log)
    return Doors.of(background, "core", tenant.id)


def _approval(tenant: Tenant) -> JsonObject:
    """Asked for by somebody else: the tenant's admin can decide it."""
    doors, number = _doors(tenant), f"quote {next(_numbers)}"
    wanted = ApprovalWanted(number, f"/{tenant.unit_id}/", "usr_another")
    ask_for_approval(doors, Source(number, 1, "quote", "quo_1"), wanted)
    doors.store.commit()
    asked = doors.store.get_item(Asked, Asked.key_of(tenant.id, "approval", doors.module, number))
    assert asked is not None
    return {"approval_id": str(asked.record)}


def _notification(tenant: Tenant) -> JsonObject:
    doors = _doors(tenant)
    notify(doors, Source(f"ticket {next(_numbers)}", 1, "ticket", "tic_1"), Notice(tenant.admin_id, "A ticket waits"))
    doors.store.commit()
    return {"notification_id": tenant.call("GET", "/v1/work/notifications?limit=1")["items"][0]["id"]}


def _soon(_: Tenant) -> str:
    return (utc_now() + timedelta(days=7)).isoformat()


def _before(_: Tenant) -> str:
    return (utc_now() - timedelta(days=7)).isoformat()


def _later(_: Tenant) -> str:
    return (utc_now() + timedelta(days=70)).isoformat()


def _module(tenant: Tenant) -> JsonObject:
    tenant.call("PUT", f"/v1/modules/{MODULE}/subscription", {})
    return {"module": MODULE}


def _feature(tenant: Tenant) -> JsonObject:
    tenant.call("PUT", f"/v1/modules/{MODULE}/features/{FEATURE}", {"enabled": True, "reason": "a trial"})
    return {"module": MODULE, "feature": FEATURE}


def _override(tenant: Tenant) -> JsonObject:
    path = f"/v1/modules/{MODULE}/features/{FEATURE}/overrides"
    made = tenant.call("POST", path, {"enabled": True, "reason": "a trial", "roles": ["viewer"]})
    return {"module": MODULE, "feature": FEATURE, "override_id": made["id"]}


def _digits(length: int) -> str:
    return f"{next(_numbers):0{length}d}"


def _number(tenant: Tenant) -> str:
    del tenant
    return f"+86138{next(_numbers):08d}"


def _mail(tenant: Tenant) -> str:
    del tenant
    return f"someone{next(_numbers)}@example.com"


def _category(tenant: Tenant) -> JsonObject:
    body = {"path": f"/category_{next(_numbers)}/", "titles": {"en": "Category"}}
    return {"category_id": tenant.call("POST", "/v1/service/categories", body)["id"]}


def _household(tenant: Tenant) -> JsonObject:
    return {"household_id": tenant.call("POST", "/v1/contacts/households", {"name": "Núñez"})["id"]}


def _home(tenant: Tenant) -> str:
    return str(tenant.once("household", lambda: _household(tenant))["household_id"])


def _organization(tenant: Tenant) -> str:
    def make() -> str:
        return str(_contact(tenant, type="organization")["contact_id"])

    return str(tenant.once("organization", make))


PATHS: Final[Mapping[str, Callable[[Tenant], JsonObject]]] = {
    "approval_id": _approval,
    "article_id": _article,
    "asset": lambda _: {"asset": "swagger-ui.css"},
    "channel": lambda _: {"channel": "email"},
    "calendar_id": _calendar,
    "category_id": _category,
    "chunk_id": _audit_chunk,
    "clock": lambda _: {"clock": "resolution"},
    "cluster_id": _cluster,
    "merge_id": _merge,
    "contact_id": _furnished,
    "entry_id": _request,
    "export_id": _export,
    "external_id": _contact,
    "feature": _feature,
    "field_id": _field,
    "file_id": _file,
    "household_id": _household,
    "import_id": _import,
    "interaction_id": _furnished,
    "issuer_id": _issuer,
    "job_id": _export,
    "key_id": _api_key,
    "line_id": _furnished,
    "link": _user,
    "load_id": _usage_load,
    "module": _module,
    "month": lambda _: {"month": utc_now().strftime("%Y-%m")},
    "notification_id": _notification,
    "org_unit_id": _org_unit,
    "outage_id": _outage,
    "override_id": _override,
    "policy_id": _sla_policy,
    "purpose": lambda _: {"purpose": "marketing"},
    "queue_id": _queue,
    "report_id": _report,
    "request_id": _request,
    "role_id": _role,
    "rule_id": _routing_rule,
    "segment_id": _segment,
    "subject_export_id": _furnished,
    "survey_id": _survey,
    "system": _contact,
    "target": lambda _: {"target": f"{MODULE}.custom_fields"},
    "task_id": _task,
    "tenant_id": lambda tenant: {"tenant_id": tenant.house.onboard().id},
    "user_id": _user,
    "version_id": _article,
    "webhook_id": _webhook,
}
"""What a path's parameter names, made through the API; one maker may give several that belong together."""

OF_OTHERS: Final[Mapping[str, Mapping[str, Callable[[Tenant], JsonObject]]]] = {
    "_usage_import": {"import_id": _usage_import},
    "_request_import": {"import_id": _request_import},
    "survey": {"link": _survey},
}
"""The same where the operation, by a part of its name, is about something else than contacts."""

BARE: Final = {"contact_id": _contact}
"""The same where the record is to be deleted."""

REFERENCES: Final[Mapping[str, Callable[[Tenant], Any]]] = {
    "approver_id": lambda _: None,
    "article_id": lambda tenant: tenant.once("article_id", lambda: _article(tenant))["article_id"],
    "assignee_id": lambda tenant: tenant.admin_id,
    "contact_id": lambda tenant: tenant.once("contact_id", lambda: _furnished(tenant))["contact_id"],
    "custom": lambda _: {},
    "default_phone_region": lambda _: "CN",
    "due_at": _soon,
    "email": _mail,
    "household_id": _home,
    "emails": lambda tenant: [_mail(tenant)],
    "modules": lambda tenant: list(tenant.house.modules),
    "msisdn": _number,
    "org_unit_id": lambda tenant: tenant.unit_id,
    "owner_id": lambda tenant: tenant.admin_id,
    "phones": lambda tenant: [_number(tenant)],
    "scopes": lambda tenant: sorted(tenant.scopes - {"users:write"})[:2],
    "time_zone": lambda _: "Asia/Shanghai",
    "calendar_id": lambda tenant: tenant.once("calendar_id", lambda: _calendar(tenant))["calendar_id"],
    "token": lambda tenant: tenant.house.issuer.issue(f"person-{next(_numbers)}"),
}
"""Fields whose values must be real, wherever they stand."""

BY_OPERATION: Final[Mapping[str, Mapping[str, Callable[[Tenant], Any]]]] = {
    "erase_subject": {"confirm": REFERENCES["contact_id"]},
    "tell_consent": {"decided_at": _before, "expires_at": _later, "evidence_file_id": lambda _: None},
    "batch_consents": {"decided_at": _before, "expires_at": _later, "evidence_file_id": lambda _: None},
    "assign_task": {"queue": lambda _: None},
    "create_approval": {"expires_at": _soon},
    "register_issuer": {"url": _own_issuer, "jwks_url": _own_issuer},
    "create_task": {"queue": lambda _: None},
    "batch_interactions": {"contact": lambda _: None},
    "transfer_line": {"to": _some_contact, "at": lambda _: None},
    "batch_contacts": {"id": _some_contact, "parent_id": _organization},
    "create_contact": {"parent_id": _organization},
    "merge_contacts": {
        "loser_id": lambda tenant: _contact(tenant)["contact_id"],
        "fields": lambda _: {"name": "loser", "emails": "both"},
    },
    "merge_duplicates": {"fields": lambda _: {}},
    "create_contact_export": {"fields": lambda _: ["name", "status"], "filters": lambda _: {"status": "active"}},
    "create_contact_import": {"file_id": _customers, "dictionary_file_id": _customers, "sheet": lambda _: None},
    "create_feature_override": {
        "roles": lambda _: ["viewer"],
        "org_unit_ids": lambda tenant: [tenant.unit_id],
        "expires_at": _soon,
    },
    "override_feature": {"expires_at": _soon},
    "set_kill_switch": {"mode": lambda _: "read_only", "expires_at": _soon},
    "subscribe_module": {
        "plan": lambda _: "basic",
        "starts_at": _soon,
        "ends_at": _later,
        "trial_days": lambda _: None,
    },
    "create_queue": {"user_id": lambda tenant: tenant.admin_id},
    "update_queue": {"user_id": lambda tenant: tenant.admin_id},
    "create_routing_rule": {"queue_id": _some_queue},
    "update_routing_rule": {"queue_id": _some_queue},
    "create_outage": {"began_at": _before},
    "explain_routing": {
        "queue_id": lambda _: None,
        "line_id": lambda _: None,
        "parent_id": lambda _: None,
        "category": lambda _: None,
        "watchers": lambda _: [],
        "attachments": lambda _: [],
        "opened_at": _before,
    },
    "create_segment": {"name": lambda _: f"Segment {next(_numbers)}", "kind": lambda _: "rules", "rule": _some_rule},
    "update_segment": {
        "name": lambda _: f"Segment {next(_numbers)}",
        "kind": lambda _: "static",
        "rule": lambda _: None,
    },
    "preview_segment": {"rule": _some_rule},
    "create_custom_field": {"name": lambda _: f"field_{next(_numbers)}"},
    "sign_file_parts": {"from": lambda _: 1, "to": lambda _: 1},
    "onboard_tenant": {"name": lambda _: f"Telecom {next(_numbers)}"},
    "create_org_unit": {"parent_id": lambda tenant: tenant.unit_id},
    "move_org_unit": {"parent_id": lambda tenant: _org_unit(tenant)["org_unit_id"]},
    "create_role": {"name": lambda _: f"role_{next(_numbers)}", "permissions": lambda _: ["contacts:read"]},
    "update_role": {"permissions": lambda _: ["contacts:read"]},
    "invite_user": {"role": lambda _: "viewer"},
    "update_user": {"role": lambda _: "viewer"},
    "reassign_user": {"to_user_id": lambda tenant: tenant.admin_id, "kinds": lambda _: ["contact", "task"]},
    "create_usage_import": {"file_id": _customers, "dictionary_file_id": _customers},
    "update_usage_import": {
        "key": lambda _: "external_id",
        "mapping": lambda _: {"Customerid": {"field": "external_id"}, "Latitude": None},
        "constants": lambda _: {"month": "2026-09"},
    },
    "put_usage": {"line_id": lambda _: None, "as_of": lambda _: None},
    "batch_usage": {"month": lambda _: "2026-09", "line_id": lambda _: None, "as_of": lambda _: None},
    "create_request_import": {
        "file_id": _complaints,
        "dictionary_file_id": lambda _: None,
        "sheet": lambda _: None,
    },
    "update_request_import": {
        "key": lambda _: "external_id",
        "mapping": lambda _: {"Ticket #": {"field": "external_id"}, "Status": None},
        "constants": lambda _: {"type": "complaint"},
    },
    "update_contact_import": {
        "key": lambda _: "external_id",
        "mapping": lambda _: {"Customerid": {"field": "external_id"}, "Latitude": None},
    },
    "update_contact": {"parent_id": _organization},
    "upsert_contact": {"parent_id": _organization},
}
"""The same for one operation."""
