"""Contacts as a target of imports: the use cases of people/ behind each row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.call import Call
from chalicelib.imports.target import ImportTarget, OwnField
from chalicelib.imports.values import FieldType
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid
from chalicelib.web.render import MASK
from chalicelib.web.wire import Resource
from modules.contacts.custom_fields.schemas import CustomFieldIn
from modules.contacts.custom_fields.service import create_custom_field, declared
from modules.contacts.imports.rules import EXTERNAL_ID, FIELDS, ID, document, flat, put_back
from modules.contacts.kinds import CONFIGURE, IMPORT, IMPORT_EXPORT, SENSITIVE
from modules.contacts.people.records import Contact
from modules.contacts.people.schemas import ContactIn, ExternalId
from modules.contacts.people.service import (
    add_contact,
    change_contact,
    end_contact,
    find_by_external_id,
    read_keys_ahead,
)

_WRITTEN: Final = tuple(each for each in ContactIn.model_fields if each != "id_document")  # which is only written
_SENSITIVE: Final = frozenset({"phones", "birth_date"})  # people/schemas.py, ContactOut
_TAKEN: Final = Text("Another contact has this id by now.", "该编号已属于其他客户。")
_LONGEST_KEY: Final = 120  # schemas.py, IdThere


class CustomFields:
    """The tenant's custom fields of contacts."""

    permission = CONFIGURE

    def open_to(self, call: Call) -> bool:
        """While the feature is on."""
        return call.tenant.decide("contacts", "custom_fields").enabled

    def known(self, call: Call) -> Sequence[OwnField]:
        """All definitions, as they are now."""
        return [
            OwnField(each.name, FieldType(each.type), each.options, next(iter(each.titles.values()), ""))
            for each in declared(call)
        ]

    def declare(self, call: Call, wanted: OwnField) -> None:
        """Stage a definition."""
        titles = {"en": wanted.title} if wanted.title else {}
        options = list(wanted.options)
        values: dict[str, Any] = {"name": wanted.name, "type": wanted.type.value, "titles": titles, "options": options}
        if wanted.not_negative:
            values["expected_minimum"] = 0
        create_custom_field(call, CustomFieldIn.model_validate(values))


class Contacts:
    """Finds, creates and changes one contact for a row."""

    def read_ahead(self, call: Call, key: str, system: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Claims in one round trip, contacts with their keys in another."""
        wanted = [value for each in rows if len(value := str(each[key])) <= _LONGEST_KEY]
        if key == ID:
            read_keys_ahead(call.store, [], wanted)
        else:
            read_keys_ahead(call.store, [ExternalId.model_construct(system=system, id=each) for each in wanted])

    def find(self, call: Call, key: str, system: str, values: Mapping[str, Any]) -> Contact | None:
        """By our own id, or by the id in the file's system."""
        value = str(values[key])
        if len(value) > _LONGEST_KEY:
            raise _refused(key)
        return call.store.get(Contact, value) if key == ID else find_by_external_id(call, _external(system, value))

    def create(self, call: Call, key: str | None, system: str, values: Mapping[str, Any]) -> Contact:
        """A new contact; nobody chooses our ids."""
        if key == ID:
            text = Text("There is no contact with this id.", "没有该编号的客户。")
            raise Invalid(errors=(FieldError(f"/{ID}", "not_found", text),))
        body = ContactIn.model_validate(document(values, system, {}))
        return add_contact(call, body, body.external_ids[0] if key else None)

    def change(self, call: Call, found: Contact, system: str, values: Mapping[str, Any]) -> Contact:
        """The contact with the row's values; what the row does not say stays."""
        before = {name: value for name in _WRITTEN if (value := getattr(found, name)) is not None}
        wanted = document(values, system, before)
        # The cheap look first: a feed is mostly what was there yesterday.
        if not all(name in before and before[name] == value for name, value in wanted.items()):
            change_contact(call, found, ContactIn.model_validate({**before, **wanted}))
        return found


class Undo:
    """Puts one contact back to what it was before a row."""

    job = "contacts.import_revert"
    record_type = Contact

    def written(self, record: Contact) -> Mapping[str, Any]:
        """What callers write, in parts: each custom field, each part of the first address."""
        return flat({name: value for name in _WRITTEN if (value := getattr(record, name)) is not None})

    def restore(self, call: Call, record: Contact, values: Mapping[str, Any]) -> None:
        """These values in the place of what is there."""
        now = {name: value for name in _WRITTEN if (value := getattr(record, name)) is not None}
        body = ContactIn.model_validate(put_back(now, values))
        read_keys_ahead(call.store, body.external_ids)
        for each in body.external_ids:
            holder = find_by_external_id(call, each)
            if holder is not None and holder.id != record.id:
                raise Invalid(errors=(FieldError("/external_ids", "already_exists", _TAKEN),))
        change_contact(call, record, body)

    def remove(self, call: Call, record: Contact) -> None:
        """The end of a contact that has no lines, no interactions, nothing."""
        end_contact(call, record)

    def shown(self, call: Call, name: str, value: Any) -> Any:
        """Masked as everywhere."""
        return MASK if value and name in _SENSITIVE and not call.may(SENSITIVE) else value


CONTACTS: Final = ImportTarget(
    unit="contacts",
    name="contacts",
    noun="contact",
    titles=Text("Contacts", "客户"),
    job="contacts.import",
    permission=IMPORT,
    feature=IMPORT_EXPORT,
    fields=FIELDS,
    acting=Contacts(),
    own=CustomFields(),
    ignored=frozenset({"external_ids.system", "display_name", "do_not_contact_since", *Resource.model_fields} - {ID}),
    not_yet=frozenset({"unknown_custom_field"}),
    undoing=Undo(),
)


def import_step(work: Work) -> Step:
    """One step of an import of contacts."""
    from chalicelib.imports import steps  # noqa: PLC0415 - a job needs them, and no request

    return steps.import_step(work, CONTACTS)


def revert_step(work: Work) -> Step:
    """One step of taking an import of contacts back."""
    from chalicelib.imports import reverting  # noqa: PLC0415 - a job needs it, and no request

    return reverting.revert_step(work, CONTACTS)


def _external(system: str, value: str) -> ExternalId:
    try:
        return ExternalId(system=system, id=value)
    except ValidationError as error:
        raise _refused(EXTERNAL_ID) from error


def _refused(key: str) -> Invalid:
    text = Text(
        "This can be no id: at most 120 characters, none of them hidden.", "无效编号：至多 120 个字符，且不含控制字符。"
    )
    return Invalid(errors=(FieldError(f"/{key}", "invalid_key", text),))
