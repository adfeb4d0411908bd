"""What can't be derived from the route table. A new module needs an entry only where a test says so.

Derived without an entry: ids (from the collection's POST that answers Created), bodies (the route's examples, else the
OpenAPI document's; texts are salted with the tenant's name, ids of records that the tenant has are filled in by name).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access.links import (
    LinkToken,
    new_nonce,
)
from chalicelib.access.links import (
    sign as sign_link,
)
from chalicelib.background import Background
from chalicelib.changes.handling import Doors
from chalicelib.changes.retries import set_aside
from chalicelib.clock import first_ulid_at
from chalicelib.counters.task import FactsTask
from chalicelib.jobs.records import Job
from chalicelib.jobs.worker import Worker
from chalicelib.store import keys
from chalicelib.work.approvals import ApprovalWanted, ask_for_approval
from chalicelib.work.asked import Source
from chalicelib.work.metrics import MetricPost, post_metric
from chalicelib.work.notifications import Notice, notify
from modules.contacts.duplicates.records import Cluster
from modules.contacts.erasures.records import KeptFigures
from modules.service_analysis.complainers.records import Complainer
from modules.service_analysis.outages.records import OutageAffected
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.surveys.records import Survey
from modules.service_analysis.versions.records import ArticleVersion
from tenants.audit.handlers import seal_next
from tenants.erasure.rules import sign
from tenants.offboarding.records import Offboarding
from tests.support.files import send_content, send_parts
from tests.support.surveys import asked, link_to

if TYPE_CHECKING:
    from chalicelib.store.store import Store
    from tests.security.places import Place

Body = Callable[["Place", int], dict[str, Any]]

SHARED: Final = {
    "channel": "email",
    "purpose": "marketing",
    "module": "contacts",
    "feature": "lines",
    "asset": "start.js",
    "target": "contacts.lines",
    "month": "2026-10",
    "clock": "resolution",
}
"""Path parameters that name nothing of a tenant's: the deployment's modules, features and files."""

NATURAL: Final[Mapping[str, Callable[[Place], str]]] = {
    "system": lambda place: f"crm-{place.salt.lower()}",
    "external_id": lambda place: f"natural {place.salt}",
}
"""Path parameters by which callers name a record themselves."""


def _contact(place: Place, number: int) -> dict[str, Any]:
    salt = f"{place.salt} {number}"
    return {
        "name": f"Customer {salt}",
        "given_name": f"Given {salt}",
        "family_name": f"Family {salt}",
        "external_ids": [{"system": "billing", "id": f"EXT-{salt}"}],
        "status": "active",
        "churn_reason": f"Reason {salt}",
        "churn_category": f"Category {salt}",
        "emails": [f"customer.{place.salt}.{number}@example.com".lower()],
        "phones": [f"+1415{5550000 + place.number * 100 + number}"],
        "addresses": [{"street": f"Street {salt}", "city": f"City {salt}", "postal_code": f"P{place.number}{number}"}],
        "birth_date": f"{1930 + place.number % 70}-01-{1 + number % 28:02}",
        "gender": "female",
        "id_document": {"type": "passport", "number": f"DOC-EXT-{salt}"},
        "value_tier": f"Tier {salt}",
        "tags": [f"Tag {salt}"],
    }


def _line(place: Place, number: int) -> dict[str, Any]:
    tail = f"{place.number:03}{number:04}"
    return {
        "msisdn": f"+1416{5550000 + place.number * 100 + number}",
        "iccid": f"8986000000000{tail}",
        "imsi": f"46000000{tail}",
        "imei": f"86000000{tail}",
        "account": f"ACC-{tail}",
        "contract": f"CON-{tail}",
        "product": f"Fibre {place.salt} {number}",
        "outlet_id": f"OUT-{tail}",
    }


def _usage(place: Place, number: int) -> dict[str, Any]:
    """A month that no other place has."""
    return {
        "invoice": {"amount": f"{place.number}.{number % 10**6:06}", "currency": "USD"},
        "source": f"src-{place.salt}-{number}".lower()[:40],
    }


def _admin(place: Place) -> str:
    return str(place.deployment.call("GET", "/v1/me", by=place.admin).body.get("user_id", "usr_none"))


def _some_contact(place: Place) -> str:
    return str((place.made.get("/v1/contacts") or [{"id": "cnt_none"}])[0]["id"])


def _loads(place: Place) -> None:
    """Two loads: a month, and what corrects it."""
    path = "/v1/contacts/usage/loads"
    contact = place.first("/v1/contacts")["id"]
    for number in (1, 2):
        place.deployment.call("PUT", f"/v1/contacts/{contact}/usage/2026-09", _usage(place, number), by=place.admin)
    place.made[path] = place.deployment.call("GET", path, by=place.admin).body["items"]


def uploaded(place: Place) -> str:
    """The id of a file of customers, completely uploaded."""
    content = f"Customerid,City,Colour\r\nIMP-{place.salt},City {place.salt},Red {place.salt}\r\n".encode()
    wanted = {"name": f"Import {place.salt}.csv", "content_type": "text/csv", "size": len(content)}
    made = place.deployment.call("POST", "/v1/files", wanted, by=place.admin).body
    send_content(made["upload"], content)
    return str(place.deployment.call("POST", f"/v1/files/{made['id']}/complete", by=place.admin).body["id"])


LOSER: Final = "/v1/contacts/{contact_id}/merge"
TWINS: Final = "/v1/contacts/duplicates/{cluster_id}/merge"
"""Under these stand contacts that can be merged."""


def _made(place: Place, path: str) -> dict[str, Any]:
    """What has been made for the path; where nothing could be made, names of nothing."""
    found = place.made.get(path) or [dict.fromkeys(("id", "winner_id", "loser_id"), "cnt_none")]
    return dict(found[0])


ABOVE: Final = "/v1/org-units/{org_unit_id}/move"
"""Under this stands the unit that others are moved below."""

BODIES: Final[Mapping[str, Body]] = {
    "invite_user": lambda place, number: {
        "name": f"Person {place.salt} {number}",
        "email": f"person.{place.salt}.{number}@example.com".lower(),
        "role": "viewer",
    },
    "create_api_key": lambda place, number: {"name": f"Key {place.salt} {number}", "scopes": ["contacts:read"]},
    "register_issuer": lambda place, number: {
        "url": f"https://id-{place.salt.lower()}-{number}.example.com/",
        "jwks_url": f"https://id-{place.salt.lower()}-{number}.example.com/jwks",
        "audience": f"audience-{place.salt}-{number}",
    },
    "create_webhook": lambda place, number: {
        "url": f"https://hooks.example.com/{place.salt}/{number}",
        "events": ["contact.*"],
        "description": f"Webhook {place.salt} {number}",
    },
    "replay_webhook": lambda place, _: {"since": place.deployment.clock().isoformat()},
    "move_org_unit": lambda place, _: {"parent_id": (place.made.get(ABOVE) or [{"id": place.root_unit}])[0]["id"]},
    "create_role": lambda place, number: {
        "name": f"role_{place.salt}_{number}".lower(),
        "titles": {"en": f"Role {place.salt} {number}", "zh": f"角色 {place.salt} {number}"},
        "permissions": ["contacts:read"],
    },
    "update_role": lambda place, number: {"titles": {"en": f"Role {place.salt} {number}", "zh": f"角色 {number}"}},
    "update_user": lambda place, number: {"name": f"Renamed {place.salt} {number}"},
    "reassign_user": lambda place, _: {"to_user_id": place.document["admin_user_id"]},
    "create_org_unit": lambda place, number: {"name": f"Unit {place.salt} {number}", "parent_id": place.root_unit},
    "create_contact": _contact,
    "create_segment": lambda place, number: {
        "name": f"Segment {place.salt} {number}",
        "description": f"About {place.salt} {number}",
        "kind": "static",
    },
    "update_segment": lambda place, number: {"name": f"Segment {place.salt} {number} again"},
    "change_segment_members": lambda *_: {"add": []},
    "create_line": _line,
    "create_category": lambda place, number: {
        "path": f"/c_{place.salt}_{number}/".lower().replace("-", "_"),
        "titles": {"en": f"Category {place.salt} {number}"},
        "terms": [f"term {place.salt} {number}"],
    },
    "create_calendar": lambda place, number: {
        "name": f"Calendar {place.salt} {number}",
        "week": {"monday": [{"begins": "09:00", "ends": "18:00"}]},
    },
    "create_sla_policy": lambda place, number: {
        "name": f"Policy {place.salt} {number}",
        "customer_levels": [f"Level {place.salt} {number}"],
        "targets": {"resolution": {"within": "PT4H"}},
    },
    "update_sla_policy": lambda *_: {"targets": {"resolution": {"within": "PT2H"}}},
    "create_queue": lambda place, number: {
        "titles": {"en": f"Queue {place.salt} {number}"},
        "members": [{"user_id": _admin(place), "skills": [f"skill-{place.salt}-{number}".lower()[:40]]}],
    },
    "create_routing_rule": lambda place, number: {
        "title": f"Rule {place.salt} {number}",
        "queue_id": (place.made.get("/v1/service/queues") or [{"id": "svq_none"}])[0]["id"],
        "levels": [f"Level {place.salt} {number}"],
    },
    "announce_outage": lambda place, number: {"answer": f"Answer {place.salt} {number}"},
    "merge_contacts": lambda place, _: {"loser_id": _made(place, LOSER)["id"], "dry_run": True},
    "merge_duplicates": lambda place, _: {
        "winner_id": _made(place, TWINS)["winner_id"],
        "loser_id": _made(place, TWINS)["loser_id"],
        "dry_run": True,
    },
    "transfer_line": lambda place, _: {"to": [{"id": "cnt_none"}, *place.made.get("/v1/contacts", [])][-1]["id"]},
    "create_custom_field": lambda place, number: {
        "name": f"field_{place.salt}_{number}".lower(),
        "type": "text",
        "titles": {"en": f"Field {place.salt} {number}"},
    },
    "offboard_tenant": lambda place, number: {"reason": f"Reason {place.salt} {number}", "export": False},
    "suspend_tenant": lambda place, number: {"block_billing": True, "reason": f"Reason {place.salt} {number}"},
    "bind_sign_in": lambda place, number: {"token": place.deployment.token(f"bound-{place.salt}-{number}")},
    "create_file": lambda place, number: {"name": f"File {place.salt} {number}", "content_type": "text/csv", "size": 3},
    "create_contact_import": lambda place, number: {
        "file_id": place.customers,
        "system": f"feed-{place.salt}-{number}".lower(),
    },
    "tell_consent": lambda place, number: {
        "status": "granted",
        "source": f"Source {place.salt} {number}",
        "evidence": f"Evidence {place.salt} {number}",
    },
    "batch_consents": lambda place, number: {
        "operations": [
            {
                "op": "create",
                "data": {
                    "contact_id": (place.made.get("/v1/contacts") or [{"id": "cnt_none"}])[0]["id"],
                    "channel": "sms",
                    "purpose": "research",
                    "status": "granted",
                    "evidence": f"Evidence {place.salt} {number}",
                },
            }
        ]
    },
    "erase_subject": lambda place, number: {
        "reason": f"Reason {place.salt} {number}",
        "confirm": place.asked["contact_id"],
    },
    "create_usage_import": lambda place, number: {
        "file_id": place.customers,
        "system": f"feed-{place.salt}-{number}".lower(),
    },
    "update_usage_import": lambda *_: {"constants": {"month": "2026-10"}},
    "put_usage": _usage,
    "batch_usage": lambda place, number: {
        "operations": [
            {
                "op": "upsert",
                "key": {"month": "2026-10", "contact_id": _some_contact(place), "account": f"B{number}"},
                "data": _usage(place, number),
            }
        ]
    },
    "create_data_quality_report": lambda _, number: {"fresh_months": 1 + number % 100},
    "create_request_import": lambda place, number: {
        "file_id": place.customers,
        "system": f"desk-{place.salt}-{number}".lower(),
    },
    "update_request_import": lambda *_: {"constants": {"type": "fault"}},
    "update_contact_import": lambda *_: {"mapping": {"City": {"field": "addresses.region"}}},
    "create_contact_export": lambda place, number: {"filters": {"city": f"City {place.salt} {number}"}},
    "note_solution": lambda place, _: {"article_id": _solution(place)},
    "create_task": lambda place, number: {
        "title": f"Task {place.salt} {number}",
        "detail": f"Detail {place.salt} {number}",
        "link": f"/v1/things/{place.salt}-{number}",
    },
    "assign_task": lambda *_: {"queue": "call-backs"},
    "finish_task": lambda place, number: {"state": "done", "outcome": f"Outcome {place.salt} {number}"},
    "create_approval": lambda place, number: {"title": f"Request {place.salt} {number}"},
    "decide_approval": lambda place, number: {"decision": "approve", "reason": f"Reason {place.salt} {number}"},
    "batch_contacts": lambda place, number: {"operations": [{"op": "create", "data": _contact(place, number)}]},
}

REQUIRED: Final[Mapping[str, str]] = {
    "get_contactability": "channel=email&purpose=marketing",
}
"""What must be asked in the query, by operation."""

AFTERWARDS: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "create_file": lambda document: send_parts(document["upload"]),
}
"""What a client does past the API with what it has just created, so that other routes can be called."""

MADE_ELSEWHERE: Final = {
    "/v1/jobs": "replay_dead_letters",
    "/v1/contacts/exports": "create_contact_export",
    "/v1/contacts/data-quality/reports": "create_data_quality_report",
    "/v1/contacts/{contact_id}/interactions": "create_interaction",
    "/v1/contacts/{contact_id}/subject-export": "export_subject",
}
"""Collections whose records come of another operation than their own POST: the 202's document is the record."""


