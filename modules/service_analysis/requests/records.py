"""Requests as stored: each is the root of its own partition, in which its entries and clocks stand."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.attributes import JsonAttribute
from chalicelib.store.records import Record
from modules.service_analysis.kinds import REQUEST
from modules.service_analysis.requests.rules import CameAs, PendingOn, State, Status

EXTERNAL = "request_external_id"
_LOOKED_UP = (
    ("request_of_contact", "contact_id"),
    ("request_below", "parent_id"),
    ("request_merged_into", "merged_into"),
    ("request_of_outage", "outage_id"),
)
WITH_HANDLER = "request_with"
"""Finds a person's open requests: what says how busy they are."""


class ServiceRequest(Record, discriminator="request"):
    """What a customer wants of the operator.

    ``category`` and ``area`` are paths of the tenant's trees (``/billing/refund/``, ``/Georgia/Atlanta/``), so that a
    prefix names a branch. ``opened_at`` is when the customer said it, ``created_at`` when it was noted here.
    ``rating`` is 1 to 5, ``recommends`` 0 to 10. ``responded_at`` is when the first public reply went out. ``replies``
    and ``handovers`` tell whether it was solved at the first contact. ``resolver_id`` is who resolved it last,
    ``reopened_at`` when it was reopened last.
    ``imported_status`` is the status with which another system's request came last: it was opened there, and has
    neither clocks nor a route here.
    ``turns`` is how often the customer has waited for a further answer while that was promised.
    ``customer_rank`` is the level's: a lower one is a better one. ``outage_stage`` says how far its outage is with it
    (outages/rules.py).
    """

    KIND = REQUEST

    type = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    category = UnicodeAttribute(null=True)
    severity = UnicodeAttribute()
    priority = UnicodeAttribute()
    channel = UnicodeAttribute()
    contact_id = UnicodeAttribute(null=True)
    line_id = UnicodeAttribute(null=True)
    merged_from = UnicodeAttribute(null=True)
    customer_level = UnicodeAttribute(null=True)
    customer_rank = NumberAttribute(null=True)
    area = UnicodeAttribute(null=True)
    product = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    attachments = JsonAttribute(null=True)
    external_id = JsonAttribute(null=True)
    watchers = JsonAttribute(null=True)
    parent_id = UnicodeAttribute(null=True)
    queue_id = UnicodeAttribute(null=True)
    status = UnicodeAttribute(default=Status.NEW.value)
    pending_on = UnicodeAttribute(null=True)
    handler_id = UnicodeAttribute(null=True)
    first_responder_id = UnicodeAttribute(null=True)
    confirmed = BooleanAttribute(null=True)
    reopened = NumberAttribute(default=0)
    merged_into = UnicodeAttribute(null=True)
    solution = UnicodeAttribute(null=True)
    opened_at = UTCDateTimeAttribute()
    responded_at = UTCDateTimeAttribute(null=True)
    resolved_at = UTCDateTimeAttribute(null=True)
    resolver_id = UnicodeAttribute(null=True)
    reopened_at = UTCDateTimeAttribute(null=True)
    closed_at = UTCDateTimeAttribute(null=True)
    done_at = UTCDateTimeAttribute(null=True)
    replies = NumberAttribute(default=0)
    messages = NumberAttribute(default=0)
    handovers = NumberAttribute(default=0)
    # What other nouns note of it: outages/, clocks/ (due times, and whether they were kept), surveys/, articles/.
    outage_id = UnicodeAttribute(null=True)
    outage_stage = UnicodeAttribute(null=True)
    response_due_at = UTCDateTimeAttribute(null=True)
    resolution_due_at = UTCDateTimeAttribute(null=True)
    response_in_time = BooleanAttribute(null=True)
    resolution_in_time = BooleanAttribute(null=True)
    turns = NumberAttribute(default=0)
    rating = NumberAttribute(null=True)
    recommends = NumberAttribute(null=True)
    rated_at = UTCDateTimeAttribute(null=True)
    imported_status = UnicodeAttribute(null=True)
    articles = JsonAttribute(null=True)
    org_unit_id = UnicodeAttribute(null=True)
    unit_path = UnicodeAttribute(null=True)

    def state(self) -> str:
        """Listed by status."""
        return str(self.status)

    def owner(self) -> str | None:
        """Who works on it."""
        return self.handler_id

    def org_unit(self) -> str | None:
        """The path of the request's org unit."""
        return self.unit_path

    def hand_over(self, user_id: str) -> bool:
        """Another person works on what is open, and answers for it; what is over stays with whose it was."""
        if not self.open:
            return False
        if self.first_responder_id == self.handler_id:
            self.first_responder_id = user_id
        self.handler_id = user_id
        return True

    def about(self) -> frozenset[str]:
        """The customer."""
        return frozenset({str(self.contact_id)} if self.contact_id else ())

    def claims(self) -> frozenset[tuple[str, str]]:
        """What another system calls it is noted once."""
        found = self.external_id
        return frozenset({(EXTERNAL, external_key(found["system"], found["id"]))} if found else ())

    def lookups(self) -> frozenset[tuple[str, str]]:
        """Its customer's, parent's, heir's, outage's, articles', and among those in its queue or of its handler."""
        found = {(name, str(getattr(self, each))) for name, each in _LOOKED_UP if getattr(self, each)}
        found |= {("request_solved_by", str(each)) for each in self.articles or ()}
        if self.queue_id and self.open and not self.handler_id:
            found.add(("request_waiting_in", str(self.queue_id)))
        if self.handler_id and self.open:
            found.add((WITH_HANDLER, str(self.handler_id)))
        return frozenset(found)

    @property
    def open(self) -> bool:
        """Whether somebody has still to do something."""
        return self.status not in {Status.RESOLVED, Status.CLOSED}

    @property
    def as_imported(self) -> bool:
        """Whether nobody has done anything to it since it came from another system."""
        untouched = not (self.handler_id or self.first_responder_id or self.confirmed or self.merged_into)
        return self.held().get("imported_status") == self.status and untouched and not self.reopened

    def stands_as(self, came: CameAs) -> bool:
        """Whether what another system says of it now is how it stands, as far as that is taken from there."""
        held = self.held()
        if held.get("imported_status") is None:
            return True
        times = (("opened_at", came.opened_at), ("resolved_at", came.resolved_at), ("closed_at", came.closed_at))
        wanted = times if self.as_imported else times[:1]
        return all(at is None or held.get(name) == at for name, at in wanted) and not (
            self.as_imported and came.status and came.status != self.status
        )

    def standing(self) -> State:
        """The request as its state machine sees it."""
        return State(
            status=Status(self.status),
            pending_on=PendingOn(self.pending_on) if self.pending_on else None,
            handler=self.handler_id,
            first_responder=self.first_responder_id,
            confirmed=bool(self.confirmed),
            done_at=self.done_at,
            reopened=int(self.reopened),
            merged_into=self.merged_into,
        )

    def take(self, state: State) -> None:
        """Stand as the state machine says."""
        self.status = str(state.status)
        self.pending_on = str(state.pending_on) if state.pending_on else None
        self.handler_id, self.first_responder_id = state.handler, state.first_responder
        self.confirmed = True if state.confirmed else None
        self.done_at, self.reopened, self.merged_into = state.done_at, state.reopened, state.merged_into


def external_key(system: str, there: str) -> str:
    """An id in another system, as a claim has it; systems have no colon."""
    return f"{system}:{there}"
