"""The engine as a process: on the real one, so these need Java (and npm at the first time)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from infra.local import fetch, processes, tools
from infra.local.engine import Engine
from infra.local.errors import EngineError

pytestmark = [pytest.mark.integration, pytest.mark.enable_socket]
ROOT = Path(__file__).parents[3]


def _client(engine: Engine) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=engine.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _fill(engine: Engine) -> None:
    client = _client(engine)
    client.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="things", Item={"pk": {"S": "1"}})


def _count(engine: Engine) -> int:
    found: int = _client(engine).scan(TableName="things", Select="COUNT")["Count"]
    return found


def test_on_disk__killed__keeps_its_data_in_a_private_wal_database(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        _fill(engine)
        database = tmp_path / f"{engine.access_key_id}_eu-west-1.db"
        assert database.with_name(f"{database.name}-wal").stat().st_size > 0
        os.kill(json.loads((tmp_path / "engine.pid").read_text())["pid"], signal.SIGKILL)
    assert database.stat().st_mode & 0o777 == 0o600
    with Engine(tmp_path) as again:
        assert _count(again) == 1


def test_on_disk__in_use__is_refused(tmp_path: Path) -> None:
    with Engine(tmp_path), pytest.raises(EngineError, match="in use by another"):
        Engine(tmp_path).start()


def test_leftover__of_a_killed_runner__is_stopped_first(tmp_path: Path) -> None:
    jar = fetch.ensure_engine(lambda _: None) / fetch.JAR
    command = [tools.java_command(), f"-Djava.library.path={jar.parent / fetch.LIBRARIES}", "-jar", str(jar)]
    with subprocess.Popen([*command, "-port", "0", "-dbPath", str(tmp_path)], stdout=subprocess.DEVNULL) as leftover:
        processes.remember(tmp_path, leftover.pid)
        time.sleep(0.5)
        assert processes.stop_leftover(tmp_path, fetch.JAR)
        assert leftover.wait(10) != 0


def test_leftover__whose_number_is_somebody_elses__is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        processes.remember(tmp_path, other.pid)
        assert not processes.stop_leftover(tmp_path, fetch.JAR)
        assert other.poll() is None
        other.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the death signal")
def test_parent__killed__takes_the_engine_with_it(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from infra.local.engine import Engine"
    code += "\nEngine(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        pid = json.loads((tmp_path / "engine.pid").read_text())["pid"]
        parent.kill()
    deadline = time.monotonic() + 10
    while processes.command_line(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes.command_line(pid) == ""


def test_in_memory__on_a_port_in_use__says_so_and_two_have_their_own() -> None:
    with Engine(None) as one, Engine(None) as two:
        assert one.endpoint != two.endpoint
        with pytest.raises(EngineError, match="in use"):
            Engine(None, port=one.port).start()


def test_start__that_java_refuses__shows_its_last_words() -> None:
    with pytest.raises(EngineError, match=r"(?si)ended at its start.*heap"):
        Engine(None, heap_mb=1).start()
