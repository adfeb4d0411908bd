"""API keys: list, create (shown once), revoke."""

from typing import Annotated, Final

import typer

from switchboard_cli.session import AsJson, Column, api, out, say, show, told

app = typer.Typer(help="API keys of your tenant.", no_args_is_help=True)

COLUMNS: Final[tuple[Column, ...]] = (
    ("Key", "密钥", "id"),
    ("Name", "名称", "name"),
    ("Scopes", "权限", "scopes"),
    ("Expires", "到期", "expires_at"),
    ("Last used", "最近使用", "last_used_at"),
)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the tenant's keys."""
    with told():
        show(api().every("/v1/api-keys"), COLUMNS, as_json=as_json)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[list[str], typer.Option(help="a permission, contacts:read; repeat it for more")],
    expires_at: Annotated[str | None, typer.Option(help="2027-01-31T00:00:00Z; a year from now without")] = None,
) -> None:
    """Create a key. It is printed once and stored nowhere."""
    body = {"name": name, "scopes": scope} | ({"expires_at": expires_at} if expires_at else {})
    with told():
        made = api().post("/v1/api-keys", body)
    out.print(say("Keep it: it is not shown again.", "请妥善保存：仅显示一次。"), style="dim")
    out.print(made["api_key"], markup=False, highlight=False, soft_wrap=True)


@app.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="key_…")]) -> None:
    """Revoke a key: refused everywhere within 5 seconds."""
    with told():
        api().delete(f"/v1/api-keys/{key}")
    out.print(say("Revoked.", "已吊销。"))