def _failed_deliveries(place: Place) -> None:
    """Two events that a task could not handle, as the delivery of changes notes them."""
    application = place.deployment.application
    background = Background.of(application.kernel.gate, application.catalogue, application.log)
    store = background.store("contacts", place.id, "test", "test")
    found, _ = store.query(keys.event(place.id, background.clock(), first_ulid_at(background.clock())).pk, limit=2)
    for event in found:
        set_aside(background, f"contacts.gone.{place.salt}", event, RuntimeError())


def _doors(place: Place) -> tuple[Doors, str, str]:
    """The ports of core, and the admin's id and org-unit path."""
    application = place.deployment.application
    opened = Doors.of(Background.of(application.kernel.gate, application.catalogue, application.log), "core", place.id)
    admin = place.deployment.call("GET", "/v1/me", by=place.admin).body["user_id"]
    return opened, str(admin), f"/{place.root_unit}/"


def _asked_by_another(place: Place) -> None:
    """An approval in the place of the second one: the admin, who has asked for the first, can decide it."""
    opened, admin, path = _doors(place)
    wanted = ApprovalWanted(f"Discount {place.salt}", path, "usr_another", admin)
    ask_for_approval(opened, Source(f"quote {place.salt}", 1, "quote", f"quo_{place.salt}"), wanted)
    opened.store.commit()
    waiting = place.deployment.call("GET", "/v1/work/approvals?approver=me&state=pending", by=place.admin).body
    place.made["/v1/work/approvals"][1] = waiting["items"][0]


