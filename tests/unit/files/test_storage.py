"""Which storage a process has, and that none is loaded before it is needed."""

import subprocess
import sys

import pytest

from chalicelib.files.disk import DiskStorage
from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.s3 import S3Storage
from chalicelib.files.storage import storage
from chalicelib.settings import settings
from tests.support.application import SECRET_KEY


@pytest.fixture
def chosen(monkeypatch):
    def choose(**variables):
        for name in ("FILES_BUCKET", "FILES_DIR"):  # another test's deployment may stand in the environment
            monkeypatch.delenv(f"SWITCHBOARD_{name}", raising=False)
        monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", f'["{SECRET_KEY}"]')
        for name, value in variables.items():
            monkeypatch.setenv(f"SWITCHBOARD_{name}", value)
        settings.cache_clear()
        storage.cache_clear()
        return storage()

    yield choose
    settings.cache_clear()
    storage.cache_clear()


def test_neither_bucket_nor_directory__is_said_at_the_first_use(chosen):
    with pytest.raises(StorageNotConfiguredError, match="SWITCHBOARD_FILES_BUCKET"):
        chosen()


def test_a_directory__is_made_there__once_for_the_process(chosen, tmp_path):
    made = chosen(FILES_DIR=str(tmp_path / "files"))
    assert isinstance(made, DiskStorage)
    assert storage() is made
    assert (tmp_path / "files").is_dir()


def test_a_bucket__wins_over_a_directory(chosen, tmp_path):
    assert isinstance(chosen(FILES_BUCKET="bucket", FILES_DIR=str(tmp_path / "files")), S3Storage)
    assert not (tmp_path / "files").exists()


def test_a_cold_start__loads_neither_storage():
    """quality.md, cold start: S3's model alone is megabytes."""
    look = (
        "import sys, app; print(sorted({'boto3', 'chalicelib.files.s3', 'chalicelib.files.disk'} & set(sys.modules)))"
    )
    environment = {"SWITCHBOARD_SECRET_KEYS": f'["{SECRET_KEY}"]', "AWS_DEFAULT_REGION": "eu-west-1"}
    said = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
