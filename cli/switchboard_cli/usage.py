"""Usage, the priced statement of a month, and limits with what is used of them."""

from typing import Annotated, Final

import typer

from switchboard_cli.session import AsJson, Column, api, out, say, show, show_one, told

app = typer.Typer(help="What your tenant uses, what it costs, and what limits it.", no_args_is_help=True)

STATEMENT: Final[tuple[Column, ...]] = (
    ("Module", "模块", "module"),
    ("Plan", "套餐", "plan"),
    ("Item", "项目", "item"),
    ("Quantity", "数量", "quantity"),
    ("Included", "包含", "included"),
    ("Price", "单价", "unit_price"),
    ("Per", "每", "per"),
    ("Amount", "金额", "amount"),
)
QUOTAS: Final[tuple[Column, ...]] = (
    ("Module", "模块", "module"),
    ("Plan", "套餐", "plan"),
    ("Meter", "计量项", "meter"),
    ("Used", "已用", "used"),
    ("Limit", "限额", "limit"),
    ("Hard", "硬限额", "hard"),
    ("Resets", "重置时间", "resets_at"),
)
RATES: Final[tuple[Column, ...]] = (
    ("Bucket", "令牌桶", "name"),
    ("Requests a second", "每秒请求", "requests_per_second"),
    ("Burst", "突发", "burst"),
    ("Left", "剩余", "remaining"),
)
USED: Final[tuple[Column, ...]] = (
    ("Day", "日期", "day"),
    ("Module", "模块", "module"),
    ("Meter", "计量项", "meter"),
    ("Used", "已用", "used"),
)


@app.command("show")
def show_usage(
    first: Annotated[str | None, typer.Option("--from", help="first day, 2027-01-01 (UTC)")] = None,
    last: Annotated[str | None, typer.Option("--to", help="last day, included")] = None,
    module: Annotated[str | None, typer.Option(help="only this one")] = None,
    meter: Annotated[str | None, typer.Option(help="only this one, api_requests")] = None,
    by_day: Annotated[bool, typer.Option(help="each day, not only the sums")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was used, by module and meter; without days the last 30."""
    with told():
        found = api().get("/v1/usage", **{"from": first, "to": last, "module": module, "meter": meter})
    if as_json:
        show_one(found, as_json=True)
        return
    lines = [
        {"day": each["day"], "module": each["module"], "meter": name, "used": used}
        for each in (found["days"] if by_day else found["totals"])
        for name, used in each["meters"].items()
    ]
    show(lines, USED if by_day else USED[1:], as_json=False, title=f"{found['first']} – {found['last']}")


@app.command("statement")
def show_statement(
    month: Annotated[str, typer.Argument(help="2027-01")],
    as_json: AsJson = False,
) -> None:
    """Show a month's priced statement."""
    with told():
        found = api().get("/v1/usage/statement", month=month)
    if as_json:
        show_one(found, as_json=True)
        return
    title = f"{found['month']}" + ("" if found["final"] else say(" (not final)", "（未定稿）"))
    show(found["lines"], STATEMENT, as_json=False, title=title)
    out.print(say("Total", "合计"), f"{found['total']['amount']} {found['total']['currency']}", style="bold")


@app.command("limits")
def show_limits(as_json: AsJson = False) -> None:
    """Show limits and what is used of them."""
    with told():
        found = api().get("/v1/limits")
    if as_json:
        show_one(found, as_json=True)
        return
    show(found["rates"], RATES, as_json=False)
    show(found["quotas"], QUOTAS, as_json=False)
    show_one(found["sizes"], as_json=False)
