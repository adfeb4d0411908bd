"""Routes of data quality."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from modules.contacts.data_quality.schemas import DataQualityIn, DataQualityOut, DataQualitySummaryOut
from modules.contacts.kinds import DATA_QUALITY

if TYPE_CHECKING:
    from modules.contacts.data_quality import service
else:
    service = Late("modules.contacts.data_quality.service")

routes = Routes("contacts")

PATH = "/contacts/data-quality/reports"


@routes.post(PATH, needs=DATA_QUALITY, feature="data_quality", examples={"a year": {"fresh_months": 12}})
def create_data_quality_report(call: Call, body: DataQualityIn) -> Accepted[DataQualityOut]:
    """Measure data quality: a job looks at every customer, line and newest bill that you see."""
    return service.ask(call, body)


@routes.get(PATH, needs=DATA_QUALITY, feature="data_quality", listing=Listing())
def list_data_quality_reports(call: Call, query: ListQuery) -> Listed[DataQualitySummaryOut]:
    """List reports on data quality."""
    return service.page(call, query)


@routes.get(f"{PATH}/{{report_id}}", needs=DATA_QUALITY, feature="data_quality")
def get_data_quality_report(call: Call, report_id: str) -> DataQualityOut:
    """Read a report: completeness, validity, shared values and freshness by field and source, as scores."""
    return service.look(call, report_id)
