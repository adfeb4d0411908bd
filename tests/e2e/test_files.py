"""A file of several parts over real HTTP: sent, completed over a kill -9, and fetched whole and in pieces."""

import hashlib
import random

import pytest

from tests.support.local_run import onboard

pytestmark = pytest.mark.xdist_group("e2e")

CONTENT = random.Random(4).randbytes(20 * 1024 * 1024 + 7)


@pytest.fixture
def tenant(run, request):
    return onboard(run, f"{request.node.name[:60]}")


def begun(tenant):
    body = {"name": "customers.bin", "content_type": "text/csv", "size": len(CONTENT)}
    return tenant.api.call("POST", "/v1/files", body, expect=201)


def piece(upload, part):
    start = (part["number"] - 1) * upload["part_size"]
    return CONTENT[start : start + part["size"]]


def test_twenty_megabytes__killed_between_the_parts__arrive_as_they_were_sent(run, tenant):
    made = begun(tenant)
    upload, path = made["upload"], f"/v1/files/{made['id']}"
    first, *others = upload["parts"]
    assert len(others) == 2
    assert run.http.put(first["url"], content=piece(upload, first)).status_code == 200
    assert tenant.api.call("POST", f"{path}/complete", expect=409)["missing"] == [2, 3]

    run.kill()
    run.start()
    for part in others:
        assert run.http.put(part["url"], content=piece(upload, part)).status_code == 200
    done = tenant.api.call("POST", f"{path}/complete")
    assert (done["state"], done["size"]) == ("ready", len(CONTENT))
    assert done["sha256"] == hashlib.sha256(CONTENT).hexdigest()

    url = tenant.api.call("GET", path)["download_url"]
    whole = run.http.get(url)
    assert (whole.status_code, hashlib.sha256(whole.content).hexdigest()) == (200, done["sha256"])
    assert whole.headers["content-disposition"].startswith("attachment")
    seam = upload["part_size"]
    part = run.http.get(url, headers={"Range": f"bytes={seam - 100}-{seam + 99}"})
    assert (part.status_code, part.content) == (206, CONTENT[seam - 100 : seam + 100])
    rest = run.http.get(url, headers={"Range": f"bytes={len(CONTENT) - 7}-"})
    assert (rest.status_code, rest.content) == (206, CONTENT[-7:])

    tenant.api.call("DELETE", path, expect=204)
    assert run.http.get(url).status_code == 404


def test_a_bent_url__another_tenants_token__and_a_body_above_the_gateways_limit(run, tenant):
    upload = begun(tenant)["upload"]
    part = upload["parts"][0]
    bent = part["url"].replace("part=1", "part=2")
    assert run.http.put(bent, content=piece(upload, part)).status_code == 403
    traversal = part["url"].replace("/uploads/", "/uploads/%2e%2e/")
    assert run.http.put(traversal, content=piece(upload, part)).status_code == 403
    assert run.http.put(part["url"], content=bytes(11 * 1024 * 1024)).status_code == 413
    assert run.http.put(part["url"], content=piece(upload, part)[:-1]).status_code == 400
