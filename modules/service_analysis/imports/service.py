"""Requests as a target of imports: as they stand in the system that they come from, in their own time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.imports.target import ImportTarget
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from modules.service_analysis.imports.rules import (
    CUSTOMER_THERE,
    FIELDS,
    NUMBER,
    came_as,
    document,
    implied,
)
from modules.service_analysis.kinds import IMPORT
from modules.service_analysis.requests.schemas import RequestBase

_LONGEST_ID: Final = 120  # RequestExternalId


class Requests:
    """Finds, opens and changes one request for a row. The use cases come with the first row."""

    def read_ahead(self, call: Call, key: str, system: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Claims in one round trip, requests in another."""
        from chalicelib.store.keys import Key  # noqa: PLC0415 - a job needs all this, and no request
        from chalicelib.store.reader import SUBJECT_KEY  # noqa: PLC0415
        from modules.service_analysis.requests.records import ServiceRequest  # noqa: PLC0415

        wanted = [value for each in rows if len(value := str(each[key])) <= _LONGEST_ID]
        claims = call.store.prefetch([_claim(call, system, each) for each in wanted]) if wanted else {}
        places = [ServiceRequest.key_of(call.tenant_id, raw["record"]["S"]) for raw in claims.values() if raw]
        if places:
            call.store.prefetch([*places, *(Key(place.pk, SUBJECT_KEY) for place in places)])

    def find(self, call: Call, key: str, system: str, values: Mapping[str, Any]) -> Any:
        """By its number in the file's system. Raises Invalid, ClaimTakenError for one out of the caller's reach."""
        from chalicelib.store.errors import ClaimTakenError  # noqa: PLC0415
        from chalicelib.store.records import Claim  # noqa: PLC0415
        from modules.service_analysis.requests.records import EXTERNAL, ServiceRequest, external_key  # noqa: PLC0415

        there = str(values[key])
        if len(there) > _LONGEST_ID:
            text = Text("A ticket number has at most 120 characters.", "工单号至多 120 个字符。")
            raise Invalid(errors=(FieldError(f"/{key}", "invalid_key", text),))
        claim = call.store.get_item(Claim, _claim(call, system, there))
        record = call.store.get(ServiceRequest, claim.record) if claim else None
        if (
            claim
            and record is None
            and call.store.fetch([at := ServiceRequest.key_of(call.tenant_id, claim.record)])[at]
        ):
            raise ClaimTakenError(EXTERNAL, external_key(system, there), claim.record)
        return record

    def create(self, call: Call, key: str | None, system: str, values: Mapping[str, Any]) -> Any:
        """One that was opened elsewhere: it is brought in, and not opened here."""
        from modules.service_analysis.requests.records import EXTERNAL, ServiceRequest, external_key  # noqa: PLC0415
        from modules.service_analysis.requests.service import bring_in  # noqa: PLC0415

        record = ServiceRequest.fresh(call.now)
        said = _said(call, system, values)
        bring_in(call, record, RequestBase.model_validate(said), came_as(values))
        looked_for = (EXTERNAL, external_key(system, str(values[key]))) if key else None
        call.store.create(record, verb="imported", rerun_if_taken=looked_for)
        return record

    def change(self, call: Call, found: Any, system: str, values: Mapping[str, Any]) -> Any:
        """The request with the row's values; what the row does not say stays, and so does what was done to it here."""
        from modules.service_analysis.requests.service import as_written, bring_in  # noqa: PLC0415

        before = as_written(found)
        wanted, came = _said(call, system, values), came_as(values)
        if any(before.get(name) != value for name, value in wanted.items()) or not found.stands_as(came):
            bring_in(call, found, RequestBase.model_validate(before | wanted), came)
            call.store.update(found)
        return found


REQUESTS: Final = ImportTarget(
    unit="service_analysis",
    name="requests",
    noun="request",
    titles=Text("Requests", "服务请求"),
    job="service_analysis.import",
    permission=IMPORT,
    feature=None,
    fields=FIELDS,
    acting=Requests(),
    implied=implied,
)


def import_step(work: Work) -> Step:
    """One step of an import of requests."""
    from chalicelib.imports import steps  # noqa: PLC0415 - a job needs them, and no request

    return steps.import_step(work, REQUESTS)


def _claim(call: Call, system: str, there: str) -> Any:
    from chalicelib.store import keys  # noqa: PLC0415
    from modules.service_analysis.requests.records import EXTERNAL, external_key  # noqa: PLC0415

    return keys.claim(call.tenant_id, EXTERNAL, external_key(system, there))


def _said(call: Call, system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says, with what it names by other systems' words looked up. Raises Invalid."""
    from modules.service_analysis.categories.service import called  # noqa: PLC0415

    found = document(values, system)
    if "category" in found:
        found["category"] = called(call, str(found["category"]))
    return found | _whose(call, system, values)


def _whose(call: Call, system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The customer, and the line, that a row names by a key of its own system. Raises Invalid."""
    from modules.contacts.public import customer_called, holder_of_number  # noqa: PLC0415

    found: dict[str, Any] = {}
    if not {NUMBER, CUSTOMER_THERE} & values.keys():
        return found
    contacts = call.reading("contacts", "contacts:read")
    if NUMBER in values:
        holder = holder_of_number(contacts, str(values[NUMBER]), call.tenant.default_region)
        if holder is None:
            raise _unknown(NUMBER)
        found = {"contact_id": holder[0].id, "line_id": holder[1]}
    if CUSTOMER_THERE in values:
        known = customer_called(contacts, system, str(values[CUSTOMER_THERE]))
        if known is None:
            raise _unknown(CUSTOMER_THERE)
        if found.get("contact_id") != known.id:
            found = {"contact_id": known.id}
    return found


def _unknown(name: str) -> Invalid:
    text = Text("There is no such contact in your reach.", "没有您可见的该客户。")
    return Invalid(errors=(FieldError(f"/{name.replace('.', '/')}", "unknown_reference", text),))
