"""Usage as a target of imports: one month of a line, an account or a customer behind each row."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.clock import instant_of, is_ulid
from chalicelib.imports.target import Closing, ImportTarget
from chalicelib.jobs.work import Step, Work
from chalicelib.modules import Text
from chalicelib.problems import Invalid
from modules.contacts.kinds import LOAD_USAGE
from modules.contacts.usage_imports.rules import (
    ACCOUNT,
    CONTACT,
    EXTERNAL_ID,
    FIELDS,
    MSISDN,
    identity,
    month_of,
    statement,
)

_LONGEST_KEY: Final = 120


class Months:
    """Finds the customer's month that a row is about, and says it. The use cases come with the first row."""

    def read_ahead(self, call: Call, key: str, system: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Claims, then months and bills, then customers, a round trip for each hundred."""
        from modules.contacts.usage_keys.service import read_ahead  # noqa: PLC0415 - a job needs it, and no request

        wanted = []
        for values in rows:
            try:
                wanted.append(_asked(call, key, system, values))
            except Invalid:
                continue  # its row says so
        read_ahead(call.store, wanted)

    def find(self, call: Call, key: str, system: str, values: Mapping[str, Any]) -> Any:
        """The month as it is known. Raises NotFound, AmbiguousKey, Invalid."""
        from chalicelib.imports.acting import AgainError  # noqa: PLC0415
        from chalicelib.store.records import read_as  # noqa: PLC0415
        from modules.contacts.usage.records import UsageSnapshot  # noqa: PLC0415
        from modules.contacts.usage_keys.service import holder_of  # noqa: PLC0415

        asked = _asked(call, key, system, values)
        at, _ = holder_of(call.store, asked).places(call.tenant_id, asked.month)
        if call.store.staged_at(at) is not None:
            # Another key of the same customer: it is for the next transaction, before anything is said of the bill.
            raise AgainError
        return read_as(UsageSnapshot, call.store.fetch([at])[at])

    def create(self, call: Call, key: str | None, system: str, values: Mapping[str, Any]) -> Any:
        """Say a month of which nothing is known."""
        return self._say(call, key or "", system, values)

    def change(self, call: Call, found: Any, system: str, values: Mapping[str, Any]) -> Any:
        """Say a month again: what the row does not name stays."""
        from modules.contacts.usage.service import say  # noqa: PLC0415
        from modules.contacts.usage_keys.service import Holder  # noqa: PLC0415

        holder = Holder(found.contact_id, found.line_id, found.account, found.external_id)
        return say(call, holder, str(found.month), statement(values, _arrived(call)), system)

    def _say(self, call: Call, key: str, system: str, values: Mapping[str, Any]) -> Any:
        from modules.contacts.usage.service import say  # noqa: PLC0415
        from modules.contacts.usage_keys.service import holder_of  # noqa: PLC0415

        asked = _asked(call, key, system, values)
        said = statement(values, _arrived(call))
        return say(call, holder_of(call.store, asked), asked.month, said, system)


def _close(call: Call, group: str, made: Sequence[Any]) -> None:
    """One load, and one event, for what a transaction has changed of a month."""
    from modules.contacts.usage_loads.service import record_loads  # noqa: PLC0415

    del group
    record_loads(call, made)


USAGE: Final = ImportTarget(
    unit="contacts",
    name="contacts/usage",
    noun="usage",
    titles=Text("Usage", "用量"),
    job="contacts.usage_import",
    permission=LOAD_USAGE,
    feature="usage",
    fields=FIELDS,
    acting=Months(),
    identity=identity,
    closing=Closing(group=month_of, actions=2, close=_close),
)


def import_step(work: Work) -> Step:
    """One step of an import of usage."""
    from chalicelib.imports import steps  # noqa: PLC0415 - a job needs them, and no request

    return steps.import_step(work, USAGE)


def _asked(call: Call, key: str, system: str, values: Mapping[str, Any]) -> Any:
    """The row's key as claims have it, and its month. Raises Invalid."""
    from modules.contacts.people.records import external_key  # noqa: PLC0415
    from modules.contacts.usage_keys.service import Asked, as_claimed  # noqa: PLC0415

    month, value = month_of(values), str(values[key])[:_LONGEST_KEY]
    account = str(values[ACCOUNT])[:_LONGEST_KEY] if ACCOUNT in values and key in {CONTACT, EXTERNAL_ID} else None
    if key == MSISDN:
        value = as_claimed(value, call.tenant.default_region)
    elif key == EXTERNAL_ID:
        value = external_key(system, value)
    return Asked(key, value, month, account)


def _arrived(call: Call) -> datetime:
    """When a file arrived: when its job was started, for all of its rows; for a preview, now."""
    ulid = call.request_id.removeprefix("job_")
    return instant_of(ulid) if is_ulid(ulid) else call.now
