"""Features: switch on or off for the tenant, and back to what plan and catalogue say."""

from typing import Annotated

import typer

from switchboard_cli.session import AsJson, api, out, say, show_one, told

app = typer.Typer(help="Features of your tenant's modules.", no_args_is_help=True)

Feature = Annotated[str, typer.Argument(help="module.feature, contacts.lines")]
Reason = Annotated[str, typer.Option(help="why, for the audit", show_default=False)]


def _path(feature: str) -> str:
    module, _, name = feature.partition(".")
    if not name:
        raise typer.BadParameter(say("Name it module.feature", "请写成 模块.功能"))
    return f"/v1/modules/{module}/features/{name}"


@app.command("on")
def switch_on(feature: Feature, reason: Reason, as_json: AsJson = False) -> None:
    """Switch a feature on."""
    with told():
        show_one(api().put(_path(feature), {"enabled": True, "reason": reason}), as_json=as_json)


@app.command("off")
def switch_off(feature: Feature, reason: Reason, as_json: AsJson = False) -> None:
    """Switch a feature off."""
    with told():
        show_one(api().put(_path(feature), {"enabled": False, "reason": reason}), as_json=as_json)


@app.command("reset")
def reset_feature(feature: Feature) -> None:
    """End the switch: plan and catalogue decide again."""
    with told():
        api().delete(_path(feature))
    out.print(say("Plan and catalogue decide again.", "恢复由套餐和目录决定。"))
