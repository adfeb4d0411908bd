"""Months, bills and figures on the wire."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from chalicelib.web.batch_models import MAX_OPERATIONS
from chalicelib.web.wire import CLOSED, WHOLE, Body, Shown
from modules.contacts.kinds import MONTH
from modules.contacts.lines.schemas import Key, Money
from modules.contacts.people.schemas import ExternalId, SystemName
from modules.contacts.usage.rules import MONEY, QUANTITIES, negative

if TYPE_CHECKING:
    from modules.contacts.usage.records import Bill, Monthly

Month = Annotated[str, Field(pattern=MONTH, examples=["2026-10"])]
Quantity = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,6})?$")]
Count = Annotated[int, Field(ge=0, le=10**12), WHOLE]


class _Amounts(Body):
    arpu: Money | None = Field(default=None, description="average revenue per user that the month counts with")
    invoice: Money | None = Field(
        default=None, description="what was charged", examples=[{"amount": "65.60", "currency": "USD"}]
    )
    payment: Money | None = Field(default=None, description="what was paid")
    balance: Money | None = Field(default=None, description="of the account at the end of the month")
    arrears: Money | None = Field(default=None, description="what was due and not paid")
    value_added_services: Money | None = Field(default=None, description="charged for value-added services")
    long_distance: Money | None = Field(default=None, description="charged for long-distance calls")


class UsageSaid(_Amounts):
    """What a source says of a month. A figure that is not named stays as it is, null takes it away."""

    as_of: AwareDatetime | None = Field(
        default=None, description="when the source had it so; a later word wins, whatever the order. Default: now"
    )
    source: SystemName | None = Field(default=None, description="the system that says it")
    voice_minutes: Quantity | None = Field(default=None, description="minutes, a decimal text", examples=["312.5"])
    data_mb: Quantity | None = Field(
        default=None, description="megabytes (a gigabyte has 1,024), a decimal text", examples=["16384"]
    )
    sms: Count | None = None
    points: Annotated[int, Field(ge=-(10**12), le=10**12), WHOLE] | None = Field(
        default=None, description="of the loyalty programme, at the end of the month"
    )


class UsageIn(UsageSaid):
    """A month of one of the customer's lines or accounts; of neither: of the customer as a whole.

    A month that is said by an external id (batches, imports) is another one: that of the customer whom the other system
    knows so. Whoever uses both says two.
    """

    line_id: str | None = Field(default=None, min_length=1, max_length=40)
    account: Key | None = None


class UsageKey(Body):
    """Whose month: one key that finds customer or line, or an account alone; an account may go with a customer's."""

    month: Month
    contact_id: str | None = Field(default=None, min_length=1, max_length=40)
    external_id: ExternalId | None = None
    msisdn: str | None = Field(default=None, min_length=3, max_length=32, description="in any format")
    line_id: str | None = Field(default=None, min_length=1, max_length=40)
    account: Key | None = None


class UsageOperation(BaseModel):
    """Say a month."""

    model_config = CLOSED

    op: Literal["upsert"]
    key: UsageKey
    data: UsageSaid


class UsageBatch(BaseModel):
    """Up to 500 months."""

    model_config = CLOSED

    operations: list[UsageOperation] = Field(min_length=1, max_length=MAX_OPERATIONS)


class UsageMonthOut(Shown):
    """A month of a line, an account or a customer, as everybody reads it."""

    contact_id: str
    line_id: str | None
    account: str | None
    external_id: ExternalId | None = Field(description="said of the customer whom another system knows by this id")
    month: str
    arpu: Money | None
    invoice: Money | None
    payment: Money | None
    balance: Money | None
    arrears: Money | None
    value_added_services: Money | None
    long_distance: Money | None
    voice_minutes: str | None
    data_mb: str | None
    sms: int | None
    points: int | None
    negative: list[str] = Field(description="figures below zero: credits, as a rule")
    source: str | None
    as_of: datetime
    loaded_at: datetime
    revision: int = Field(description="1, and one more with each statement that changed a figure")
    restated_at: datetime | None = Field(description="when a figure that had been said was last replaced")


class BillOut(UsageMonthOut):
    """The newest month of a line, an account or a customer."""


class SumOut(Shown):
    """What the figures of several lines and accounts add up to: decimal texts by figure, amounts in the currency."""

    month: str
    count: int = Field(description="how many lines and accounts")
    restated: bool
    figures: dict[str, str]


class FiguresOut(Shown):
    """A period in one currency."""

    currency: str | None = Field(description="null: months without amounts")
    months: list[SumOut] = Field(description="the oldest first")
    total: dict[str, str]
    average: dict[str, str] = Field(description="per month that has the figure, to 4 places, rounded half to even")


class PeriodOut(Shown):
    """A customer's figures over a period."""

    contact_id: str
    complete: bool = Field(description="false: the customer has more months than one answer adds up")
    figures: list[FiguresOut] = Field(description="one for each currency")


def figures_of(said: UsageSaid) -> tuple[dict[str, str | None], set[str]]:
    """The figures that a body names, as decimal texts, and the currencies of its amounts."""
    named: dict[str, str | None] = {}
    currencies: set[str] = set()
    for name in MONEY:
        if name in said.model_fields_set:
            money: Money | None = getattr(said, name)
            named[name] = money.amount if money else None
            currencies |= {money.currency} if money else set()
    for name in QUANTITIES:
        if name in said.model_fields_set:
            value = getattr(said, name)
            named[name] = None if value is None else str(value)
    return named, currencies


def month_out(record: "Monthly") -> UsageMonthOut:
    """The month as everybody reads it."""
    return UsageMonthOut.model_validate(_shown(record))


def bill_out(record: "Bill") -> BillOut:
    """The bill as everybody reads it."""
    return BillOut.model_validate(_shown(record))


def _shown(record: "Monthly") -> dict[str, Any]:
    held, figures = record.held(), record.figures
    plain = {name: held.get(name) for name in UsageMonthOut.model_fields}
    amounts = {name: {"amount": figures[name], "currency": record.currency} for name in MONEY if name in figures}
    counts = {name: int(Decimal(figures[name])) for name in ("sms", "points") if name in figures}
    texts = {name: figures.get(name) for name in ("voice_minutes", "data_mb")}
    system, _, own = (record.external_id or "").partition(":")
    there = {"system": system, "id": own} if system else None
    told = {"external_id": there, "negative": negative(figures), "revision": int(record.revision)}
    return {**plain, **amounts, **counts, **texts, **told}
