"""`switchboard audit verify`, offline: files as `export` leaves them, and files that somebody has touched."""

import gzip
import json

import pytest
from typer.testing import CliRunner

from chalicelib.access.signed import public_key_of, signature_of
from switchboard_cli.__main__ import app
from tenants.audit.rules import GENESIS, content_of, digest_of, packed, seal_of

SEED = bytes(32)
CHUNKS = 3


@pytest.fixture
def folder(tmp_path):
    previous, after = GENESIS, ""
    for number in range(1, CHUNKS + 1):
        entries = [{"id": f"{number}-{each}", "action": "contact.updated", "actor": "José"} for each in range(4)]
        content, end = content_of(entries), entries[-1]["id"]
        seal = seal_of(
            tenant="tnt_1",
            number=number,
            after=after,
            end=end,
            count=len(entries),
            content=content,
            previous=previous,
            at="2026-03-01T13:05:00+00:00",
            key=public_key_of(SEED),
        )
        kept = {"seal": seal, "signature": signature_of(seal, SEED)}
        (tmp_path / f"{number:08d}.seal.json").write_text(json.dumps(kept))
        (tmp_path / f"{number:08d}.jsonl.gz").write_bytes(packed(content))
        previous, after = digest_of(seal), end
    (tmp_path / "keys.json").write_text(json.dumps([public_key_of(SEED)]))
    return tmp_path


def verify(folder, *options):
    return CliRunner().invoke(app, ["audit", "verify", str(folder), *options])


def test_as_it_was_sealed__is_said_with_the_head_to_keep(folder):
    done = verify(folder)
    assert (done.exit_code, "3 chunks, 12 entries" in done.output) == (0, True)
    head = done.output.split("--head ")[1].strip().replace("\n", "")
    assert verify(folder, "--head", head).exit_code == 0


def test_a_changed_entry__is_found_and_named(folder):
    path = folder / "00000002.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace("José".encode(), b"Mario")))
    done = verify(folder)
    assert (done.exit_code, "2: changed" in done.output) == (1, True)


def test_a_chunk_taken_out__is_found(folder):
    for path in folder.glob("00000002.*"):
        path.unlink()
    done = verify(folder)
    assert (done.exit_code, "chain_broken" in done.output) == (1, True)


def test_the_end_cut_off__is_found_by_who_knows_the_head(folder):
    head = verify(folder).output.split("--head ")[1].strip().replace("\n", "")
    for path in folder.glob("00000003.*"):
        path.unlink()
    assert verify(folder).exit_code == 0
    assert verify(folder, "--head", head).exit_code == 1


def test_a_chain_by_another_key__is_not_trusted(folder):
    (folder / "keys.json").write_text(json.dumps([public_key_of(bytes([1]) * 32)]))
    done = verify(folder)
    assert (done.exit_code, "key_not_trusted" in done.output) == (1, True)


def test_an_empty_folder__is_no_audit(tmp_path):
    assert verify(tmp_path).exit_code == 1