def _told(place: Place) -> None:
    """Two notifications of the admin's."""
    opened, admin, _ = _doors(place)
    for number in (1, 2):
        source = Source(f"ticket {place.salt} {number}", 1, "ticket", f"tic_{place.salt}")
        notify(opened, source, Notice(admin, f"Notice {place.salt} {number}"))
    opened.store.commit()
    path = "/v1/work/notifications"
    place.made[path] = place.deployment.call("GET", path, by=place.admin).body["items"]


def _measured(place: Place) -> None:
    """Two metrics of the root unit."""
    opened, _, path = _doors(place)
    for month in ("2026-01", "2026-02"):
        post_metric(opened, f"plan {place.salt}", 1, MetricPost(f"revenue {place.salt}", month, path, 1))
    opened.store.commit()


def _sealed(place: Place) -> None:
    """Two chunks of the audit: what there is, and then what this is."""
    application = place.deployment.application
    gate = application.kernel.gate
    ahead = Background(
        application.catalogue, gate.keyring, gate.directory, lambda: gate.clock() + timedelta(hours=2), application.log
    )
    path = "/v1/audit/chunks"
    for _ in range(2):
        place.key("contacts:read")
        while seal_next(ahead, place.id):
            pass
    place.made[path] = place.deployment.call("GET", f"{path}?limit=200", by=place.admin).body["items"][-2:]


