"""Figures of the service: refused to strangers, equal to a plain recount, and down to the requests that they count."""

import pytest

from chalicelib.access.principal import Reach
from tests.support.visits import made

pytestmark = pytest.mark.integration

FIGURES = "/v1/service/analysis/figures"
COMPLAINT = {"type": "complaint", "title": "Charged twice", "area": ["Georgia", "Acworth"]}


@pytest.fixture
def client(behind):
    return behind.house.client()


def read(client, path, **query):
    text = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
    answer = client.call("GET", f"/v1/service/analysis/{path}?{text}")
    assert answer.status == 200, answer.text
    return answer.body


def test_try(behind, client):
    for at in range(5):
        made(client.call("POST", "/v1/requests", {**COMPLAINT, "title": f"Charged {at}"}))
    behind.settle()
    print(read(client, "figures"))
    print(read(client, "figures", by="day", over="area", depth=1))
    print(read(client, "figures", over="area,channel", compare="true", show="opened,backlog"))
    print(
        read(client, "statuses"),
        read(client, "causes"),
        read(client, "complaint-rate"),
        read(client, "repeat-complainers"),
    )
    print(read(client, "requests", area="/Georgia/"))
    print(client.call("GET", FIGURES + "/csv").text)
