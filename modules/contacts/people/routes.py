"""Routes of contacts."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.problems import AmbiguousKey, NotFound, PermissionDenied, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch, Upserted
from chalicelib.web.routes import Routes
from modules.contacts.duplicates.errors import PossibleDuplicates
from modules.contacts.kinds import CONTACT, DELETE, READ, WRITE
from modules.contacts.people import service
from modules.contacts.people.schemas import ContactIn, ContactOut, ExternalId, IdThere, SystemName

if TYPE_CHECKING:
    from modules.contacts.duplicates import service as duplicates
else:
    duplicates = Late("modules.contacts.duplicates.service")

routes = Routes("contacts")

LookupKey = Annotated[str | None, Field(min_length=1, max_length=200)]
EXAMPLE = {
    "name": "José Núñez",
    "external_ids": [{"system": "billing", "id": "0002-ORFBO"}],
    "status": "active",
    "addresses": [{"city": "Frazier Park", "postal_code": "93225", "country": "US"}],
}


@routes.post("/contacts", needs=WRITE, examples={"contact": EXAMPLE}, refuses=(PossibleDuplicates,))
def create_contact(call: Call, body: ContactIn, allow_duplicates: bool = False) -> Created[ContactOut]:
    """Create a contact.

    One that seems to be there already is refused with the candidates, unless ``allow_duplicates=true``: the same e-mail
    address or number, or the same name with the same birth date or address. Batches, upserts and imports do not ask.
    """
    if not allow_duplicates:
        duplicates.refuse_likely(call, body)
    return service.create_contact(call, body)


@routes.get("/contacts", needs=READ, listing=CONTACT.listing)
def list_contacts(call: Call, query: ListQuery) -> Listed[ContactOut]:
    """List contacts."""
    return service.list_contacts(call, query)


@routes.get("/contacts/lookup", needs=READ, refuses=(NotFound, AmbiguousKey, PermissionDenied))
def look_up_contact(  # noqa: PLR0917 - one parameter per key that a customer is known by
    call: Call,
    msisdn: LookupKey = None,
    iccid: LookupKey = None,
    imsi: LookupKey = None,
    account: LookupKey = None,
    contract: LookupKey = None,
    email: LookupKey = None,
    phone: LookupKey = None,
    external_id: LookupKey = None,
    id_document: LookupKey = None,
) -> ContactOut:
    """Find the one customer behind a key of any sort.

    Give exactly one key; numbers in any format; ``external_id`` as ``system:id``. A key that several contacts share
    answers 409 with their ids. ``id_document`` is the number of an identity document, and needs
    ``contacts:read_sensitive``.
    """
    given = {
        "msisdn": msisdn,
        "iccid": iccid,
        "imsi": imsi,
        "account": account,
        "contract": contract,
        "email": email,
        "phone": phone,
        "external_id": external_id,
        "id_document": id_document,
    }
    found = service.look_up(call, {name: value for name, value in given.items() if value is not None})
    return service.contact_out(found)


@routes.get("/contacts/by-external-id/{system}/{external_id}", needs=READ)
def get_contact_by_external_id(call: Call, system: str, external_id: str) -> ContactOut:
    """Read a contact by its id in another system."""
    return service.contact_out(service.look_up(call, {"external_id": f"{system}:{external_id}"}))


@routes.put("/contacts/by-external-id/{system}/{external_id}", needs=WRITE, examples={"contact": EXAMPLE})
def upsert_contact(call: Call, system: SystemName, external_id: IdThere, body: ContactIn) -> Upserted[ContactOut]:
    """Create the contact with this external id, or replace what it says."""
    return service.upsert_contact(call, ExternalId(system=system, id=external_id), body)


@routes.get("/contacts/{contact_id}", needs=READ)
def get_contact(call: Call, contact_id: str) -> ContactOut:
    """Read a contact."""
    return service.contact_out(service.get_contact(call, contact_id))


@routes.patch("/contacts/{contact_id}", needs=WRITE, examples={"churned": {"status": "churned"}})
def update_contact(call: Call, contact_id: str, body: Patch[ContactIn]) -> ContactOut:
    """Change a contact."""
    return service.update_contact(call, contact_id, body)


@routes.delete("/contacts/{contact_id}", needs=DELETE, refuses=(StateConflict,))
def delete_contact(call: Call, contact_id: str) -> None:
    """Delete a contact that has no lines and no interactions."""
    service.delete_contact(call, contact_id)