def _above(place: Place) -> None:
    """A unit of which no path names the id: several can be moved below it at once."""
    body = {"name": f"Above {place.salt}", "parent_id": place.root_unit}
    place.made[ABOVE] = [place.deployment.call("POST", "/v1/org-units", body, by=place.admin).body]


def _number(place: Place) -> str:
    """A number that goes from the first customer to the second one."""
    return f"+1417{5550000 + place.number}"


def _recycled(place: Place) -> None:
    first, second = (each["id"] for each in place.made["/v1/contacts"][:2])
    path, body = f"/v1/contacts/{first}/lines", {"msisdn": _number(place)}
    line = place.deployment.call("POST", path, body, by=place.admin).body["id"]
    place.deployment.call("POST", f"{path}/{line}/transfer", {"to": second}, by=place.admin)


def _deliveries(place: Place) -> None:
    """Two for each webhook, which no worker sends here."""
    for each in [*place.made["/v1/webhooks"]] * 2:
        place.deployment.call("POST", f"/v1/webhooks/{each['id']}/test", by=place.admin)


def _merged(place: Place) -> None:
    """Two merges, of contacts of their own, and their jobs done."""
    application = place.deployment.application
    worker = Worker(Background.of(application.kernel.gate, application.catalogue, application.log))
    for number in (1, 2):
        pair = [_one(place, f"Merged {number} {side} {place.salt}") for side in ("a", "b")]
        wanted = {"loser_id": pair[1]}
        plan = place.deployment.call("POST", f"/v1/contacts/{pair[0]}/merge", wanted, by=place.admin).body
        worker.run(place.id, plan["job"]["id"])
    place.made[LOSER] = [{"id": _one(place, f"Loser {place.salt}")}]
    path = "/v1/contacts/merges"
    place.made[path] = place.deployment.call("GET", path, by=place.admin).body["items"]


