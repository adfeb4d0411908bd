"""Imports on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.imports.dates import FORM
from chalicelib.imports.suggest import Reason
from chalicelib.imports.values import FieldType
from chalicelib.jobs.schemas import ProgressOut
from chalicelib.web.wire import Body, Live, Shown

Mode = Literal["create", "update", "upsert"]
Status = Literal["draft", "queued", "running", "succeeded", "failed", "cancelled", "reverting", "reverted"]
JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
NewType = Literal["text", "number", "boolean", "date", "enum"]
FileId = Annotated[str, Field(min_length=1, max_length=40)]
FieldName = Annotated[str, Field(min_length=1, max_length=80)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Cell = Annotated[str, Field(max_length=200, pattern=r"\S")]


class NewField(Body):
    """A custom field that the import declares before it reads a row. Its name stands in ``field``."""

    type: NewType
    options: list[Word] = Field(default=[], max_length=200, description="of an enum: the words it takes")
    title: Annotated[str, Field(max_length=200)] = Field(default="", description="how people call it")


class Column(Body):
    """Where a column's cells go."""

    field: FieldName | None = Field(default=None, description="a field, or `custom.<name>`; null keeps the column out")
    values: dict[Word, str | bool | int | float] = Field(
        default={}, max_length=500, description="cells that stand for another value: `Stayed` → `active`"
    )
    new: NewField | None = Field(default=None, description="declare this custom field, if the tenant has none so named")
    warn_if_negative: bool = Field(default=False, description="a value below zero is loaded, and told in the warnings")
    date_form: Annotated[str, Field(max_length=20, pattern=FORM, examples=["%d-%m-%y"])] | None = Field(
        default=None,
        description="how its dates are written: `%d-%m-%y`, `%d-%b-%y`, `%m/%d/%Y`; null: `%Y-%m-%d`",
    )
    day_month_swapped: bool = Field(
        default=False,
        description="day and month of its dates have changed places where the day is 12 or less, and are put back",
    )


class ImportIn(Body):
    """A file to be imported. It must be completely uploaded."""

    file_id: FileId = Field(
        description="with a header: CSV, TSV and the like in UTF-8, GB18030 or UTF-16, or an XLSX workbook"
    )
    sheet: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="of a workbook: the sheet's name; default: the first one that is not hidden"
    )
    dictionary_file_id: FileId | None = Field(default=None, description="a CSV file that says what the columns mean")
    system: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$", examples=["billing"], description="whose ids the file's ids are"
    )


class ImportPlan(Body):
    """How rows become records. Columns that the mapping does not name are kept out."""

    mode: Mode = Field(
        default="upsert",
        description="create: a row whose record is there is rejected; update: a row whose record is not there is; "
        "upsert: neither",
    )
    key: FieldName | None = Field(
        default=None, description="the field that finds a row's record; null, with mode create, looks for none"
    )
    mapping: dict[Annotated[str, Field(max_length=200)], Column] = Field(default={}, max_length=200)
    constants: dict[FieldName, Cell] = Field(
        default={}, max_length=20, description="cells for fields that no column fills, the same for each row"
    )


class SuggestedColumn(Shown):
    """A column of the file, and why its suggestion was what it was."""

    name: str
    confidence: float = Field(description="of the first suggestion, from 0 to 1")
    reason: Reason
    why: str


class Counts(Shown):
    """What became of the rows so far; `warnings` counts cells."""

    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    warnings: int


class Warned(Shown):
    """How often a rule has found something in a column."""

    column: str
    rule: str
    count: int


class RevertCounts(Shown):
    """What became of what the import had written, in rows of its own."""

    restored: int = Field(description="records that have values back which they had before")
    deleted: int = Field(description="records that the import had created, and nobody has touched since")
    kept: int = Field(description="records with something that was changed since, or can't be put back: see the file")
    gone: int = Field(description="records that are not there any more")
    unchanged: int = Field(description="records that had their former values already")


