"""What follows from a request: what is counted of it, and what its customer's page says. Pure."""

from typing import Final

from chalicelib.access.principal import Standing
from chalicelib.counters.postings import Posting
from chalicelib.modules import Text
from modules.service_analysis.requests.records import ServiceRequest
from modules.service_analysis.requests.rules import Status

STATUS_TITLES: Final = {
    Status.NEW: Text("new", "新建"),
    Status.ASSIGNED: Text("assigned", "已分派"),
    Status.IN_PROGRESS: Text("in progress", "处理中"),
    Status.PENDING: Text("pending", "等待中"),
    Status.RESOLVED: Text("resolved", "已解决"),
    Status.CLOSED: Text("closed", "已关闭"),
}


def held(record: ServiceRequest, standing: Standing | None) -> Posting:
    """That the tenant has the request: counted for ever, by org unit and status."""
    _ = standing
    return Posting(record.unit_path or "", {"status": str(record.status)})


def told_as(record: ServiceRequest, locale: str) -> str:
    """A request in one line."""
    return f"{record.title[:150]} ({STATUS_TITLES[Status(record.status)].in_language(locale)})"
