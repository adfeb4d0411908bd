"""What can be wrong with a household."""

from chalicelib.modules import Text
from chalicelib.problems import StateConflict


def has_members() -> StateConflict:
    """A household is not deleted while contacts say that they belong to it."""
    return StateConflict(
        Text(
            "Contacts belong to this household: take them out first (GET /v1/contacts?household_id= lists them).",
            "仍有客户属于该家庭：请先将其移出（GET /v1/contacts?household_id= 可列出成员）。",
        )
    )
