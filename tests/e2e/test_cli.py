"""`switchboard`, the command line: a process of its own, against the running product."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.local_run import Caller, onboard


@pytest.fixture
def switchboard(run):
    def call(*arguments, by, language="en_US.UTF-8", code=0):
        environment = run.environment | {
            "SWITCHBOARD_URL": run.base_url,
            "SWITCHBOARD_TOKEN": by,
            "LANG": language,
            "LC_ALL": language,
            "COLUMNS": "200",
        }
        command = [sys.executable, "-m", "switchboard_cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    return call


@pytest.fixture
def operator(run):
    return run.operator_token()


@pytest.fixture(scope="module")
def tenant(run):
    made = onboard(run, "Of the command line")
    made.api.call("PUT", "/v1/modules/contacts/subscription", {})
    return made


@pytest.fixture
def key(tenant):
    return tenant.api_key


@pytest.fixture(scope="module")
def admin(run, tenant):
    """The token of its admin, who has signed in: keys neither see nor make keys."""
    token = run.issuer().issue("command-line")
    Caller(run, "").call("POST", f"/v1/invitations/{tenant.invitation}/sign-in", {"token": token})
    return token


def test_tenants__by_a_tenants_own_key__are_refused_with_the_missing_permission(switchboard, key):
    refused = switchboard("tenants", "list", by=key, code=1)
    assert "platform:tenants" in refused
    assert "permission_denied" in refused


def test_no_credential__says_what_to_set(switchboard):
    assert "SWITCHBOARD_TOKEN" in switchboard("modules", "list", by="", code=1)


def test_a_bad_credential_in_chinese__is_refused_in_chinese(switchboard):
    assert re.search(r"[一-鿿]", switchboard("modules", "list", by="sbk_nobody", language="zh_CN.UTF-8", code=1))


def test_a_tenants_life__by_an_operator(switchboard, operator):
    onboard = ["tenants", "onboard", "Command Line Telecom", "--admin-name", "Ann", "--admin-email", "ann@example.com"]
    made = json.loads(switchboard(*onboard, "--module", "contacts", "--json", by=operator))
    assert made["state"] == "active"
    assert made["invitation"]["link"].startswith("lnk_")
    assert "Command Line Telecom" in switchboard("tenants", "list", by=operator)
    suspend = ["tenants", "suspend", made["id"], "--reason", "open bills", "--block-changes", "--json"]
    assert json.loads(switchboard(*suspend, by=operator))["suspension"]["block_changes"] is True
    assert json.loads(switchboard("tenants", "reactivate", made["id"], "--json", by=operator))["state"] == "active"
    assert json.loads(switchboard("tenants", "show", made["id"], "--json", by=operator))["suspension"] is None


def test_features_and_modules__by_an_admin(switchboard, admin):
    assert "contacts" in switchboard("modules", "list", by=admin)
    off = switchboard("features", "off", "contacts.lines", "--reason", "not sold here", "--json", by=admin)
    assert json.loads(off)["enabled"] is False
    explained = switchboard("modules", "explain", "contacts.lines", "--json", by=admin)
    assert json.loads(explained)["decided_by"] == "tenant_override"
    switchboard("features", "reset", "contacts.lines", by=admin)
    assert json.loads(switchboard("modules", "explain", "contacts.lines", "--json", by=admin))["enabled"] is True


def test_keys__are_made_shown_once_and_revoked(switchboard, admin):
    made = switchboard("keys", "create", "from the command line", "--scope", "contacts:read", by=admin)
    secret = made.strip().splitlines()[-1]
    assert secret.startswith("sbk_")
    assert "contacts" in switchboard("modules", "list", by=admin)
    listed = [json.loads(each) for each in switchboard("keys", "list", "--json", by=admin).splitlines()]
    (mine,) = [each for each in listed if each["name"] == "from the command line"]
    assert secret not in json.dumps(listed)
    switchboard("keys", "revoke", mine["id"], by=admin)
    assert "unauthenticated" in switchboard("jobs", "list", by=secret, code=1)


def test_jobs__are_watched_to_their_end(switchboard, run, admin):
    job = Caller(run, admin).call("POST", "/v1/modules/contacts/recount", {}, expect=202)["id"]
    assert "succeeded" in switchboard("jobs", "watch", job, by=admin)
    assert json.loads(switchboard("jobs", "show", job, "--json", by=admin))["state"] == "succeeded"
    assert job in switchboard("jobs", "list", "--state", "succeeded", "--json", by=admin)
