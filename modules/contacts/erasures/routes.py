"""Routes of erasures."""

from typing import TYPE_CHECKING

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Listing
from chalicelib.problems import NotFound, StateConflict
from chalicelib.store.lists import ListQuery
from chalicelib.web.results import Accepted, Listed
from chalicelib.web.routes import Routes
from modules.contacts.erasures.schemas import ErasureIn, KeptFiguresOut, SubjectErasureOut
from modules.contacts.kinds import ERASE_SUBJECT

if TYPE_CHECKING:
    from modules.contacts.erasures import service
else:
    service = Late("modules.contacts.erasures.service")

routes = Routes("contacts")

EXAMPLE = {"reason": "Asked for it by letter", "confirm": "José Núñez"}


@routes.post(
    "/contacts/{contact_id}/erasure",
    needs=ERASE_SUBJECT,
    refuses=(NotFound, StateConflict),
    examples={"asked": EXAMPLE},
)
def erase_subject(call: Call, contact_id: str, body: ErasureIn) -> Accepted[SubjectErasureOut]:
    """Erase a person: all that is held in every module, for good.

    A job does it and certifies what it has deleted. Amounts that were billed and paid stay, by month, under a pseudonym
    that leads to nobody. Files that may hold the person among others are deleted. One that has failed is tried again.
    """
    return service.erase(call, contact_id, body)


@routes.get("/contacts/{contact_id}/erasure", needs=ERASE_SUBJECT)
def get_subject_erasure(call: Call, contact_id: str) -> SubjectErasureOut:
    """Read how a person's erasure is, and its certificate when it is done."""
    return service.look(call, contact_id)


@routes.get("/contacts/kept-figures", needs=ERASE_SUBJECT, listing=Listing(sorts=()))
def list_kept_figures(call: Call, query: ListQuery) -> Listed[KeptFiguresOut]:
    """List what accounting keeps of those who are erased."""
    return service.kept_figures(call, query)
