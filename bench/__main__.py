"""`python -m bench`: measure the product against the budgets of quality.md; 1 when one of them is broken.

an engine in memory → for each size: a tenant, its customers, rebuild → every operation → CPU → import → cold start
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import after, budgets, cold_start, importing, loading, overhead, report
from bench.errors import BenchError
from bench.house import House, engine, house
from bench.operations import NEW, PAGE, READS, WRITES, Operation
from bench.prices import Prices
from bench.probe import Probe
from bench.results import Cost, Measure, Results
from bench.spending import Spent
from infra.local.engine import Engine
from infra.packaging.fresh import unpacked

SIZES: Final = (1_000, 20_000)
IMPORT_ROWS: Final = (1_000, 7_043)
IMPORT_ROUNDS: Final = 5
MB: Final = 1_000_000
MOST_BUNDLE_MB: Final = 20
AFTER: Final = Operation("search and counters after a create, each of 50", "", budgets.UNNAMED, "EVENT", parts=50)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything, print it, and keep it in the document if one is named."""
    given = _parser().parse_args(arguments)
    prices = Prices(**{each.name: getattr(given, each.name) for each in fields(Prices)})
    if not given.bundle.is_file():
        sys.stderr.write(f"bench: there is no {given.bundle}; python -m infra.package makes it\n")
        return 1
    results = Results(tuple(given.sizes))
    try:
        _measure(results, given.import_rows, given.bundle)
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    for title, lines in report.tables(results, prices):
        print(f"\n{title}")
        for line in report.as_text(lines):
            print(line)
    if given.docs:
        report.put(given.docs, report.document(results, prices))
    for each in results.broken:
        sys.stderr.write(f"bench: over budget: {each}\n")
    return 1 if results.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="customers, smallest first")
    parser.add_argument(
        "--import-rows", type=int, nargs="+", default=IMPORT_ROWS, metavar="N", help="rows of the files"
    )
    parser.add_argument("--bundle", type=Path, default=Path("build/deployment.zip"), help="what is started cold")
    parser.add_argument("--docs", type=Path, help="the document to write the tables into")
    for each in fields(Prices):
        parser.add_argument(
            f"--{each.name.replace('_', '-')}", type=float, default=each.default, help="see bench/prices.py"
        )
    return parser


def _measure(results: Results, import_rows: Sequence[int], bundle: Path) -> None:
    with engine() as running:
        spent: dict[str, list[Spent]] = {}
        for size in results.sizes:
            with house(running) as serving:
                _at(serving, size, spent)
                results.unmeasured = _unmeasured(serving)
                if size == results.sizes[-1]:
                    results.measures += _tokens(serving)
                    results.measures += _overheads(serving, running)
        results.reads = [Cost(each, tuple(spent[each.name])) for each in READS]
        results.writes = [Cost(each, tuple(spent[each.name])) for each in (*WRITES, AFTER)]
        results.measures += _imports(running, import_rows)
        results.measures += _cold(running, bundle)


def _at(serving: House, size: int, spent: dict[str, list[Spent]]) -> None:
    """Every operation at one size."""
    started = time.monotonic()
    youngest = loading.load(serving, size)
    _say(f"{size:,} customers loaded", started)
    started = time.monotonic()
    loading.rebuild(serving)
    _say(f"{size:,} customers: search and counters rebuilt", started)
    started = time.monotonic()
    probe = Probe(serving, youngest)
    for each in (*READS, *WRITES):
        spent.setdefault(each.name, []).append(probe.run(each))
    spent.setdefault(AFTER.name, []).append(after.after_a_create(serving))
    _say(f"{size:,} customers: {len(READS) + len(WRITES) + 1} operations measured", started)


def _unmeasured(serving: House) -> tuple[str, ...]:
    """The modules' reading routes that no operation asks for."""
    routes = [each for each in serving.tenant.application.routes if each.reads and each.module != "core"]
    asked = [each.path.partition("?")[0] for each in READS]
    return tuple(each.path for each in routes if not any(_fits(each.path, path) for path in asked))


def _fits(route: str, asked: str) -> bool:
    pairs = zip(route.split("/"), asked.split("/"), strict=False)
    return route.count("/") == asked.count("/") and all(one.startswith("{") or one == other for one, other in pairs)