def _one(place: Place, name: str) -> str:
    return str(place.deployment.call("POST", "/v1/contacts", {"name": name}, by=place.admin).body.get("id", "cnt_none"))


def _clustered(place: Place) -> None:
    """Two clusters, as a search leaves them."""
    application = place.deployment.application
    background = Background.of(application.kernel.gate, application.catalogue, application.log)
    store = background.store("contacts", place.id, "test", "test")
    three = sorted(_one(place, f"Alike {side} {place.salt}") for side in ("a", "b", "c"))
    for members in (three[:2], three):
        pairs = [[*three[:2], 0.99, ["name"]]]
        store.create(
            Cluster.fresh(background.clock(), members=members, pairs=pairs, status="open", found_by_job="job_0")
        )
    store.commit()
    place.made[TWINS] = [{"id": three[0], "winner_id": three[0], "loser_id": three[1]}]
    path = "/v1/contacts/duplicates"
    place.made[path] = place.deployment.call("GET", path, by=place.admin).body["items"]


def _promised(place: Place) -> None:
    """Something is promised for the first request: two clocks."""
    targets = {"resolution": {"within": 60}, "regulator": {"within": 60}}
    policy = {"name": f"Promise {place.salt}", "severities": ["critical"], "targets": targets}
    place.deployment.call("POST", "/v1/service/sla-policies", policy, by=place.admin)
    request = f"/v1/requests/{place.made['/v1/requests'][0]['id']}"
    place.deployment.call("PATCH", request, {"severity": "critical"}, by=place.admin)


def _kept(place: Place) -> None:
    """Figures of two who are erased."""
    opened, _, _ = _doors(place)
    door = opened.background.store("contacts", place.id, "test", "test")
    for number in (1, 2):
        door.put(KeptFigures(pseudonym=f"{place.salt} {number}", months={"2026-01": {"invoice": "1"}}).place(place.id))
    door.commit()


def _affected(place: Place) -> None:
    """Two customers of the first outage."""
    opened, _, _ = _doors(place)
    door = opened.background.store("service_analysis", place.id, "test", "test")
    outage = place.first("/v1/outages")["id"]
    for number in (1, 2):
        contact = f"cnt_{place.salt}_{number}"
        row = {"outage_id": outage, "request_id": f"req_{number}", "contact_id": contact}
        item = OutageAffected(**row, customer_level=f"Level {place.salt}", opened_at=opened.background.clock())
        door.put(item.put_at(OutageAffected.key_of(place.id, outage, ("1", "a"), contact, f"req_{number}")))
    door.commit()


