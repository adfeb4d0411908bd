"""Errands: short work that a worker does because it has to wait for somebody (a webhook's receiver).

Woken as jobs are, without a record of their own: whoever wakes one keeps what is to be done, and a timer that finds
what was not woken. An errand may be run twice at a time, and says itself what that means.
"""

from typing import Final

from chalicelib.after_write import resolve
from chalicelib.background import Background
from chalicelib.jobs.queue import wake
from chalicelib.store.capacity import start_meter
from chalicelib.store.errors import StoreBusyError, StoreUnavailableError

_MARK: Final = "errand:"


def send_on(tenant: str, name: str, what: str) -> None:
    """Ask for a worker that runs the errand ``name``, declared in a manifest, for ``what``. Raises nothing."""
    wake(tenant, f"{_MARK}{name}:{what}")


def is_errand(asked: str) -> bool:
    """Whether a worker was woken for an errand and not for a job."""
    return asked.startswith(_MARK)


def run(background: Background, tenant: str, asked: str) -> None:
    """Run it: ``target(background, tenant, what)``; one that fails is reported, and its timer finds it again.

    Raises StoreUnavailableError and StoreBusyError.
    """
    if background.is_erased(tenant):
        return
    name, _, what = asked.removeprefix(_MARK).partition(":")
    unit = background.catalogue.get(name.partition(".")[0])
    errand = next((each for each in unit.errands if each.name == name), None) if unit else None
    if errand is None:
        background.log.error("errand.unknown", extra={"errand": name})
        return
    meter = start_meter()
    meter.tenant, meter.unit, meter.operation = tenant, name.partition(".")[0], name
    try:
        resolve(errand.target)(background, tenant, what)
    except (StoreUnavailableError, StoreBusyError):
        raise
    except Exception as error:  # noqa: BLE001 - one errand must not hold up what was woken with it
        background.report("errand.failed", error, errand=name, tenant=tenant)
    background.log.info("errand.run", extra=meter.told())
