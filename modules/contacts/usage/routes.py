"""Routes of usage and bills."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from chalicelib.call import Call
from chalicelib.late import Late
from chalicelib.modules import Filter, Listing, Op
from chalicelib.problems import AmbiguousKey, Invalid, NotFound
from chalicelib.store.commit import Action
from chalicelib.store.lists import ListQuery
from chalicelib.web.batch import Batch, Together
from chalicelib.web.batch_models import BatchResult
from chalicelib.web.results import Listed, Upserted
from chalicelib.web.routes import Routes
from modules.contacts.kinds import LOAD_USAGE, READ
from modules.contacts.usage.errors import OlderFigures
from modules.contacts.usage.schemas import (
    Month,
    PeriodOut,
    UsageBatch,
    UsageIn,
    UsageKey,
    UsageMonthOut,
    UsageOperation,
    UsageSaid,
)

if TYPE_CHECKING:
    from modules.contacts.usage import service
else:
    service = Late("modules.contacts.usage.service")

routes = Routes("contacts")

From = Annotated[Month | None, Field(alias="from")]
EXAMPLE = {"invoice": {"amount": "65.60", "currency": "USD"}, "data_mb": "16384", "as_of": "2026-11-02T04:00:00Z"}
MONTHS = Listing(
    filters=(Filter("line_id", frozenset({Op.EQ})), Filter("account", frozenset({Op.EQ}))), sorts=("month",)
)


def _upsert(call: Call, key: UsageKey, data: UsageSaid) -> Upserted[Any]:
    return service.upsert_month(call, key, data)


def _read_ahead(call: Call, operations: Sequence[UsageOperation]) -> None:
    service.read_months_ahead(call, operations)


def _room(outcomes: Sequence[Any]) -> int:
    return service.room_for(outcomes)


def _stage(call: Call, outcomes: Sequence[Any]) -> Sequence[Action]:
    return service.load_together(call, outcomes)


@routes.put(
    "/contacts/{contact_id}/usage/{month}",
    needs=LOAD_USAGE,
    feature="usage",
    examples={"month": EXAMPLE},
    refuses=(Invalid, OlderFigures),
)
def put_usage(call: Call, contact_id: str, month: Month, body: UsageIn) -> UsageMonthOut:
    """Say a month's figures of a customer, or of one of its lines or accounts.

    Figures that the body does not name stay, null takes one away; figures that are known as of later are not replaced
    (409). The same figures again change nothing.
    """
    return service.put_month(call, contact_id, month, body)


@routes.get("/contacts/{contact_id}/usage", needs=READ, feature="usage", listing=MONTHS, refuses=(Invalid,))
def list_usage(
    call: Call, contact_id: str, query: ListQuery, from_: From = None, to: Month | None = None
) -> Listed[UsageMonthOut]:
    """List a customer's months, of a line or account the newest first.

    ``from`` and ``to`` are months, both included. Without ``line_id`` or ``account`` one line's months follow
    another's, and a page can hold fewer than ``limit`` of the period.
    """
    return service.list_months(call, contact_id, query, from_, to)


@routes.get("/contacts/{contact_id}/usage/figures", needs=READ, feature="usage", refuses=(Invalid,))
def get_usage_figures(
    call: Call,
    contact_id: str,
    from_: From = None,
    to: Month | None = None,
    line_id: Annotated[str | None, Field(min_length=1, max_length=40)] = None,
) -> PeriodOut:
    """Add up a customer's months of a period.

    Over all lines and accounts, or for one line: by month, in total and on average.
    """
    return service.period(call, contact_id, from_, to, line_id)


@routes.post(
    "/contacts/usage/batch",
    needs=LOAD_USAGE,
    feature="usage",
    batch=Batch(
        model=UsageBatch,
        performs={"upsert": _upsert},
        read_ahead=_read_ahead,
        together=Together(_room, _stage),
    ),
    examples={
        "months": {"operations": [{"op": "upsert", "key": {"month": "2026-10", "msisdn": "+1…"}, "data": EXAMPLE}]}
    },
    refuses=(NotFound, AmbiguousKey, OlderFigures),
)
def batch_usage(call: Call, body: UsageBatch, atomic: bool = False) -> BatchResult:
    """Say up to 500 months.

    By the customer's id or external id, a line's id or number, or an account. Answers 207 with one status per
    operation, in order: the customer's id, and the month's revision as version.
    """
    raise AssertionError(call, body, atomic)  # web/batch.py answers batch routes