def _enlisted(place: Place) -> None:
    """Two members of the first list, and so two changes in its history."""
    path = f"/v1/segments/{place.first('/v1/segments')['id']}/members"
    both = [each["id"] for each in place.made["/v1/contacts"][:2]]
    job = place.deployment.call("POST", path, {"add": both}, by=place.admin).body["id"]
    application = place.deployment.application
    Worker(Background.of(application.kernel.gate, application.catalogue, application.log)).run(place.id, job)


def _being_erased(place: Place) -> None:
    """The second contact's erasure has begun, and no worker goes on with it here."""
    contact = place.made["/v1/contacts"][1]["id"]
    body = {"reason": f"Reason {place.salt}", "confirm": contact}
    place.deployment.call("POST", f"/v1/contacts/{contact}/erasure", body, by=place.admin)


def _asked(place: Place) -> None:
    """Two surveys, of requests that were closed."""
    place.made["/v1/surveys"] = [{"id": _new_survey(place).id} for _ in range(2)]


def _new_survey(place: Place) -> Survey:
    def call(method: str, path: str, body: Any) -> Any:
        return place.deployment.call(method, path, body, by=place.admin).body

    number = len(place.made.get("/v1/requests", ()))
    return asked(_background(place), place.id, call, f"Survey {place.salt} {number}")


def _background(place: Place) -> Background:
    application = place.deployment.application
    return Background.of(application.kernel.gate, application.catalogue, application.log)


def survey_link(place: Place) -> tuple[str, str]:
    """The link to a new survey, and the survey's id."""
    survey = _new_survey(place)
    return link_to(_background(place), place.id, survey), survey.id


def link_to_nothing(place: Place, purpose: str) -> str:
    """A link that we have signed, for a record that there is not: it comes as far as the tenant's standing lets it."""
    soon = place.deployment.now() + timedelta(hours=1)
    return sign_link(place.deployment.keyring, LinkToken(purpose, place.id, "xxx_none", soon, new_nonce()))


LINKS: Final[Mapping[str, Callable[[Place], tuple[str, str]]]] = {
    "invitation": lambda place: ((user := place.invited("viewer"))["invitation"]["link"], user["id"]),
    "survey": survey_link,
}
"""By purpose: a new link, and the id of the record that it is for."""


SOLUTIONS: Final = "/v1/requests/{request_id}/articles"
"""Under this stands a published article that has solved the first request."""


def _solving(place: Place) -> None:
    place.made[SOLUTIONS] = [{"id": _published(place)["article_id"]}] * 2
    _solved_by_it(place)


def _solution(place: Place) -> str:
    return str((place.made.get(SOLUTIONS) or [{"id": "art_none"}])[0]["id"])


def _solved_by_it(place: Place) -> dict[str, str]:
    if "/v1/requests" in place.made:
        path = f"/v1/requests/{place.first('/v1/requests')['id']}/articles"
        place.deployment.call("POST", path, {"article_id": _solution(place)}, by=place.admin)
    return {}


def _reviewed(place: Place) -> dict[str, str]:
    """A new version that somebody else has written and put before the admin."""
    text = {"language": "en", "title": f"Title {place.salt}", "body": f"Body {place.salt}"}
    made = place.deployment.call("POST", "/v1/articles", {"text": text}, by=place.admin).body
    if "id" not in made:  # the tenant has no module any more
        return {}
    path = f"/v1/articles/{made['id']}/versions"
    version = place.deployment.call("GET", path, by=place.admin).body["items"][0]["id"]
    place.deployment.call("POST", f"{path}/{version}/submit", by=place.admin)
    store = _background(place).store("service_analysis", place.id, "test", "test")
    written = store.get_at(ArticleVersion, ArticleVersion.place_of(place.id, made["id"], version))
    assert written is not None
    written.writers = ["usr_another"]
    store.update(written)
    store.commit()
    return {"article_id": made["id"], "version_id": version}


