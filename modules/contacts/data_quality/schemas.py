"""Reports on the wire."""

from typing import Literal

from pydantic import Field

from chalicelib.jobs.schemas import ProgressOut
from chalicelib.web.wire import Body, Live, Shown, Whole

Share = float


class DataQualityIn(Body):
    """What to look at: everything that you see."""

    fresh_months: Whole = Field(
        default=12, ge=1, le=120, description="a customer is fresh who was touched within so many months"
    )


class QualityOut(Shown):
    """Counts of a field's values, and shares of them from 0 to 100."""

    records: int = Field(description="that can have the field")
    present: int
    missing: int
    invalid: int
    shared: int = Field(description="values that another record has too; a record can have several")
    completeness: Share
    validity: Share
    score: Share


class OfSourceOut(QualityOut):
    """The same for the records of one source."""

    source: str


class FieldQualityOut(QualityOut):
    """A field over all sources, and for each."""

    field: str
    reasons: dict[str, int] = Field(description="what is wrong with values, how often")
    sources: list[OfSourceOut]


class SourceQualityOut(Shown):
    """A source system, by its customers' external ids; `none` for those without."""

    source: str
    customers: int
    fresh: int
    freshness: Share
    score: Share | None


class OffenderOut(Shown):
    """A record with many findings."""

    id: str
    invalid: int
    missing: int
    reasons: list[str] = Field(description="field: code, the first ten")


class DataQualitySummaryOut(Live):
    """A report in short. It has no ETag: how far its job is shows without a new version."""

    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    job_id: str
    progress: ProgressOut
    fresh_months: int
    limited: bool = Field(description="you do not see everything, so this is a report on what you see")
    score: Share | None


class DataQualityOut(DataQualitySummaryOut):
    """A report: by field and source, with the worst offenders; null and empty until its job has ended."""

    formula: str
    looked_at: dict[str, int] = Field(description="how many contacts, lines and bills")
    freshness: Share | None
    sources: list[SourceQualityOut]
    fields: list[FieldQualityOut]
    shared_values: dict[str, int] = Field(description="by field, how many values several records have")
    worst: list[OffenderOut] = Field(description="the 50 records with the most invalid, then the most missing values")
    offenders_file_id: str | None = Field(description="a file of all invalid and shared values: ids and reasons")
