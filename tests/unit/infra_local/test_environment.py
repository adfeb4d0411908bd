"""What the runner reads and what it tells the product."""

import json
import stat
from pathlib import Path

import pytest

from infra.local import environment, processes
from infra.local.environment import Options, Secrets
from infra.local.errors import EngineError, LocalError


@pytest.mark.parametrize("port", ["http", "-1", "65536", "８０００"])
def test_options__no_port__says_so(port: str) -> None:
    with pytest.raises(LocalError, match="not a port number"):
        Options.read({"PORT": port})


def test_options__a_demo_neither_on_nor_off__says_so() -> None:
    with pytest.raises(LocalError, match="neither on nor off"):
        Options.read({"SWITCHBOARD_DEMO": "0"})


def test_options__have_defaults() -> None:
    assert Options.read({"PORT": ""}) == Options(8000, Path(".data"), None, demo=True)


def test_options__the_demo_can_be_left_out() -> None:
    assert not Options.read({"SWITCHBOARD_DEMO": "off"}).demo


def test_secrets__are_made_once_and_private(tmp_path: Path) -> None:
    first = Secrets.load(tmp_path, "http://localhost:8000")
    assert Secrets.load(tmp_path, "http://localhost:8001") == first
    assert first.issuer == "http://localhost:8000/local-issuer"
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_secrets__damaged__are_never_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)
    with pytest.raises(LocalError, match="damaged"):
        Secrets.load(tmp_path, "http://localhost:8000")
    assert (tmp_path / "secrets.json").read_text() == content


def test_store__own_engine__never_uses_the_users_aws_account() -> None:
    env = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    environment.set_store(env, "http://127.0.0.1:1", "key", own_engine=True)
    assert (env["AWS_ACCESS_KEY_ID"], env["AWS_DEFAULT_REGION"]) == ("key", "eu-west-1")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & env.keys()
    assert "127.0.0.1" in env["NO_PROXY"]


def test_store__another_endpoint__keeps_the_users_settings() -> None:
    env = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    environment.set_store(env, "http://other", "key", own_engine=False)
    assert (env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]) == ("mine", "secret")
    assert (env["AWS_DEFAULT_REGION"], env["DYNAMODB_ENDPOINT"]) == ("us-east-1", "http://other")


def test_product__gets_its_settings_as_json() -> None:
    env: dict[str, str] = {}
    kept = Secrets(("k1",), "pw", "http://localhost:8000/local-issuer")
    environment.set_product(env, "http://localhost:8001", kept, Path("/data"))
    assert json.loads(env["SWITCHBOARD_SECRET_KEYS"]) == ["k1"]
    assert env["SWITCHBOARD_PLATFORM_ISSUER"] == "http://localhost:8000/local-issuer"
    assert env["SWITCHBOARD_PLATFORM_JWKS_URL"] == "http://localhost:8001/local-issuer/jwks"


def test_directory__in_use__is_refused_until_it_is_free(tmp_path: Path) -> None:
    held = processes.lock_directory(tmp_path, "lock")
    with pytest.raises(EngineError, match="in use by another running Switchboard"):
        processes.lock_directory(tmp_path, "lock")
    held.close()
    processes.lock_directory(tmp_path, "lock").close()
