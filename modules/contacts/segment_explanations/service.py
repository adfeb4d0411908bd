"""The use case of explanations."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.call import Call
from modules.contacts.kinds import SENSITIVE
from modules.contacts.memberships.service import needs, read_customers
from modules.contacts.people.service import get_contact
from modules.contacts.segment_attributes.rules import SENSITIVE as SENSITIVE_ATTRIBUTES
from modules.contacts.segment_explanations.schemas import Explanation, NodeOut
from modules.contacts.segment_members.service import since
from modules.contacts.segment_rules.rules import Judged, explain, operator_of
from modules.contacts.segment_time.rules import Today
from modules.contacts.segments.service import get_segment


def why(call: Call, segment_id: str, contact_id: str) -> Explanation:
    """Rule by rule why a customer is in a segment, or is not. Raises NotFound."""
    segment = get_segment(call, segment_id)
    contact = get_contact(call, contact_id)
    member_since = since(call.store, contact_id).get(segment_id)
    judged = None
    if segment.rule is not None:
        today = Today(call.now, ZoneInfo(call.tenant.time_zone))
        beside, usage = needs([segment.rule])
        customer = read_customers(call.store, [contact.id], today.zone, beside=beside, usage=usage)[contact.id]
        judged = explain(segment.rule, customer[1], today) if customer else None
    return Explanation(
        segment_id=segment_id,
        contact_id=contact_id,
        member=member_since is not None,
        since=member_since,
        fits=judged.holds if judged else None,
        changes_at=judged.changes_at if judged else None,
        rule=_node(judged, may=call.may(SENSITIVE)) if judged else None,
    )


def _node(judged: Judged, *, may: bool, of_line: bool = False) -> NodeOut:
    name = judged.rule.get("attribute")
    operator, wanted = operator_of(judged.rule) if name else (None, None)
    hidden = not of_line and not may and name in SENSITIVE_ATTRIBUTES
    below = of_line or judged.kind == "any_line"
    return NodeOut(
        kind=judged.kind,  # type: ignore[arg-type] # one of rules.KINDS
        holds=judged.holds,
        # When a birthday is would say what the birth date hides.
        changes_at=None if hidden else judged.changes_at,
        attribute=name,
        operator=operator,
        wanted=None if hidden else wanted,
        seen=None if hidden or name is None else list(_plain(judged)),
        line_id=judged.line or None,
        parts=[_node(each, may=may, of_line=below) for each in judged.parts],
    )


def _plain(judged: Judged) -> Iterator[Any]:
    for each in judged.seen:
        yield each if isinstance(each, str | bool) else str(each)
