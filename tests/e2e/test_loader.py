"""The example client when a file is not in order: it says what was rejected, and why, and loads the rest."""

import pytest

from tests.support.local_run import load, onboard

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def tenant(run, request):
    made = onboard(run, f"{request.node.name[:60]}")
    made.api.call("PUT", "/v1/modules/contacts/subscription", {"plan": "basic"})
    return made


def test_load__fields_not_declared__names_them_and_sends_nothing(run, tenant, tmp_path):
    file = _file(tmp_path, "Customerid,Loyalty", "A-1,Gold")
    assert "not declared here: loyalty" in load(run, tenant, file, exit_code=1)
    assert list(tenant.api.pages("/v1/contacts")) == []


def test_load__some_rows_are_wrong__the_others_are_in_and_each_wrong_one_has_its_reason(run, tenant, tmp_path):
    file = _file(
        tmp_path,
        "Customerid ,Customerstatus ,Latitude,Longitude,Zipcode ",
        "A-1,Stayed,34.1,-118.2,00501",
        "A-2,Vanished,34.1,-118.2,90001",
        "A-3,Joined,134.1,-118.2,90001",
        ",Joined,34.1,-118.2,90001",
        "A-1,Churned,34.1,-118.2,90001",
    )
    said = load(run, tenant, file, "--declare", exit_code=1)
    assert "1 created, 4 rejected" in said
    assert "row 2 (A-2) rejected: 422 invalid: /data/status" in said
    assert "row 3 (A-3) rejected: 422 invalid: /data/addresses/0/geo/latitude" in said
    assert "row 4 () rejected: 422 invalid: /key/id" in said
    assert "row 5 (A-1) rejected: 409 conflict" in said
    (contact,) = tenant.api.pages("/v1/contacts")
    assert contact["status"] == "active"
    assert contact["addresses"][0]["postal_code"] == "00501"


def test_load__a_field_is_there_as_text__its_numbers_stay_texts(run, tenant, tmp_path):
    tenant.api.call("POST", "/v1/contacts/custom-fields", {"name": "meter", "type": "text"}, expect=201)
    load(run, tenant, _file(tmp_path, "Customerid,Meter,Points", "A-1,12,7"), "--declare")
    (contact,) = tenant.api.pages("/v1/contacts")
    assert contact["custom"] == {"meter": "12", "points": 7}


def test_load__a_whole_batch_is_rejected_for_much__each_row_has_its_reason(run, tenant, tmp_path):
    # 500 rows with 20 faults each: an answer of megabytes, more than a stored answer can hold whole.
    names = [f"meter_{number}" for number in range(20)]
    for name in names:
        tenant.api.call("POST", "/v1/contacts/custom-fields", {"name": name, "type": "number"}, expect=201)
    rows = [f"A-{number}" + ",none" * len(names) for number in range(500)]
    said = load(run, tenant, _file(tmp_path, f"Customerid,{','.join(names)}", *rows), exit_code=1)
    assert "0 created, 500 rejected" in said
    assert "row 20 (A-19) rejected: 422 invalid: /data/custom/meter_0" in said


def test_load__a_server_that_stays_away__ends_within_its_time(run, tenant, tmp_path):
    nowhere = ("--base-url", "http://localhost:9", "--wait", "1")
    assert "failed for 1 s" in load(run, tenant, _file(tmp_path, "Customerid", "A-1"), *nowhere, exit_code=1)


def _file(folder, *lines):
    path = folder / "customers.csv"
    path.write_text("\r\n".join([*lines, ""]), encoding="utf-8-sig")
    return path
