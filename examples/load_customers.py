"""Load a customer file into Switchboard: an example client that needs nothing but Python.

    python examples/load_customers.py --base-url http://localhost:8000 --api-key sbk_… --declare customers.csv

What it shows of the API: declaring custom fields, `POST /v1/contacts/batch` with `upsert` by an external id, an
Idempotency-Key per batch, and repeating safely. A repeat with the same key never does anything twice, so it may follow
a lost connection, a 429 or a 503, even when the server was killed in the middle. Exit code 0: all rows are in;
1: some were rejected, or the server refused or stayed away; 2: wrong arguments.
"""

import argparse
import csv
import hashlib
import http.client
import json
import os
import re
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SYSTEM = "billing"  # whose customer numbers these are: external id = (system, number)
STATUSES = {"Stayed": "active", "Churned": "churned", "Joined": "joined"}
# What a contact has a place for (columns in snake_case); every other column becomes a custom field.
KNOWN = {"customerid", "gender", "city", "zipcode", "latitude", "longitude"}
KNOWN |= {"customerstatus", "churncategory", "churnreason"}
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")  # not 00501, nor more digits than a double holds
REPEAT = {429, 502, 503, 504}
SHOWN = 20  # rejected rows that are printed one by one

Row = dict[str, str]
Json = dict[str, Any]


class Refused(Exception):
    """The server's final no, or no server within the time."""


class Api:
    """Calls with the API key, repeated for at most `wait` seconds where a repeat can help."""

    def __init__(self, base_url: str, api_key: str, wait: float) -> None:
        self.base_url, self.api_key, self.wait = base_url.rstrip("/"), api_key, wait

    def call(self, method: str, path: str, body: Json | None = None, key: str = "") -> Json:
        """The JSON answer. The same `key` goes with every repeat. Raises Refused."""
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.base_url}{path}", data, headers, method=method)
        deadline = time.monotonic() + self.wait
        while True:
            pause = 1.0
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)  # type: ignore[no-any-return]
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                why = f"{error.code} {problem.get('code', '')}: {problem.get('detail', error.reason)}"
                # A killed server's batch holds its key for up to 60 s; then the repeat does what is missing.
                waiting = problem.get("code") == "idempotency_in_progress"
                if error.code not in REPEAT and not waiting:
                    raise Refused(f"{method} {path} answered {why}") from error
                after = error.headers.get("Retry-After", "")
                pause = float(after) if after.isdigit() else pause
            except (OSError, http.client.HTTPException, ValueError) as error:  # no, half or a cut-off answer
                why = f"no answer ({error})"
            if time.monotonic() + pause > deadline:
                raise Refused(f"{method} {path} failed for {self.wait:.0f} s: {why}")
            print(f"  {why}: again in {pause:.0f} s", file=sys.stderr)
            time.sleep(pause)


