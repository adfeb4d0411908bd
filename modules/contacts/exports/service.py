"""Contacts as a target of exports."""

from collections.abc import Mapping, Sequence
from typing import Final

from chalicelib.call import Call
from chalicelib.exports.target import ExportTarget
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from modules.contacts.custom_fields.service import declared
from modules.contacts.kinds import EXPORT, IMPORT_EXPORT
from modules.contacts.people.records import Contact
from modules.contacts.people.schemas import ContactOut
from modules.contacts.people.service import contact_out, page_of_contacts


def _custom(call: Call) -> Mapping[str, Sequence[str]]:
    """The names of the tenant's custom fields."""
    return {"custom": [each.name for each in declared(call)]}


CONTACTS: Final = ExportTarget(
    name="contacts",
    noun="contact",
    titles=Text("Contacts", "客户"),
    job="contacts.export",
    permission=EXPORT,
    feature=IMPORT_EXPORT,
    record_type=Contact,
    model=ContactOut,
    shown=contact_out,
    own=_custom,
    page=page_of_contacts,
)


def export_step(work: Work) -> Step:
    """One step of an export of contacts."""
    from chalicelib.exports import steps  # noqa: PLC0415 - a job needs them, and no request

    return steps.export_step(work, CONTACTS)