class RevertOut(Shown):
    """The job that takes an import back."""

    job_id: str
    status: JobStatus
    progress: ProgressOut
    counts: RevertCounts | None
    kept_file_id: str | None = Field(
        description="what was kept: record, field, its value before, as imported and now, and why; when there is any"
    )


class ImportOut(Live):
    """An import. It has no ETag: what its job is doing shows without a new version."""

    file_id: str
    dictionary_file_id: str | None
    encoding: str | None = Field(description="of a text file: `utf-8`, `gb18030`, `utf-16-le` or `utf-16-be`")
    sheet: str | None = Field(description="of a workbook")
    system: str
    mode: Mode
    key: str | None
    columns: list[SuggestedColumn]
    mapping: dict[str, Column]
    constants: dict[str, str]
    status: Status
    job_id: str | None
    progress: ProgressOut | None
    counts: Counts | None
    warnings: list[Warned]
    revertible_until: datetime | None = Field(description="when it has ended and can still be reverted")
    revert: RevertOut | None
    rejected_file_id: str | None = Field(
        description="the rejected rows with their lines and reasons, when there are any"
    )
    warnings_file_id: str | None = Field(description="each cell that was warned of, when there are any")


class CellProblem(Shown):
    """What is wrong with a cell, or with the whole row when `column` is null."""

    column: str | None
    code: str
    detail: str


class PreviewRow(Shown):
    """A row as it would be loaded."""

    line: int
    outcome: Literal["new", "changed", "unchanged", "duplicate", "invalid"]
    values: dict[str, Any]
    problems: list[CellProblem]
    warnings: list[CellProblem]


class DateReading(Shown):
    """A form in which a column's dates can be read: how many cells are dates then, and where they lie."""

    form: str
    rows: int
    first: date
    last: date


class DaysSwapped(Shown):
    """What says that day and month have changed places where the day is 12 or less.

    `first` and `last` are where the dates lie as they stand; repaired, but for what lies apart, the others.
    """

    rows: int = Field(description="whose date the repair changes")
    share: float = Field(description="of all dates of the column, from 0 to 1")
    first: date
    last: date
    first_repaired: date
    last_repaired: date
    evidence: list[str]
    confidence: float = Field(description="from 0 to 1")
    repaired: bool = Field(description="the mapping says `day_month_swapped`: they are put back")


class DatesPreview(Shown):
    """What the dates of a column look like, in the rows that were read when the import was begun."""

    rows: int = Field(description="cells that are not empty, of at most 10,000 rows or 8 MB from the file's beginning")
    whole_file: bool = Field(description="whether these are all cells of the file")
    form: str | None = Field(description="how they are written; null: that is a question, which `date_form` answers")
    readings: list[DateReading] = Field(description="the forms that are possible, the likeliest first")
    why: list[str]
    swapped: DaysSwapped | None = Field(description="null: nothing says that day and month have changed places")


class ColumnPreview(Shown):
    """What was found in a column."""

    name: str
    field: str | None
    type: FieldType | None
    empty: int
    problems: list["CountedProblem"]
    dates: DatesPreview | None = Field(description="of a column of dates")


class CountedProblem(Shown):
    """A problem of a column's cells: how often, and where first."""

    code: str
    detail: str
    count: int
    first_line: int


class PreviewCounts(Shown):
    """What would become of the rows that were read. Rows that repeat a key of an earlier one are `duplicate`."""

    new: int
    changed: int
    unchanged: int
    duplicate: int
    invalid: int
    warnings: int


class PreviewOut(Shown):
    """The first rows as they would be loaded. Nothing is written."""

    rows_read: int
    whole_file: bool = Field(description="whether these are all rows of the file")
    counts: PreviewCounts
    columns: list[ColumnPreview]
    unplaced: list[CountedProblem] = Field(description="problems of whole rows")
    rows: list[PreviewRow] = Field(description="the first 20")
