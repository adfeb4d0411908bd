"""Finishing: the clean copy, the trimmed endpoints, byte code bound to a hash, the same bytes from the same input."""

import gzip
import importlib.util
import json
import subprocess
import sys
import zipfile

import pytest

from infra.packaging import finish as finishing
from infra.packaging.errors import PackageError
from infra.packaging.finish import finish
from infra.packaging.source import export

ENDPOINTS = {"partitions": [{"partition": "aws", "services": {"streams.dynamodb": {"a": 1}, "s3": {}, "iam": {}}}]}


def described(prefix):
    return gzip.compress(json.dumps({"metadata": {"endpointPrefix": prefix}}).encode())


PACKED = {
    "app.py": b"import boto3\nboto3.client('dynamodbstreams')\n",
    "chalicelib/__init__.py": b"",
    "tenants/__init__.py": b"",
    "modules/__init__.py": b"X = 1\n",
    "botocore/data/endpoints.json": json.dumps(ENDPOINTS).encode(),
    "botocore/data/dynamodbstreams/2012-08-10/service-2.json.gz": described("streams.dynamodb"),
    "botocore/data/iam/2010-05-08/service-2.json.gz": described("iam"),
}


@pytest.fixture(autouse=True)
def _only_services(monkeypatch):
    """The rules of unused.py are about real libraries, which this small bundle has not."""
    monkeypatch.setattr(finishing, "unused", lambda paths, services: {p for p in paths if "/iam/" in p and services})


def packed(path, files=PACKED):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def made(tmp_path, name="out", files=PACKED):
    work = tmp_path / f"work-{name}"
    work.mkdir()
    output = tmp_path / f"{name}.zip"
    return finish(packed(tmp_path / f"{name}-in.zip", files), work, output), output


def test_refused__source_that_does_not_compile(tmp_path):
    with pytest.raises(PackageError, match="compile"):
        made(tmp_path, files=PACKED | {"six.py": b"def ("})


def test_endpoints_are_those_of_the_services_in_use(tmp_path):
    done, output = made(tmp_path)
    with zipfile.ZipFile(output) as archive:
        found = json.loads(archive.read("botocore/data/endpoints.json"))
        assert "botocore/data/iam/2010-05-08/service-2.json.gz" not in archive.namelist()
    assert [each["services"] for each in found["partitions"]] == [{"streams.dynamodb": {"a": 1}}]
    assert done.services == {"dynamodbstreams": ["app.py:2"]}
    assert done.files_out == 1


def test_byte_code_is_bound_to_a_hash_and_names_no_place_of_this_machine(tmp_path):
    _, output = made(tmp_path)
    with zipfile.ZipFile(output) as archive:
        code = archive.read(importlib.util.cache_from_source("modules/__init__.py"))
    assert code[4:8] == b"\x01\0\0\0"  # PEP 552: hash-based, unchecked
    assert str(tmp_path).encode() not in code


def test_the_same_input_makes_the_same_bytes(tmp_path):
    (_, one), (_, other) = made(tmp_path, "one"), made(tmp_path, "other", dict(reversed(PACKED.items())))
    assert one.read_bytes() == other.read_bytes()


def test_sizes_are_those_of_the_zip(tmp_path):
    done, output = made(tmp_path)
    assert done.size == output.stat().st_size
    assert set(done.packages) == {"app.py", "__pycache__", "chalicelib", "tenants", "modules", "botocore"}


def test_export__another_place__is_refused(tmp_path):
    with pytest.raises(PackageError, match=r"no app\.py"):
        export(tmp_path, tmp_path / "copy")


def test_export__what_lies_about__stays_behind(tmp_path):
    house, copy = tmp_path / "house", tmp_path / "copy"
    for name in ("app.py", "requirements.txt", ".chalice/config.json", "chalicelib/a.py", "chalicelib/static/x.css",
                 "chalicelib/__pycache__/a.pyc", "tenants/README.md", "tenants/a.py", "tenants/.a.py.swp",
                 "modules/a.py", "infra/a.py", "tests/a.py", ".env"):  # fmt: skip
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).touch()
    copy.mkdir()
    export(house, copy)
    assert {each.relative_to(copy).as_posix() for each in copy.rglob("*") if each.is_file()} == {
        "app.py", "requirements.txt", ".chalice/config.json", "chalicelib/a.py", "chalicelib/static/x.css",
        "tenants/a.py", "modules/a.py",
    }  # fmt: skip


def test_the_command_tells_what_to_do_when_pip_finds_nothing(tmp_path):
    """With an empty wheel folder and no index, as on a machine without a network."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.package", "--output", str(tmp_path / "x.zip")],
        env={"PATH": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "PIP_FIND_LINKS=" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.zip").exists()