def _published(place: Place) -> dict[str, str]:
    found = _reviewed(place)
    if found:
        path = f"/v1/articles/{found['article_id']}/versions/{found['version_id']}/decision"
        place.deployment.call("POST", path, {"decision": "publish"}, by=place.admin)
    return found


def _draft(place: Place) -> dict[str, str]:
    text = {"language": "en", "title": f"Title {place.salt}", "body": f"Body {place.salt}"}
    made = place.deployment.call("POST", "/v1/articles", {"text": text}, by=place.admin).body
    if "id" not in made:
        return {}
    path = f"/v1/articles/{made['id']}/versions"
    return {
        "article_id": made["id"],
        "version_id": place.deployment.call("GET", path, by=place.admin).body["items"][0]["id"],
    }


def _solved(place: Place) -> dict[str, str]:
    body = {"title": f"Solved {place.salt}", "description": f"Solved {place.salt}"}
    made = place.deployment.call("POST", "/v1/requests", body, by=place.admin).body
    if "id" not in made:
        return {}
    for action in ("take", "start", "resolve"):
        wanted = {"action": action, "note": f"Solution {place.salt}"}
        place.deployment.call("POST", f"/v1/requests/{made['id']}/actions", wanted, by=place.admin)
    return {"request_id": made["id"]}


def _counted(place: Place) -> None:
    """The requests are counted, and two customers have complained three times."""
    application = place.deployment.application
    background = Background.of(application.kernel.gate, application.catalogue, application.log)
    manifest = application.catalogue.get("service_analysis")
    assert manifest is not None
    requests = {ServiceRequest.key_of(place.id, each["id"]): 1 for each in place.made["/v1/requests"]}
    FactsTask(manifest, "request").write(background, place.id, requests)
    store = background.store("service_analysis", place.id, "test", "test")
    for each in place.made["/v1/contacts"][:2]:
        units = {f"/{place.root_unit}/": 3}
        month = f"{background.clock():%Y-%m}"
        made = Complainer(contact_id=each["id"], period=month, by_unit=units, total=3, revision=1)
        store.put(made.place(place.id))
    store.commit()


BEHIND: Final[Mapping[str, Callable[[Place], None]]] = {
    ABOVE: _above,
    "/v1/segments/{segment_id}/members": _enlisted,
    "/v1/outages/{outage_id}/affected": _affected,
    "/v1/contacts/merges": _merged,
    "/v1/contacts/duplicates": _clustered,
    "/v1/contacts/kept-figures": _kept,
    "/v1/contacts/{contact_id}/erasure": _being_erased,
    "/v1/contacts/usage/loads": _loads,
    "/v1/lines/holdings": _recycled,
    "/v1/dead-letters": _failed_deliveries,
    "/v1/audit/chunks": _sealed,
    "/v1/work/approvals": _asked_by_another,
    "/v1/work/notifications": _told,
    "/v1/work/metrics": _measured,
    "/v1/webhooks/{webhook_id}/deliveries": _deliveries,
    "/v1/requests/{request_id}/clocks": _promised,
    "/v1/surveys": _asked,
    SOLUTIONS: _solving,
    "/v1/service/analysis/requests": _counted,
}
"""What no call makes: it comes of what happens after the write, and of what modules put before people."""


def _ended_import(place: Place) -> dict[str, str]:
    """An import that has ended, as if a worker had found nothing in its file."""
    body = {"file_id": place.customers, "system": "ended"}
    path = "/v1/contacts/imports"
    draft = place.deployment.call("POST", path, body, by=place.admin).body
    if "id" not in draft:  # the tenant has no module any more
        return {}
    started = place.deployment.call("POST", f"{path}/{draft['id']}/commit", by=place.admin).body
    application = place.deployment.application
    background = Background.of(application.kernel.gate, application.catalogue, application.log)
    store = background.store("core", place.id, "test", "test")
    job = store.get(Job, started["job_id"])
    assert job is not None
    job.status = "succeeded"
    store.update(job)
    store.commit()
    return {"import_id": draft["id"]}


