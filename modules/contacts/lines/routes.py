"""Routes of lines."""

from chalicelib.call import Call
from chalicelib.problems import StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Created, Listed, Patch
from chalicelib.web.routes import Routes
from modules.contacts.kinds import LINE, READ, WRITE
from modules.contacts.lines import service
from modules.contacts.lines.schemas import LineIn, LineOut, TransferIn

routes = Routes("contacts")

EXAMPLE = {
    "msisdn": "+14155550101",
    "product": "Fibre 500",
    "starts_on": "2026-03-01",
    "monthly_fee": {"amount": "80.85", "currency": "USD"},
}


@routes.post("/contacts/{contact_id}/lines", needs=WRITE, feature="lines", examples={"line": EXAMPLE})
def create_line(call: Call, contact_id: str, body: LineIn) -> Created[LineOut]:
    """Add a line to a contact."""
    return service.create_line(call, contact_id, body)


@routes.get("/contacts/{contact_id}/lines", needs=READ, feature="lines")
def list_contact_lines(call: Call, contact_id: str) -> Listed[LineOut]:
    """List a contact's lines."""
    return service.list_contact_lines(call, contact_id)


@routes.get("/contacts/{contact_id}/lines/{line_id}", needs=READ, feature="lines")
def get_line(call: Call, contact_id: str, line_id: str) -> LineOut:
    """Read a line."""
    return service.line_out(service.get_line(call, contact_id, line_id))


@routes.patch(
    "/contacts/{contact_id}/lines/{line_id}", needs=WRITE, feature="lines", examples={"end": {"status": "ended"}}
)
def update_line(call: Call, contact_id: str, line_id: str, body: Patch[LineIn]) -> LineOut:
    """Change a line, or end it."""
    return service.update_line(call, contact_id, line_id, body)


@routes.post(
    "/contacts/{contact_id}/lines/{line_id}/transfer",
    needs=WRITE,
    feature="lines",
    refuses=(StateConflict,),
    examples={"transfer": {"to": "cnt_…"}},
)
def transfer_line(call: Call, contact_id: str, line_id: str, body: TransferIn) -> LineOut:
    """Hand a line's numbers over to another contact; the answer is that one's new line.

    The line ends where it is, with all that was noted of it, and a new one begins at the other contact, in one
    transaction: at no instant are the numbers free, or two customers'. What passes are MSISDN, ICCID, IMSI, IMEI and
    product; the account of a line without an MSISDN too. Contract, fee and outlet are the former owner's.
    """
    return service.transfer_line(call, contact_id, line_id, body)


@routes.get("/lines", needs=READ, feature="lines", listing=LINE.listing)
def list_lines(call: Call, query: ListQuery) -> Listed[LineOut]:
    """List all lines."""
    return service.list_lines(call, query)
