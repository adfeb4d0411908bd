"""`make package`: the bundle answers from an empty directory in a new interpreter, at each of its entries.

Built once, by pip's usual configuration: without a network it needs a wheel folder, as `make package` does.
"""

import hashlib
import json
import platform
import re
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from chalicelib.store import keys
from infra.package import MOST_BYTES, build
from infra.packaging.fresh import run, unpacked
from tests.support.bundle import Bundle
from tests.support.engine import engine_client
from tests.support.onboarded import onboarded, proxy_event

pytestmark = [
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"),
        reason="the bundle holds machine code for Lambda's Linux on x86_64, and this is another machine",
    ),
    pytest.mark.xdist_group("bundle"),  # one of pytest's processes builds it
]

NEVER_INSIDE = ("infra", "tests", "bench", "examples", "test", "moto", "pytest", "pip", "jinja2", "yaml", "markupsafe")
# What a first request must not load: see chalicelib/access/signatures.py, decision 0016 and stack-facts 4.
NOT_AT_FIRST = ("aws_xray_sdk", "boto3.resources", "cryptography.x509", "joserfc.jwk", "phonenumbers", "swagger_ui")
PERSON = {"name": "José", "phones": ["+14155550101"], "emails": ["jose@example.com"]}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "deployment.zip"
    build(path, print)
    return path


@pytest.fixture(scope="module")
def directory(archive):
    with unpacked(archive) as made:
        yield made


@pytest.fixture(scope="module")
def bundle(directory, engine):
    with onboarded(engine.endpoint) as house:
        yield Bundle(directory, house)


@pytest.fixture(scope="module")
def contact(bundle):
    """A customer that the bundle has made."""
    return bundle.ask("handler", proxy_event("POST", "/v1/contacts", PERSON, by=bundle.house.api_key))


@pytest.fixture(scope="module")
def read(bundle, contact):
    return bundle.ask("handler", proxy_event("GET", f"/v1/contacts/{contact.body['id']}", by=bundle.house.api_key))


def test_it_is_within_its_budget(archive):
    assert archive.stat().st_size <= MOST_BYTES


def test_it_holds_the_product_and_none_of_the_tools(archive):
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {"app.py", "chalicelib", "chalice", "tenants", "modules"} <= tops
    assert not tops & set(NEVER_INSIDE)
    assert not [name for name in names if name.startswith("swagger_ui/") and name.endswith((".py", ".pyc"))]
    assert not [name for name in names if re.search(r"(?i)issuer", name) and name.startswith("infra")]


def test_every_source_file_has_byte_code_that_is_never_checked(directory):
    for file in directory.rglob("*.py"):
        cached = file.parent / "__pycache__" / f"{file.stem}.{sys.implementation.cache_tag}.pyc"
        assert cached.read_bytes()[4:8] == b"\x01\0\0\0", file  # PEP 552: bound to a hash, unchecked


@pytest.mark.slow  # builds it once more
def test_the_same_tree_makes_the_same_bytes(archive, tmp_path):
    again = tmp_path / "again.zip"
    build(again, print)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()


def test_all_of_it_can_be_imported(directory):
    """Nothing that was left out is missed by code which no request below reaches."""
    program = (
        "import importlib, pkgutil, chalicelib, modules, tenants\n"
        "for top in (chalicelib, modules, tenants):\n"
        "    for each in pkgutil.walk_packages(top.__path__, top.__name__ + '.'):\n"
        "        importlib.import_module(each.name)\n"
    )
    outcome = run(directory, program, {})
    assert outcome.code == 0, outcome.errors


def test_without_its_settings_it_dies_at_once(directory):
    outcome = run(directory, "import app", {})
    assert outcome.code != 0
    assert "secret_keys" in outcome.errors


def test_an_http_event_that_writes(contact):
    assert contact.answer["statusCode"] == 201
    assert contact.body["name"] == PERSON["name"]