def _by_rule(place: Place) -> dict[str, str]:
    path = "/v1/segments"
    there = len(place.deployment.call("GET", f"{path}?limit=200", by=place.admin).body.get("items", ()))
    body = {"name": f"By rule {place.salt} {there}", "rule": {"attribute": "status", "is": "churned"}}
    made = place.deployment.call("POST", path, body, by=place.admin).body
    return {"segment_id": made["id"]} if "id" in made else {}


def _unused(place: Place) -> dict[str, str]:
    return {"contact_id": _one(place, f"To go {place.salt}")}


def _needed_by_none(place: Place) -> dict[str, str]:
    catalogue = place.deployment.application.catalogue
    return {"module": next(each.name for each in reversed(catalogue.manifests) if not catalogue.required_by(each.name))}


READY: Final[Mapping[str, Callable[[Place], dict[str, str]]]] = {
    "unsubscribe_module": _needed_by_none,
    "revert_contact_import": _ended_import,
    "rebuild_segment": _by_rule,
    "delete_contact": _unused,
    "decide_on_article_version": _reviewed,
    "forget_solution": _solved_by_it,
    "submit_article_version": _draft,
    "update_article_version": _draft,
    "draft_article_from_request": _solved,
}
"""Records that are in a state in which an admin can ask for that, by path parameter: new ones each time."""


def _leaving(place: Place) -> tuple[Store, Offboarding]:
    """The tenant leaves, and its grace period is over."""
    body = {"reason": f"Reason {place.salt}", "export": False}
    path = f"/v1/tenants/{place.id}/offboard"
    shown = place.deployment.call("POST", path, body, by=place.deployment.operator).body
    application = place.deployment.application
    store = Background.of(application.kernel.gate, application.catalogue, application.log).store(
        "core", keys.PLATFORM, "test", "test"
    )
    leaving = store.get(Offboarding, shown["offboarding"]["id"])
    assert leaving is not None
    leaving.erase_after = place.deployment.clock()
    store.update(leaving)
    return store, leaving


def _may_be_erased(place: Place) -> None:
    store, _ = _leaving(place)
    store.commit()


def _is_certified(place: Place) -> None:
    store, leaving = _leaving(place)
    leaving.certificate = {"tenant_id": place.id}
    leaving.signature, leaving.public_key = sign(place.deployment.keyring, leaving.certificate)
    store.commit()


BEFORE: Final[Mapping[str, Callable[[Place], None]]] = {
    "erase_tenant": _may_be_erased,
    "get_erasure_certificate": _is_certified,
}
"""What must have happened to a tenant before an operator can ask for that."""

OF_THE_PRESENT: Final = frozenset({"list_request_clocks", "explain_request_clock", "list_affected_customers"})
"""Reads that tell how long something has lasted by now."""

SHARED_QUERIES: Final = {
    "explain": "contacts.lines",
    "module": "contacts",
    "meter": "api_requests",
    "month": "2026-01",
    "from_": "2026-01",
    "to": "2026-12",
    # Of a contact that the path names: nothing is looked up by it beyond that contact.
    "line_id": "lin_1",
    # Words, places and persons under which requests are counted: they lead to sums of the tenant's own cells.
    "over": "channel",
    "show": "opened",
    "category": "/billing/",
    "area": "/Georgia/",
    "channel": "phone",
    "product": "Fibre",
    "agent": "usr_1",
    "customer_level": "gold",
}
"""Text query parameters that name nothing of a tenant's."""

QUERIES: Final[Mapping[str, Callable[[Place], str]]] = {
    "list_holdings": lambda place: "msisdn=" + _number(place).replace("+", "%2B"),
    "explain_segment": lambda place: f"contact={_some_contact(place)}",
}
"""What an operation must be asked by, beside what it is asked."""

LOOKUPS: Final[Mapping[str, Callable[[Place], str]]] = {
    "email": lambda place: str(place.first("/v1/contacts")["emails"][0]),
    "phone": lambda place: str(place.first("/v1/contacts")["phones"][0]),
    "id_document": lambda place: "DOC-" + str(place.first("/v1/contacts")["external_ids"][0]["id"]),
    "external_id": lambda place: "billing:" + str(place.first("/v1/contacts")["external_ids"][0]["id"]),
    "contact": _some_contact,
}
"""Values of text query parameters that are no attribute of any record (an attribute's is found by its name)."""
