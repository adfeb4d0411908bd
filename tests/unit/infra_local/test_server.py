"""The server on a real socket: ports, refusals of its own, stopping."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from infra.local.errors import LocalError
from infra.local.server import Server, check_port, serve

pytestmark = [pytest.mark.integration, pytest.mark.enable_socket]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers with the path it saw."""
    made = serve(lambda event, _context: {"statusCode": 200, "body": event["path"]}, port=0, threads=4)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.close()
    thread.join(10)
    assert not thread.is_alive()


def _get(server: Server, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", target)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_path__with_an_encoded_slash__survives_the_server(server: Server) -> None:
    assert _get(server, "/v1/a%2Fb/%E5%BC%A0?x=1") == (200, b"/v1/a%2Fb/%E5%BC%A0")


def test_refusal__of_the_server_itself__is_a_problem(server: Server) -> None:
    status, body = _get(server, "/" + "x" * 20_000)
    assert (status, json.loads(body)["code"]) == (431, "headers_too_large")


def test_port__taken__says_which_and_how_to_choose_another(server: Server) -> None:
    said = rf"Port {server.port} is already in use.*PORT=\d+ make run"
    with pytest.raises(LocalError, match=said):
        check_port("127.0.0.1", server.port)
    with pytest.raises(LocalError, match=said):
        serve(lambda _event, _context: {}, port=server.port)


def test_port__taken_for_localhost_alone__is_told_too() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(LocalError):
            check_port("127.0.0.1", other.getsockname()[1])


def test_port__free__is_fine() -> None:
    check_port("127.0.0.1", 0)
