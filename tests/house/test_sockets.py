"""pyproject.toml and tests/conftest.py: unit tests reach nothing, integration tests nothing but this machine."""

import os
import socket

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError


def test_a_unit_test_opens_no_socket():
    with pytest.raises(SocketBlockedError):
        socket.socket()


@pytest.mark.integration
def test_an_integration_test_reaches_this_machine_and_no_other():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    # 192.0.2.0/24 belongs to nobody (RFC 5737).
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=5)


def test_the_developers_own_aws_account_is_out_of_reach():
    # Ours, or moto's own made-up one while a fixture of this process keeps it switched on.
    assert os.environ["AWS_ACCESS_KEY_ID"] in {"testing", "FOOBARKEY"}
    assert os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "AWS_PROFILE" not in os.environ
