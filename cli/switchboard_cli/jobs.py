"""Jobs: list, watch with a progress bar, cancel."""

import time
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from switchboard_cli.api import Api, Json
from switchboard_cli.session import AsJson, Column, api, out, say, show, show_one, told

app = typer.Typer(help="Long work: list, watch, cancel.", no_args_is_help=True)

ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
LOOKS_EVERY_S: Final = 1.0
COLUMNS: Final[tuple[Column, ...]] = (
    ("Job", "作业", "id"),
    ("Type", "类型", "type"),
    ("State", "状态", "state"),
    ("Done", "已完成", "progress.done"),
    ("Total", "总数", "progress.total"),
    ("Started", "开始", "created_at"),
)

JobId = Annotated[str, typer.Argument(help="job_…", show_default=False)]


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, succeeded, failed, cancelled")] = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, oldest first."""
    with told():
        show(api().every("/v1/jobs", state=state), COLUMNS, as_json=as_json)


@app.command("show")
def show_job(job: JobId, as_json: AsJson = False) -> None:
    """Show a job."""
    with told():
        show_one(api().get(f"/v1/jobs/{job}"), as_json=as_json)


@app.command("watch")
def watch_job(job: JobId) -> None:
    """Follow a job to its end; exit code 1 when it has not succeeded."""
    with told():
        ended = follow(api(), job)
    if ended["state"] != "succeeded":
        raise typer.Exit(1)


@app.command("cancel")
def cancel_job(job: JobId) -> None:
    """Stop a job: what it has done stays."""
    with told():
        show_one(api().post(f"/v1/jobs/{job}/cancel"), as_json=False)


def follow(server: Api, job: str) -> Json:
    """Show a job's progress until it has ended; answers the job. Raises CallRefusedError."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as bar:
        task = bar.add_task(job, total=None)
        while True:
            found = server.get(f"/v1/jobs/{job}")
            progress = found.get("progress") or {}
            bar.update(
                task,
                description=f"{found['type']} · {found['state']}",
                completed=progress.get("done") or 0,
                total=progress.get("total") or (progress.get("done") if found["state"] in ENDED else None),
            )
            if found["state"] in ENDED:
                break
            time.sleep(LOOKS_EVERY_S)
    if found["state"] == "failed":
        out.print(say("The job has failed: ", "作业失败："), found.get("reason") or "", style="red")
    return found
