"""The first rows as they would be loaded: the real use cases decide, and what they stage is dropped."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from chalicelib.call import Call
from chalicelib.imports.acting import Acting, Fate, read_ahead
from chalicelib.imports.faults import fault_of
from chalicelib.imports.plan import Finding, Parsed, Plan, without_new
from chalicelib.imports.reader import Layout, Row
from chalicelib.imports.schemas import (
    CellProblem,
    ColumnPreview,
    CountedProblem,
    PreviewCounts,
    PreviewOut,
    PreviewRow,
)
from chalicelib.imports.showing import dates_out
from chalicelib.imports.target import ImportTarget

# A second's work of one request; the first rows show what is wrong with a mapping.
MOST_ROWS: Final = 1000
SHOWN: Final = 20
_WAVE: Final = 100

_OUTCOMES: Final = {
    Fate.CREATED: "new",
    Fate.UPDATED: "changed",
    Fate.UNCHANGED: "unchanged",
    Fate.REJECTED: "invalid",
}


def preview_rows(
    call: Call, target: ImportTarget, plan: Plan, rows: Iterator[Row], layout: Layout, dates: Mapping[str, Any]
) -> PreviewOut:
    """Read and judge up to MOST_ROWS rows; ``dates`` is what was found in columns of dates."""
    seen: set[str] = set()
    tally = _Tally(plan, layout, call.locale, dates)
    while wave := list(islice(rows, min(_WAVE, MOST_ROWS - tally.rows))):
        parsed = [_parsed(plan, row) for row in wave]
        read_ahead(call, target, plan, parsed)
        for row, each in zip(wave, parsed, strict=True):
            identity = None if each.errors else target.told_apart_by(plan.key, each.values)
            if identity is not None and identity in seen:
                tally.add(row, each, "duplicate")
                continue
            seen.add(identity or "")
            tally.add(row, each, _outcome(call, target, plan, each, len("".join(row.cells))))
    return tally.result(whole=next(rows, None) is None)


def _parsed(plan: Plan, row: Row) -> Parsed:
    return plan.parse(row.cells) if row.fault is None else Parsed(errors=[fault_of(row.fault)])


def _outcome(call: Call, target: ImportTarget, plan: Plan, parsed: Parsed, size: int) -> str:
    """What the use case says, alone with the row; a value of a field that is to be declared is a change."""
    known = Parsed(without_new(plan.columns, parsed.values), parsed.errors, parsed.warnings)
    done = Acting(call, target, plan).act(known, size)
    call.store.drop()
    if done.fate is Fate.REJECTED and not parsed.errors:
        parsed.errors.extend(done.errors)
    if done.fate is Fate.UNCHANGED and len(known.values) < len(parsed.values):
        return _OUTCOMES[Fate.UPDATED]
    return _OUTCOMES[done.fate]


class _Tally:
    def __init__(self, plan: Plan, layout: Layout, locale: str, dates: Mapping[str, Any]) -> None:
        self.plan, self.layout, self.locale, self.dates = plan, layout, locale, dates
        self.rows = 0
        self._outcomes: Counter[str] = Counter()
        self._warnings = 0
        self._empty: Counter[int] = Counter()
        self._problems: dict[tuple[str | None, str], CountedProblem] = {}
        self._first: list[PreviewRow] = []

    def add(self, row: Row, parsed: Parsed, outcome: str) -> None:
        self.rows += 1
        self._outcomes[outcome] += 1
        self._warnings += len(parsed.warnings)
        self._empty.update(place for place, cell in enumerate(row.cells) if not cell.strip())
        for finding in parsed.errors:
            self._count(row.line, finding)
        if len(self._first) < SHOWN:
            problems, warnings = self._said(parsed.errors), self._said(parsed.warnings)
            first = {"line": row.line, "outcome": outcome, "values": parsed.values}
            self._first.append(PreviewRow.model_validate(first | {"problems": problems, "warnings": warnings}))

    def result(self, *, whole: bool) -> PreviewOut:
        planned = {each.column: each for each in self.plan.columns}
        columns = [
            ColumnPreview(
                name=name,
                field=planned[name].field if name in planned else None,
                type=planned[name].meaning.type if name in planned else None,
                empty=self._empty[place],
                problems=self._of(name),
                dates=dates_out(self.dates[name], planned.get(name), self.locale) if name in self.dates else None,
            )
            for place, name in enumerate(self.layout.columns)
        ]
        names = ("new", "changed", "unchanged", "duplicate", "invalid")
        counts = PreviewCounts(warnings=self._warnings, **{name: self._outcomes[name] for name in names})
        return PreviewOut(
            rows_read=self.rows,
            whole_file=whole,
            counts=counts,
            columns=columns,
            unplaced=self._of(None),
            rows=self._first,
        )

    def _count(self, line: int, finding: Finding) -> None:
        at = (finding.column, finding.code)
        if at in self._problems:
            self._problems[at].count += 1
            return
        detail = finding.detail.in_language(self.locale)
        self._problems[at] = CountedProblem(code=finding.code, detail=detail, count=1, first_line=line)

    def _of(self, column: str | None) -> list[CountedProblem]:
        return [each for (name, _), each in self._problems.items() if name == column]

    def _said(self, findings: list[Finding]) -> list[CellProblem]:
        return [
            CellProblem(column=each.column, code=each.code, detail=each.detail.in_language(self.locale))
            for each in findings
        ]
