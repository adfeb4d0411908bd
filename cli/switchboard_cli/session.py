"""What all commands share: where the server is, who calls, in which language, and how an answer is shown."""

import json
import locale
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from switchboard_cli.api import Api, CallRefusedError, Json

out: Final = Console()
err: Final = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own JSON, for scripts.")]

Column = tuple[str, str, str]
"""English and Chinese heading, and the path of the value (``settings.locale``)."""


def language() -> str:
    """The caller's language, BCP 47: Chinese or English, by the locale of the terminal."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-CN" if (said or (locale.getlocale()[0] or "")).lower().startswith("zh") else "en"


def say(en: str, zh: str) -> str:
    """A text in the caller's language."""
    return zh if language().startswith("zh") else en


def api() -> Api:
    """The API that the environment names. Exits when no credential is set."""
    base, credential = os.environ.get("SWITCHBOARD_URL", "http://localhost:8000"), os.environ.get("SWITCHBOARD_TOKEN")
    if not credential:
        raise typer.Exit(
            _told(
                say(
                    "Set SWITCHBOARD_TOKEN to an API key or access token (and SWITCHBOARD_URL to the server).",
                    "请将 SWITCHBOARD_TOKEN 设为 API 密钥或访问令牌（并将 SWITCHBOARD_URL 设为服务器地址）。",
                )
            )
        )
    return Api(base, credential, language())


@contextmanager
def told() -> Iterator[None]:
    """Say what was refused, with the fields concerned and the request id, and end with exit code 1."""
    try:
        yield
    except CallRefusedError as error:
        problem = error.problem
        for each in problem.get("errors", []):
            err.print(f"  {each.get('pointer')}: {each.get('detail')}", markup=False)
        if "request_id" in problem:
            code, request = problem.get("code", problem.get("status")), problem["request_id"]
            err.print(f"  {code} · {say('request', '请求')} {request}", markup=False, style="dim")
        raise typer.Exit(_told(str(error))) from error


def _told(message: str) -> int:
    err.print(message, style="red", markup=False)
    return 1


def show(items: Iterable[Json], columns: Sequence[Column], *, as_json: bool, title: str = "") -> None:
    """A list as a table, or as one JSON document per line."""
    if as_json:
        for each in items:
            out.print_json(json.dumps(each, ensure_ascii=False), indent=None)
        return
    table = Table(*(say(en, zh) for en, zh, _ in columns), title=title or None, title_justify="left")
    for each in items:
        table.add_row(*(text(value_at(each, path)) for _, _, path in columns))
    out.print(table)


def show_one(item: Json, *, as_json: bool) -> None:
    """One record: its fields below each other, or the API's JSON."""
    if as_json:
        out.print_json(json.dumps(item, ensure_ascii=False))
        return
    table = Table(box=None, show_header=False)
    for name, value in item.items():
        table.add_row(name, text(value), style="dim" if value is None else None)
    out.print(table)


def value_at(item: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is nothing."""
    found: Any = item
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text(value: Any) -> str:
    """A value in a cell."""
    match value:
        case None:
            shown = "–"
        case bool():
            shown = say("yes", "是") if value else say("no", "否")
        case {"en": en, "zh": zh}:
            shown = say(en, zh)
        case {"amount": amount, "currency": currency}:
            shown = f"{amount} {currency}"
        case list():
            shown = ", ".join(text(each) for each in value)
        case dict():
            shown = ", ".join(f"{name}={text(each)}" for name, each in value.items() if each is not None)
        case _:
            shown = str(value)
    return shown
