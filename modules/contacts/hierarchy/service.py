"""Use cases of the hierarchy of group customers."""

from collections.abc import Iterator
from typing import Final

from chalicelib.call import Call
from chalicelib.modules import Op
from chalicelib.store.lists import ListQuery, Term, list_records
from modules.contacts.hierarchy.schemas import Hierarchy
from modules.contacts.people.records import Contact
from modules.contacts.people.service import contact_out, get_contact

CHILDREN: Final = 50
# A parent has at most ten levels above it when it is chosen; what is moved below it with its own branch stands deeper.
HIGHEST: Final = 20


def hierarchy(call: Call, contact_id: str) -> Hierarchy:
    """The contact, its ancestors (one read each), and the first page of its children. Raises NotFound."""
    contact = get_contact(call, contact_id)
    below = Term("parent_id", Op.EQ, (contact.id,), "parent_id")
    page = list_records(call.store, Contact, ListQuery((below,), limit=CHILDREN))
    return Hierarchy(
        contact=contact_out(contact),
        ancestors=[contact_out(each) for each in _above(call, contact)],
        children=[contact_out(each) for each in page.items],
        more_children=page.next_position is not None,
    )


def _above(call: Call, contact: Contact) -> Iterator[Contact]:
    record: Contact | None = contact
    for _ in range(HIGHEST):
        if record is None or record.parent_id is None:
            return
        record = call.store.get(Contact, record.parent_id)
        if record is not None:
            yield record
