"""chalicelib/settings.py: what a process is told by its environment, and how it refuses nonsense."""

import json

import pytest
from pydantic import ValidationError

from chalicelib.settings import Settings

KEY = "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
LEAST = {"SWITCHBOARD_SECRET_KEYS": json.dumps([KEY])}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "secret_keys"),
        ({"SWITCHBOARD_SECRET_KEYS": "[]"}, "secret_keys"),
        ({"SWITCHBOARD_SECRET_KEYS": f'{{"key": "{KEY}"}}'}, "secret_keys"),
        ({"SWITCHBOARD_SECRET_KEYS": f'["{KEY}'}, "SWITCHBOARD_SECRET_KEYS"),
        (LEAST | {"SWITCHBOARD_READ_TIMEOUT_S": "soon"}, "read_timeout_s"),
        (LEAST | {"SWITCHBOARD_FILES_MAX_BYTES": "0"}, "files_max_bytes"),
    ],
)
def test_refused__by_name_and_without_the_secret(environ, named):
    with pytest.raises((ValidationError, ValueError), match=named) as refused:
        Settings.read(environ)
    assert KEY not in str(refused.value)
    assert refused.value.__cause__ is None


def test_nothing_but_the_keys_is_required():
    found = Settings.read(LEAST)
    assert (found.units, found.region, found.dynamodb_endpoint) == ("all", "eu-west-1", None)
    assert [each.get_secret_value() for each in found.secret_keys] == [KEY]


def test_each_setting_has_its_variable_and_type():
    found = Settings.read(
        LEAST
        | {
            "SWITCHBOARD_UNITS": "core,contacts",
            "SWITCHBOARD_CORS_ORIGINS": '["https://a.example"]',
            "SWITCHBOARD_READ_TIMEOUT_S": "1.5",
            "SWITCHBOARD_STORE_ATTEMPTS": "3",
            "DYNAMODB_ENDPOINT": "http://127.0.0.1:1",
            "SWITCHBOARD_REGION": "us-east-1",
            "PATH": "/bin",
        }
    )
    assert (found.units, found.cors_origins, found.read_timeout_s) == ("core,contacts", ["https://a.example"], 1.5)
    assert (found.store_attempts, found.dynamodb_endpoint) == (3, "http://127.0.0.1:1")
    assert found.region == "eu-west-1", "only AWS names it"


def test_the_default_region_wins_over_where_the_function_runs():
    assert Settings.read(LEAST | {"AWS_REGION": "us-east-1"}).region == "us-east-1"
    assert Settings.read(LEAST | {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}).region == "us-west-2"


def test_a_printed_settings_object_shows_no_key():
    assert KEY not in repr(Settings.read(LEAST))
