"""Use cases of settings."""

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.store.store import Store
from modules.service_analysis.settings.records import THE_ONE, ServiceSettings
from modules.service_analysis.settings.schemas import ServiceSettingsIn, ServiceSettingsOut

# Every action on a request asks for them; they are at most 5 s old.
_kept: Memory[ServiceSettingsOut] = Memory()


def settings_of(store: Store) -> ServiceSettingsOut:
    """The tenant's settings, at most 5 s old."""
    found = _kept.recall(store.boundary, lambda: (store.boundary, _read(store)))
    return found or ServiceSettingsOut(**ServiceSettingsIn().model_dump())


def replace_settings(call: Call, body: ServiceSettingsIn) -> ServiceSettingsOut:
    """Settle them anew; in force within 5 s."""
    record = call.store.get(ServiceSettings, THE_ONE)
    if record is None:
        record = ServiceSettings.fresh(call.now, **body.model_dump())
        call.store.create(record)
    else:
        for name, value in body.model_dump().items():
            setattr(record, name, value)
        call.store.update(record)
    call.store.after_commit.append(lambda: _kept.forget(call.tenant_id))
    return ServiceSettingsOut(**body.model_dump())


def _read(store: Store) -> ServiceSettingsOut:
    record = store.get(ServiceSettings, THE_ONE)
    if record is None:
        return ServiceSettingsOut(**ServiceSettingsIn().model_dump())
    held = {name: each for name in ServiceSettingsOut.model_fields if (each := record.held().get(name)) is not None}
    return ServiceSettingsOut(**ServiceSettingsIn.model_validate(held).model_dump())
