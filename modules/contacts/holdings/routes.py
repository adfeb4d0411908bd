"""The route of a number's history."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from chalicelib.web.routes import Routes
from modules.contacts.holdings.schemas import HoldingOut
from modules.contacts.kinds import SENSITIVE

if TYPE_CHECKING:
    from modules.contacts.holdings import service
else:
    service = Late("modules.contacts.holdings.service")

routes = Routes("contacts")

Number = Annotated[str | None, Field(min_length=1, max_length=64)]


@routes.get("/lines/holdings", needs=SENSITIVE, feature="lines", listing=Listing(sorts=("since",)))
def list_holdings(  # noqa: PLR0917 - one parameter per sort of number
    call: Call,
    query: ListQuery,
    msisdn: Number = None,
    iccid: Number = None,
    imsi: Number = None,
    account: Number = None,
    at: AwareDatetime | None = None,
) -> Listed[HoldingOut]:
    """List who held a number, newest first, or who held it at an instant.

    Give exactly one number; ``msisdn`` in any format. Intervals are half-open, in UTC, and begin when this system was
    told. A holding is shown to those who may see its contact; that it was asked for is kept for the audit.
    """
    given = {"msisdn": msisdn, "iccid": iccid, "imsi": imsi, "account": account}
    return service.history(call, query, {name: value for name, value in given.items() if value is not None}, at)
