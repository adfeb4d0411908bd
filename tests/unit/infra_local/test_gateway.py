"""GIVEN a handler behind the gateway WHEN requests of all kinds come THEN it sees what API Gateway would show it."""

import base64
import json
import logging
from typing import Any

import pytest

from infra.local.gateway import BODY_BYTES, Answer, Context, gateway
from tests.unit.infra_local.wsgi import call


def _echo(event: dict[str, Any], context: Context) -> Answer:
    content = {**event, "remaining": context.get_remaining_time_in_millis(), "context_id": context.aws_request_id}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(content)}


def _event(method: str, target: str, body: bytes = b"", **environ: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(gateway(_echo), method, target, body, **environ).body)
    return found


def _answering(answer: Answer) -> Any:
    return gateway(lambda _event, _context: answer)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/v1/a%2Fb", "/v1/a%2Fb"),
        ("/v1/%E5%BC%A0?q=1", "/v1/%E5%BC%A0"),
        ("/v1//x%25y/", "/v1//x%25y/"),
        ("http://other/v1/a%2Fb?x=1", "/v1/a%2Fb"),
        ("/v1/\u00e5\u00bc\u00a0", "/v1/%E5%BC%A0"),
        ("//host/v1", "//host/v1"),
    ],
)
def test_path__as_it_came__stays_percent_encoded(target: str, path: str) -> None:
    assert _event("GET", target)["path"] == path


def test_query__repeated_and_blank__keeps_all_values_and_the_last() -> None:
    event = _event("GET", "/v1/x?a=1&a=2&b=&c=%E5%BC%A0+x")
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""], "c": ["张 x"]}
    assert event["queryStringParameters"] == {"a": "2", "b": "", "c": "张 x"}


def test_event__has_headers_and_one_request_id_for_event_and_context() -> None:
    event = _event("POST", "/v1/x", b"{}", HTTP_IF_MATCH='"3"', CONTENT_TYPE="application/json")
    assert event["headers"]["if-match"] == '"3"'
    assert event["multiValueHeaders"]["content-type"] == ["application/json"]
    assert event["requestContext"]["requestId"] == event["context_id"]
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert (event["resource"], event["pathParameters"]) == ("/{proxy+}", None)
    assert 28_000 < event["remaining"] <= 29_000


def test_body__utf8__is_text() -> None:
    event = _event("POST", "/v1/x", "张".encode())
    assert (event["body"], event["isBase64Encoded"]) == ("张", False)


def test_body__not_utf8__is_base64() -> None:
    event = _event("POST", "/v1/x", b"\xff\xfe")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff\xfe", True)


def test_body__too_large__is_a_problem_and_never_reaches_the_handler() -> None:
    reply = call(_answering({}), "POST", "/v1/x", CONTENT_LENGTH=str(BODY_BYTES + 1))
    assert (reply.status, json.loads(reply.body)["code"]) == (413, "body_too_large")
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_crash__is_502_and_tells_neither_caller_nor_log_the_message(caplog: pytest.LogCaptureFixture) -> None:
    def crash(_event: dict[str, Any], _context: Context) -> Answer:
        message = "+8613912345678"
        raise RuntimeError(message)

    with caplog.at_level(logging.ERROR):
        reply = call(gateway(crash), "GET", "/v1/x?phone=13912345678")
    assert reply.status == 502
    assert b"13912345678" not in reply.body
    assert "13912345678" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert json.loads(reply.body)["request_id"] in caplog.text


@pytest.mark.parametrize("answer", [{}, {"statusCode": 200, "body": "x" * (BODY_BYTES + 1)}])
def test_answer__that_the_cloud_would_not_pass_on__is_502(answer: Answer) -> None:
    assert call(_answering(answer), "GET", "/").status == 502


def test_answer__binary_with_several_cookies__arrives() -> None:
    answer = {
        "statusCode": 200,
        "headers": {"X-A": "1", "set-cookie": "lost"},
        "multiValueHeaders": {"Set-Cookie": ["a=1"]},
        "body": base64.b64encode(b"\x00\x01").decode(),
        "isBase64Encoded": True,
    }
    reply = call(_answering(answer), "GET", "/")
    assert reply.body == b"\x00\x01"
    assert reply.headers == {
        "Set-Cookie": "a=1",
        "X-A": "1",
        "Content-Type": "application/json",
        "Content-Length": "2",
    }


def test_answer__204__has_no_length() -> None:
    assert "Content-Length" not in call(_answering({"statusCode": 204, "body": ""}), "DELETE", "/").headers


def test_answer__to_head__has_the_length_but_no_body() -> None:
    reply = call(_answering({"statusCode": 200, "body": "abc"}), "HEAD", "/")
    assert (reply.body, reply.headers["Content-Length"]) == (b"", "3")


@pytest.mark.parametrize(("target", "mounted"), [("/aside/x", True), ("/aside", True), ("/asides", False)])
def test_mount__takes_its_prefix_alone(target: str, mounted: bool) -> None:
    def aside(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    app = gateway(lambda _event, _context: {"statusCode": 404}, mounts={"/aside": aside})
    assert call(app, "GET", target).status == (200 if mounted else 404)
