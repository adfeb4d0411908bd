"""What holds for every test: no AWS account, no way out of this machine, and data that may not be there."""

import gc
import os
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
LOOPBACK = ["127.0.0.1", "::1"]  # httpx and botocore try both for `localhost`

# Made up, so that a test which slips past moto reaches no account; and nothing of the developer's own is read.
AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    # Without it moto's streams answer 404 (stack-facts 9).
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}
NOT_FOR_TESTS = ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "DYNAMODB_ENDPOINT")


def pytest_configure():
    # No test asserts wall-clock time (quality.md), and a deadline for each example would.
    settings.register_profile("house", deadline=None)
    settings.load_profile("house")
    # moto keeps its tables as objects: looking for garbage among millions of them every 700 took a tenth of all time.
    gc.set_threshold(50_000, 20, 50)
    os.environ.update(AWS_ENVIRONMENT)
    for name in NOT_FOR_TESTS:
        os.environ.pop(name, None)
    # Each house has a session of its own, and each session would read botocore's models anew: 0.1 s a house.
    botocore.session.create_loader = cache(botocore.session.create_loader)


def pytest_collection_modifyitems(items):
    for item in items:
        if {"integration", "e2e"} & set(Path(item.path).relative_to(ROOT).parts):
            item.add_marker("integration")
        # --disable-socket stands in pyproject.toml; what talks to processes here may do so, and no further.
        if item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real customer files beside the repository. It is not ours to commit, and a clone may lack it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no {SHARED_DATA}: this test reads the real customer files")
    return SHARED_DATA
