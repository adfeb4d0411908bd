"""Which services' descriptions a bundle keeps follows from the code, and from nothing else."""

import pytest

from infra.packaging.errors import PackageError
from infra.packaging.services import used_services


def found(tmp_path, text):
    file = tmp_path / "service.py"
    file.write_text(text)
    return used_services(tmp_path, [file])


@pytest.mark.parametrize(
    "text",
    [
        "import boto3\nname = 's3'\nboto3.client(name)",
        "session.create_client(service_name=NAMES[0])",
        "boto3.client(f'{kind}')",
    ],
)
def test_refused__a_service_that_cannot_be_read_from_the_code(tmp_path, text):
    with pytest.raises(PackageError, match=r"service\.py:\d: the service must stand here as a text"):
        found(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import boto3\nboto3.client('sqs', region_name=r)", {"sqs": ["service.py:2"]}),
        ("boto3.client(service_name='s3')", {"s3": ["service.py:1"]}),
        ("def f():\n    return boto3.Session().client('kms')", {"kms": ["service.py:2"]}),
        ("get_session().create_client('events', region)", {"events": ["service.py:1"]}),
        ("from pynamodb.models import Model", {"dynamodb": ["pynamodb"]}),
        ("import pynamodb.connection", {"dynamodb": ["pynamodb"]}),
        ("made.client\nhouse.client()\nclient('s3')", {}),
        ("'boto3.client(\"iam\")'", {}),
    ],
)
def test_a_service_is_found_where_a_client_is_made(tmp_path, text, expected):
    assert found(tmp_path, text) == expected
