"""What follows from a request of an outage: its place among those affected. Pure."""

from collections.abc import Iterator
from typing import Final

from chalicelib.access.principal import Standing
from modules.service_analysis.outages.records import OutageAffected
from modules.service_analysis.requests.records import ServiceRequest

_BEHIND_RANKS: Final = "~"
_WORST_RANK: Final = 10**9


def affected(record: ServiceRequest, standing: Standing | None) -> Iterator[OutageAffected]:
    """Who asked, by how much they matter; levels without a rank stand behind those that have one, by name."""
    if standing is None or not record.outage_id:
        return
    rank = record.held().get("customer_rank")
    ranked = _BEHIND_RANKS if rank is None else f"{min(max(int(rank), 0), _WORST_RANK):010}"
    who = record.contact_id or record.id
    level = record.customer_level or _BEHIND_RANKS
    item = OutageAffected(
        outage_id=record.outage_id,
        request_id=record.id,
        contact_id=record.contact_id,
        customer_level=record.customer_level,
        opened_at=record.opened_at,
        unit_path=record.unit_path,
        handler_id=record.handler_id,
    )
    yield item.put_at(OutageAffected.key_of(standing.tenant_id, record.outage_id, (ranked, level), who, record.id))
