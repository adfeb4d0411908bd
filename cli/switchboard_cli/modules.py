"""Modules: the catalogue, subscriptions, entitlements."""

from typing import Annotated, Final

import typer

from switchboard_cli.session import AsJson, Column, api, out, say, show, show_one, told

app = typer.Typer(help="Modules of your tenant: see, enable, disable, explain.", no_args_is_help=True)

COLUMNS: Final[tuple[Column, ...]] = (
    ("Module", "模块", "name"),
    ("Title", "名称", "titles"),
    ("Plan", "套餐", "plan"),
    ("On", "启用", "enabled"),
    ("Why", "原因", "reason"),
    ("Decided by", "决定环节", "decided_by"),
)
DECISIONS: Final[tuple[Column, ...]] = (
    ("Name", "名称", "name"),
    ("On", "启用", "enabled"),
    ("Why", "原因", "reason"),
    ("Decided by", "决定环节", "decided_by"),
)
Module = Annotated[str, typer.Argument(help="a module's name, contacts")]


@app.command("list")
def list_modules(as_json: AsJson = False) -> None:
    """List the catalogue with your tenant's state of each module."""
    with told():
        show(api().get("/v1/modules")["items"], COLUMNS, as_json=as_json)


@app.command("enable")
def enable_module(
    module: Module,
    plan: Annotated[str, typer.Option(help="trial, basic, professional, enterprise")] = "basic",
    starts_at: Annotated[str | None, typer.Option(help="2027-01-01T00:00:00Z; now without")] = None,
    ends_at: Annotated[str | None, typer.Option(help="the first instant that is not paid for")] = None,
    trial_days: Annotated[int | None, typer.Option(help="how long it may be tried")] = None,
    with_dependencies: Annotated[bool, typer.Option(help="enable what it needs, too")] = False,
    as_json: AsJson = False,
) -> None:
    """Subscribe a module."""
    given = {"plan": plan, "starts_at": starts_at, "ends_at": ends_at, "trial_days": trial_days}
    body = {name: value for name, value in given.items() if value is not None}
    query = {"with_dependencies": "true"} if with_dependencies else {}
    with told():
        show_one(api().put(f"/v1/modules/{module}/subscription", body, **query), as_json=as_json)


@app.command("disable")
def disable_module(module: Module) -> None:
    """End a module's subscription; its data stays."""
    with told():
        api().delete(f"/v1/modules/{module}/subscription")
    out.print(say("Off. The data stays.", "已停用，数据保留。"))


@app.command("explain")
def explain_entitlement(
    name: Annotated[str | None, typer.Argument(help="contacts, or contacts.lines; all without")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is on and which step decided."""
    with told():
        show(api().get("/v1/entitlements", explain=name)["items"], DECISIONS, as_json=as_json)
