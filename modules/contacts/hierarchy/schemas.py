"""A group customer's hierarchy on the wire."""

from pydantic import Field

from chalicelib.web.wire import Shown
from modules.contacts.people.schemas import ContactOut


class Hierarchy(Shown):
    """Who stands above and directly below a contact, as far as the caller may see them."""

    contact: ContactOut
    ancestors: list[ContactOut] = Field(description="the nearest first, up to the first one that is not the caller's")
    children: list[ContactOut] = Field(description="the newest 50 of those directly below")
    more_children: bool = Field(description="whether there are more: GET /v1/contacts?parent_id= lists all by pages")
