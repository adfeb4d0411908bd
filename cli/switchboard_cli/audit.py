"""The audit: read it, take its sealed chunks home, and verify them there, without the server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import track

from switchboard_cli.api import CallRefusedError, Json
from switchboard_cli.session import AsJson, Column, api, err, out, say, show, told
from switchboard_cli.verification import Sealed, digest_of, verify

app = typer.Typer(help="The audit: read, export, verify offline.", no_args_is_help=True)

KEYS_FILE: Final = "keys.json"
COLUMNS: Final[tuple[Column, ...]] = (
    ("Time", "时间", "time"),
    ("Action", "操作", "action"),
    ("Actor", "操作者", "actor"),
    ("Record", "记录", "record"),
    ("From", "来源", "source"),
    ("Changes", "变更", "changes"),
    ("Detail", "详情", "detail"),
)
Folder = Annotated[Path, typer.Argument(help="a folder for the chunks", file_okay=False)]


@app.command("list")
def list_audit(
    actor: Annotated[str | None, typer.Option(help="usr_…, key_…")] = None,
    record: Annotated[str | None, typer.Option(help="cnt_…")] = None,
    action: Annotated[str | None, typer.Option(help="contact.updated, sign_in, denied")] = None,
    since: Annotated[str | None, typer.Option(help="2027-01-01T00:00:00Z")] = None,
    until: Annotated[str | None, typer.Option(help="before this instant")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="so many entries at most")] = 50,
    as_json: AsJson = False,
) -> None:
    """Read the audit, newest first."""
    query = {"actor": actor, "record": record, "action": action, "time.gte": since, "time.lt": until}
    with told():
        entries = (each for each, _ in zip(api().every("/v1/audit", **query), range(limit), strict=False))
        show(entries, COLUMNS, as_json=as_json)


@app.command("export")
def export_audit(folder: Folder) -> None:
    """Fetch all sealed chunks that are not in the folder yet, with their seals, and the keys that seal."""
    folder.mkdir(parents=True, exist_ok=True)
    server, fetched = api(), 0
    with told():
        keys = folder / KEYS_FILE
        if not keys.exists():
            # Kept from the first time: whoever verifies trusts what he has seen before, not what comes with the chunks.
            keys.write_text(json.dumps([each["public_key"] for each in server.get("/v1/audit/keys")["items"]]))
        chunks = list(server.every("/v1/audit/chunks"))
        for chunk in track(chunks, description=say("Chunks", "数据块"), console=err):
            seal, entries = _paths(folder, int(chunk["number"]))
            if seal.exists():
                continue
            shown = server.get(f"/v1/audit/chunks/{chunk['id']}")
            entries.write_bytes(b"".join(server.download(shown["download_url"])))
            # The seal comes last: a chunk whose fetching was interrupted has none and is fetched again.
            seal.write_text(json.dumps({"seal": shown["seal"], "signature": shown["signature"]}, ensure_ascii=False))
            fetched += 1
    out.print(say(f"{fetched} of {len(chunks)} chunks fetched.", f"已获取 {fetched} / {len(chunks)} 个数据块。"))


@app.command("verify")
def verify_audit(
    folder: Folder,
    trusted: Annotated[
        list[str] | None, typer.Option(help="a public key that you know from elsewhere; keys.json without")
    ] = None,
    head: Annotated[str | None, typer.Option(help="NUMBER:DIGEST of the last seal that you have seen")] = None,
) -> None:
    """Verify the chunks in a folder, without the server; exit code 1 when something is not as it was sealed."""
    keys = trusted or json.loads((folder / KEYS_FILE).read_text()) if trusted or (folder / KEYS_FILE).exists() else ()
    number, _, digest = (head or "").partition(":")
    chunks = list(_kept(folder))
    found = verify(chunks, trusted=frozenset(keys), head=(int(number), digest) if head else None)
    for each in found:
        err.print(f"{each.number}: {each.code}: {each.detail}", style="red", markup=False)
    if found or not chunks:
        err.print(
            say(
                "The audit is not as it was sealed." if chunks else "There are no chunks here.",
                "审计与封存时不一致。" if chunks else "此处没有数据块。",
            ),
            style="bold red",
        )
        raise typer.Exit(1)
    last = chunks[-1].seal
    out.print(
        say(
            f"{len(chunks)} chunks, {sum(each.seal['count'] for each in chunks)} entries: all as they were sealed.",
            f"{len(chunks)} 个数据块、{sum(each.seal['count'] for each in chunks)} 条记录：与封存时完全一致。",
        )
    )
    out.print(f"--head {last['number']}:{digest_of(last)}", highlight=False, soft_wrap=True)


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"{number:08d}.seal.json", folder / f"{number:08d}.jsonl.gz"


def _kept(folder: Path) -> Iterator[Sealed]:
    for path in sorted(folder.glob("*.seal.json")):
        kept: Json = json.loads(path.read_text(encoding="utf-8"))
        entries = path.with_name(path.name.replace(".seal.json", ".jsonl.gz"))
        if not entries.exists():
            message = say(f"{entries} is missing: export again.", f"缺少 {entries}：请重新导出。")
            with told():
                raise CallRefusedError(message)
        yield Sealed(kept["seal"], kept["signature"], entries.read_bytes())