def _problem(error: urllib.error.HTTPError) -> Json:
    try:
        found = json.loads(error.read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_rows(path: Path) -> list[Row]:
    """The file's rows by column, names in snake_case. `utf-8-sig` takes a byte-order mark off the first header."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream, restval="", strict=True)
        table.fieldnames = [snake_case(header) for header in table.fieldnames or []]
        if "customerid" not in table.fieldnames or len(set(table.fieldnames)) < len(table.fieldnames):
            raise ValueError("the headers need a Customerid, and no name twice")
        rows = list(table)
    if None in (name for row in rows for name in row):
        raise ValueError("a row has more cells than there are headers")
    return [{name: cell.strip() for name, cell in row.items()} for row in rows]


def snake_case(header: str) -> str:
    """«MultipleLines» → multiple_lines, «Zipcode » → zipcode."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header.strip()).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


def type_of(cells: list[str]) -> str:
    """The custom field type that all cells of a column fit; empty ones fit every type."""
    filled = [cell for cell in cells if cell]
    if filled and all(cell in {"Yes", "No"} for cell in filled):
        return "boolean"
    return "number" if filled and all(NUMBER.fullmatch(cell) for cell in filled) else "text"


def typed(cell: str, kind: str) -> Any:
    """The cell as its field's type; what does not fit goes as it is, and the server says why not."""
    if kind == "boolean":
        return {"Yes": True, "No": False}.get(cell, cell)
    if kind == "number" and NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    return cell


def contact(row: Row, fields: dict[str, str]) -> Json:
    """A row as the body of a contact. An empty cell is left out."""
    status = row.get("customerstatus", "")
    place: Json = {"city": row.get("city"), "postal_code": row.get("zipcode")}
    if row.get("latitude") and row.get("longitude"):
        place["geo"] = {name: typed(row[name], "number") for name in ("latitude", "longitude")}
    address = {name: value for name, value in place.items() if value}
    body: Json = {
        "status": STATUSES.get(status, status),
        "gender": row.get("gender", "").lower(),
        "churn_category": row.get("churncategory"),
        "churn_reason": row.get("churnreason"),
        "addresses": [address] if address else [],
        "custom": {name: typed(row[name], kind) for name, kind in fields.items() if row.get(name)},
    }
    return {name: value for name, value in body.items() if value}


def custom_fields(api: Api, rows: list[Row], run: str, *, declare: bool) -> dict[str, str]:
    """The type of each custom field of the file. What the tenant has declared before counts; the rest is new."""
    existing: dict[str, str] = {}
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
        page = api.call("GET", f"/v1/contacts/custom-fields?limit=200{more}")
        existing |= {field["name"]: field["type"] for field in page["items"]}
        cursor = page["next_cursor"]
    columns = [name for name in rows[0] if name not in KNOWN] if rows else []
    missing = [name for name in columns if name not in existing]
    if missing and not declare:
        raise Refused(f"not declared here: {', '.join(missing)}. Give --declare to declare them.")
    for name in missing:
        existing[name] = type_of([row[name] for row in rows])
        body = {"name": name, "type": existing[name]}
        api.call("POST", "/v1/contacts/custom-fields", body, key=f"{run}-{name}")
    print(f"custom fields: {len(missing)} declared, {len(columns) - len(missing)} there before")
    return {name: existing[name] for name in columns}


def load(api: Api, rows: list[Row], fields: dict[str, str], size: int, run: str) -> Iterator[tuple[int, Json]]:
    """Send all rows in batches; yields (number of the row, its result) for each."""
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        keys = [{"system": SYSTEM, "id": row["customerid"]} for row in part]
        pairs = zip(keys, part, strict=True)
        body = {"operations": [{"op": "upsert", "key": key, "data": contact(row, fields)} for key, row in pairs]}
        # Of this run, this place and this content: stable in repeats; a later run is work of its own.
        digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32]
        answer = api.call("POST", "/v1/contacts/batch", body, key=f"{run}-{start}-{digest}")
        yield from ((start + result["index"] + 1, result) for result in answer["results"])
        print(f"{start + len(part)} of {len(rows)}", flush=True)


def reason(result: Json) -> str:
    """Why a row was rejected, in one line."""
    problem = result["problem"]
    said = [f"{each['pointer']}: {each['detail']}" for each in problem.get("errors") or []]
    return f"{result['status']} {problem['code']}: {'; '.join(said) or problem['detail']}"


def main() -> int:
    """The command line. Answers the exit code."""
    parser = argparse.ArgumentParser(description="Load a customer file into Switchboard.")
    parser.add_argument("--base-url", default="http://localhost:8000")
    parser.add_argument("--api-key", default=os.environ.get("SWITCHBOARD_API_KEY"), help="or SWITCHBOARD_API_KEY")
    parser.add_argument("--declare", action="store_true", help="declare the custom fields that are missing")
    parser.add_argument("--batch", type=int, default=500, metavar="N", help="rows a batch, 1 to 500")
    parser.add_argument("--wait", type=float, default=90, metavar="SECONDS", help="how long to repeat a failing call")
    parser.add_argument("file", type=Path, metavar="FILE")
    wanted = parser.parse_args()
    if not wanted.api_key or not 1 <= wanted.batch <= 500:  # noqa: PLR2004 - the API's limit
        parser.error("give --api-key, and a --batch from 1 to 500")
    started, run, seen, rejected = time.monotonic(), secrets.token_hex(8), Counter[str](), 0
    api = Api(wanted.base_url, wanted.api_key, wanted.wait)
    try:
        rows = read_rows(wanted.file)
        fields = custom_fields(api, rows, run, declare=wanted.declare)
        for number, result in load(api, rows, fields, wanted.batch, run):
            if result["problem"]:
                rejected += 1
                if rejected <= SHOWN:
                    print(f"row {number} ({rows[number - 1]['customerid']}) rejected: {reason(result)}")
            else:
                known = "unchanged" if result["version"] == 1 else "there before"
                seen["created" if result["status"] == http.HTTPStatus.CREATED else known] += 1
    except (Refused, OSError, ValueError, csv.Error) as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    print(f"{len(rows)} rows in {time.monotonic() - started:.0f} s: {seen['created']} created, {rejected} rejected")
    print(f"  {seen['unchanged']} unchanged (still version 1)")
    if seen["there before"]:
        print(f"  {seen['there before']} at a later version: changed now or before, the answer does not tell which")
    return 1 if rejected else 0


if __name__ == "__main__":
    sys.exit(main())