def test_an_http_event_that_reads(read, contact):
    assert read.answer["statusCode"] == 200
    assert read.body == contact.body


def test_another_tenants_key_reads_nothing(bundle, contact):
    key = bundle.house.api_key[:-8] + "AAAAAAAA"
    told = bundle.ask("handler", proxy_event("GET", f"/v1/contacts/{contact.body['id']}", by=key))
    assert told.answer["statusCode"] == 401


def test_a_request_loads_no_tool_and_nothing_that_it_does_not_need(read):
    tops = {name.partition(".")[0] for name in read.modules}
    assert not tops & set(NEVER_INSIDE)
    assert not [each for each in read.modules if each.startswith(NOT_AT_FIRST)]
    rooms = [each for each in read.modules if each.endswith(".routes") and each.startswith(("tenants.", "modules."))]
    assert rooms == ["modules.contacts.people.routes"]


def test_the_docs_page_and_every_file_that_it_names(bundle):
    page = bundle.ask("handler", proxy_event("GET", "/docs"))
    assert page.answer["statusCode"] == 200
    files = re.findall(r'(?:src|href)="([^"]*/docs/[^"]+)"', page.answer["body"])
    assert len(files) >= 4
    for file in files:
        told = bundle.ask("handler", proxy_event("GET", file))
        assert told.answer["statusCode"] == 200, file
        assert not {name.partition(".")[0] for name in told.modules} & set(NEVER_INSIDE)


def test_the_openapi_document(bundle):
    told = bundle.ask("handler", proxy_event("GET", "/v1/openapi.json"))
    assert told.answer["statusCode"] == 200
    assert "/v1/contacts" in told.body["paths"]


def test_a_stream_event(bundle, contact):
    def counted():
        event = proxy_event("GET", "/v1/contacts", by=bundle.house.api_key, include_total="true")
        return bundle.ask("handler", event).body["total"]

    event = stream_of(bundle, contact.body["id"])
    before = counted()
    answers = [bundle.ask("changes", event).answer for _ in range(2)]  # streams deliver at least once
    assert (before, counted()) == (0, 1)
    assert answers == [{"batchItemFailures": []}] * 2


def test_a_job(bundle):
    key = bundle.house.api_key
    job = bundle.ask("handler", proxy_event("POST", "/v1/modules/contacts/recount", by=key)).body
    message = {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": json.dumps({"tenant": bundle.house.tenant_id, "job": job["id"]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
        "awsRegion": "eu-west-1",
    }
    assert bundle.ask("worker", {"Records": [message]}).answer == {"batchItemFailures": []}
    after = bundle.ask("handler", proxy_event("GET", f"/v1/jobs/{job['id']}", by=key)).body
    assert (job["state"], after["state"]) == ("queued", "succeeded")


def test_a_minute_of_the_clock(bundle):
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-03-01T12:00:00Z", "detail": {}}
    assert set(bundle.ask("scheduler", event).answer) == {"fired"}


def stream_of(bundle, contact_id):
    """The stream's records of a customer's events, as the event source mapping hands them over."""
    table = f"{bundle.house.environment['SWITCHBOARD_TABLE_PREFIX']}contacts"
    client = engine_client(bundle.house.environment["DYNAMODB_ENDPOINT"])
    partition = keys.event(bundle.house.tenant_id, datetime.now(UTC), "").pk
    found = client.query(
        TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": str(partition)}}
    )["Items"]
    client.close()
    images = [image for image in found if image["subject"] == {"S": contact_id}]
    assert images
    return {
        "Records": [
            {
                "eventID": f"e{number}",
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1",
                "dynamodb": {
                    "Keys": {"pk": image["pk"], "sk": image["sk"]},
                    "NewImage": image,
                    "SequenceNumber": str(number),
                    "StreamViewType": "NEW_IMAGE",
                },
                "eventSourceARN": f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}/stream/1",
            }
            for number, image in enumerate(images, 1)
        ]
    }