def _tokens(serving: House) -> Iterator[Measure]:
    found = zip(
        ("a person", "an organisation"),
        after.most_tokens(serving),
        (budgets.A_PERSON, budgets.AN_ORGANISATION),
        strict=True,
    )
    for name, number, most in found:
        over = "over the budget" if number > most else ""
        yield Measure(f"search tokens of {name} of many names, numbers and ids", str(number), f"≤ {most}", over)


WARM_UP: Final = 100_000
"""Requests before the first one that counts have negative numbers."""


def _somebody(number: int) -> dict[str, Any]:
    """Somebody who is like nobody else, or the create would be asked to look at likely duplicates."""
    name = "".join(chr(ord("a") + int(digit)) for digit in str(WARM_UP + number))
    unlike = {
        "name": f"{name} {name[::-1]}",
        "emails": [f"{name}@example.com"],
        "phones": [f"+1415{5_000_000 + number}"],
    }
    return NEW | unlike | {"external_ids": [{"system": "cpu", "id": f"{number}"}]}


def _overheads(serving: House, running: Engine) -> Iterator[Measure]:
    """CPU of warm requests outside the store."""
    started = time.monotonic()
    contact = serving.tenant.call("POST", "/v1/contacts", NEW | {"external_ids": []}, allow_duplicates="true")["id"]
    person = serving.tenant.person("viewer", "viewer")
    requests = {
        "contact by id, API key": lambda _: serving.event("GET", f"/v1/contacts/{contact}"),
        "contact by id, access token": lambda _: serving.event("GET", f"/v1/contacts/{contact}", by=person),
        "list of 50": lambda _: serving.event("GET", PAGE),
        "create a contact": lambda number: serving.event("POST", "/v1/contacts", _somebody(number)),
    }
    for each in overhead.measure(serving, running.endpoint, requests):
        over = "over the budget" if each.on_top > budgets.CPU_ON_TOP else ""
        name = f"warm CPU outside the store, in bare botocore calls: {each.name}"
        yield Measure(name, f"{each.on_top:.2f}", f"≤ {budgets.CPU_ON_TOP:g} on top", over)
    _say("CPU of warm requests measured", started)


def _imports(running: Engine, every: Sequence[int]) -> Iterator[Measure]:
    """The smallest file several times for its rate, the others once for their memory."""
    started = time.monotonic()
    tries = [importing.measure(running.endpoint, every[0], drained=number == 0) for number in range(IMPORT_ROUNDS)]
    share = median(each.share for each in tries)
    yield Measure(
        f"import: rate, as a share of the engine's for the same {tries[0].actions:,} actions",
        f"{share:.0%}",
        f"≥ {budgets.IMPORT_SHARE:.0%}",
        "under the budget" if share < budgets.IMPORT_SHARE else "",
    )
    yield Measure(
        "import: time to write search and counters, in times of the import",
        f"{tries[0].drain / tries[0].seconds:.1f}",
        "—",
    )
    larger = [importing.measure(running.endpoint, rows, drained=False) for rows in every[1:]]
    for each in [tries[0], *larger]:
        over = "over the budget" if each.peak_mb > budgets.IMPORT_MB else ""
        yield Measure(
            f"import: memory for {each.rows:,} rows", f"{each.peak_mb:.0f} MB", f"≤ {budgets.IMPORT_MB} MB", over
        )
    _say("imports measured", started)


def _cold(running: Engine, bundle: Path) -> Iterator[Measure]:
    started = time.monotonic()
    with unpacked(bundle) as directory, house(running) as serving:
        found = cold_start.measure(directory, serving.tenant)
    for each in found.answers:
        ratio = found.ratio(each)
        over = "over the budget" if ratio > cold_start.BUDGET else ""
        yield Measure(f"cold start, in bare clients: {each.name}", f"{ratio:.2f}", f"≤ {cold_start.BUDGET}", over)
    size = bundle.stat().st_size / MB
    over = "over the budget" if size > MOST_BUNDLE_MB else ""
    yield Measure("bundle, zipped", f"{size:.1f} MB", f"≤ {MOST_BUNDLE_MB} MB", over)
    _say("cold start measured", started)


def _say(what: str, started: float) -> None:
    print(f"{time.monotonic() - started:6.0f} s  {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
