"""Use cases of holdings: the history of a number."""

from datetime import datetime

from chalicelib.call import Call
from chalicelib.modules import Index, Text
from chalicelib.problems import BadRequest, ValueRefused
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Listed
from modules.contacts.holdings.records import Holding, of_number
from modules.contacts.holdings.schemas import HoldingOut
from modules.contacts.people.records import Contact
from modules.contacts.people.rules import normalise_phone


def history(call: Call, query: ListQuery, given: dict[str, str], at: datetime | None) -> Listed[HoldingOut]:
    """Who held a number, the newest first, or who held it at an instant: as far as the caller may see those contacts.

    That it was asked for is noted for the audit. Raises BadRequest unless exactly one number is given.
    """
    if len(given) != 1:
        raise BadRequest(Text("Give exactly one number.", "请仅提供一个号码。"))
    ((name, value),) = given.items()
    try:
        value = normalise_phone(value, call.tenant.default_region) if name == "msisdn" else value
    except ValueRefused:
        return Listed([])  # nobody has held what is no number
    # Sort keys begin with the instant: those behind it, with whatever line id, are not read.
    until = keys.moment("", at.isoformat(timespec="milliseconds"), keys.ABOVE) if at else keys.creation(keys.ABOVE)
    found, position = call.store.query(
        of_number(call.tenant_id, name, value),
        between=(keys.creation("0"), until),
        index=Index.STATE,
        limit=query.limit,
        newest_first=query.newest_first,
        start=query.cursor,
    )
    held = [each for each in found if isinstance(each, Holding) and _lasts(each, at)]
    places = {each.contact_id: Contact.key_of(call.tenant_id, each.contact_id) for each in held}
    raws = call.store.fetch(places.values()) if places else {}
    seen = {each for each, place in places.items() if call.store.known(Contact, place, raws[place])}
    shown = [each for each in held if each.contact_id in seen]
    call.note("line.holdings_read", shown[0].line_id if len(shown) == 1 else "", key=name, found=len(shown))
    return Listed([_out(each) for each in shown], position)


def _lasts(holding: Holding, at: datetime | None) -> bool:
    until: datetime | None = holding.held().get("until")
    return at is None or until is None or at < until


def _out(holding: Holding) -> HoldingOut:
    return HoldingOut.model_validate({name: getattr(holding, name) for name in HoldingOut.model_fields})
