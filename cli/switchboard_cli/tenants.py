"""Tenants, for the platform's operators: onboard, see, suspend, reactivate, offboard, erase."""

from typing import Annotated, Final

import typer

from switchboard_cli.session import AsJson, Column, api, show, show_one, told

app = typer.Typer(help="Tenants, for the platform's operators.", no_args_is_help=True)

COLUMNS: Final[tuple[Column, ...]] = (
    ("Tenant", "租户", "id"),
    ("Name", "名称", "name"),
    ("State", "状态", "state"),
    ("Region", "地区", "settings.region"),
    ("Since", "开通", "created_at"),
)
TenantId = Annotated[str, typer.Argument(help="tnt_…")]
Reason = Annotated[str, typer.Option(help="why, for the audit", show_default=False)]


@app.command("list")
def list_tenants(
    state: Annotated[str | None, typer.Option(help="active, suspended, offboarding …")] = None, as_json: AsJson = False
) -> None:
    """List tenants."""
    with told():
        show(api().every("/v1/tenants", state=state), COLUMNS, as_json=as_json)


@app.command("show")
def show_tenant(tenant: TenantId, as_json: AsJson = False) -> None:
    """Show a tenant."""
    with told():
        show_one(api().get(f"/v1/tenants/{tenant}"), as_json=as_json)


@app.command("onboard")
def onboard_tenant(
    name: Annotated[str, typer.Argument(help="the operator's name")],
    admin_name: Annotated[str, typer.Option(help="the first admin", show_default=False)],
    admin_email: Annotated[str, typer.Option(help="where the first admin reads mail", show_default=False)],
    region: Annotated[str, typer.Option(help="ISO 3166, also that of its phone numbers")] = "CN",
    locale: Annotated[str, typer.Option(help="BCP 47")] = "zh-CN",
    time_zone: Annotated[str, typer.Option(help="IANA")] = "Asia/Shanghai",
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "CNY",
    module: Annotated[list[str] | None, typer.Option(help="to start with; repeat it for more")] = None,
    as_json: AsJson = False,
) -> None:
    """Onboard a tenant. The first admin's invitation is shown once."""
    body = {
        "name": name,
        "region": region,
        "default_phone_region": region,
        "locale": locale,
        "time_zone": time_zone,
        "currency": currency,
        "admin": {"name": admin_name, "email": admin_email},
        "modules": module or [],
    }
    with told():
        show_one(api().post("/v1/tenants", body), as_json=as_json)


@app.command("suspend")
def suspend_tenant(
    tenant: TenantId,
    reason: Reason,
    block_sign_in: Annotated[bool, typer.Option(help="nobody and no key gets in")] = False,
    block_changes: Annotated[bool, typer.Option(help="read-only")] = False,
    block_billing: Annotated[bool, typer.Option(help="nothing is billed")] = False,
    as_json: AsJson = False,
) -> None:
    """Suspend a tenant: block sign-in, changes or billing."""
    body = {
        "block_sign_in": block_sign_in,
        "block_changes": block_changes,
        "block_billing": block_billing,
        "reason": reason,
    }
    with told():
        show_one(api().post(f"/v1/tenants/{tenant}/suspend", body), as_json=as_json)


@app.command("reactivate")
def reactivate_tenant(tenant: TenantId, as_json: AsJson = False) -> None:
    """End a suspension."""
    with told():
        show_one(api().post(f"/v1/tenants/{tenant}/reactivate"), as_json=as_json)


@app.command("offboard")
def offboard_tenant(tenant: TenantId, reason: Reason, as_json: AsJson = False) -> None:
    """Let a tenant leave: read-only, all its data exported, erased when its grace period ends."""
    with told():
        show_one(api().post(f"/v1/tenants/{tenant}/offboard", {"reason": reason}), as_json=as_json)


@app.command("erase")
def erase_tenant(
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", prompt="Erase all of its data for good?", help="don't ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a tenant that has left, at once. Nothing brings it back."""
    if not yes:
        raise typer.Abort
    with told():
        show_one(api().post(f"/v1/tenants/{tenant}/erase"), as_json=as_json)


@app.command("certificate")
def show_certificate(tenant: TenantId) -> None:
    """Print the signed certificate of a tenant's erasure."""
    with told():
        show_one(api().get(f"/v1/tenants/{tenant}/certificate"), as_json=True)
