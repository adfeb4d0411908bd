"""Files over the API: whose they are, how they become whole, and how they end."""

import hashlib
from datetime import timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.clock import new_id
from chalicelib.files.errors import StorageUnavailableError
from chalicelib.files.paths import prefix
from chalicelib.files.protocol import PART_BYTES
from chalicelib.files.records import FILE, KEPT, UPLOAD_LIFE, File
from chalicelib.files.service import expire_files, keep_result, ready_file
from chalicelib.files.storage import storage
from chalicelib.problems import NotFound, StateConflict
from chalicelib.settings import settings
from chalicelib.store import keys
from chalicelib.store.scope import EVERYTHING, Scope
from chalicelib.store.store import Store
from tests.support.files import http

CONTENT = b"id,name\n1,Ann\n"
BODY = {"name": "customers.csv", "content_type": "text/csv", "size": len(CONTENT)}


def begun(world, by, **more):
    answer = world.call("POST", "/v1/files", BODY | more, by=by)
    assert answer.status == 201, answer.body
    return answer.body


def ready(world, by, content=CONTENT):
    made = begun(world, by, size=len(content))
    assert http("PUT", made["upload"]["parts"][0]["url"], content).status == 200
    answer = world.call("POST", f"/v1/files/{made['id']}/complete", by=by)
    assert answer.status == 200, answer.body
    return answer.body


def core(world, tenant, unit="core"):
    """The store of a unit as a job has it."""
    keyring = Keyring([key.get_secret_value() for key in settings().secret_keys])
    return Store(unit, tenant.id, keyring, "job", "test", world.clock, writing=True)


def objects(tenant):
    return list(storage().find(prefix(tenant.id)))


def events_of(world, tenant, subject):
    found, _ = core(world, tenant).query(keys.event(tenant.id, world.now, "").pk)
    return [each for each in found if each.subject == subject]


# -- who may


@pytest.mark.parametrize("role", ["viewer", "analyst", "service_agent", "director"])
def test_upload__a_role_that_only_reads__403(world, north, role):
    assert world.call("POST", "/v1/files", BODY, by=north.person(role)[1]).status == 403


EVERY_WAY = [
    ("GET", "/v1/files/{}", None),
    ("POST", "/v1/files/{}/parts", {"from": 1, "to": 1}),
    ("POST", "/v1/files/{}/complete", None),
    ("DELETE", "/v1/files/{}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EVERY_WAY)
def test_somebody_elses_file__404__whatever_the_reach_over_customers(world, north, method, path, body):
    file = begun(world, north.admin)
    others = [north.person("integrator")[1], north.person("department_manager", reach="all")[1]]
    for other in others:
        unknown = world.call(method, path.format(f"{file['id'][:-1]}0"), body, by=other)
        answer = world.call(method, path.format(file["id"]), body, by=other)
        assert (answer.status, answer.body["code"]) == (unknown.status, unknown.body["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "path", "body"), EVERY_WAY)
def test_another_tenants_file__404(world, north, south, method, path, body):
    file = begun(world, north.admin)
    assert world.call(method, path.format(file["id"]), body, by=south.admin).status == 404
    assert world.call("GET", "/v1/files", by=south.admin).body["items"] == []


def test_list__the_own_ones__and_all_for_an_admin(world, north):
    _, agent = north.person("integrator")
    own, admins = begun(world, agent)["id"], begun(world, north.admin)["id"]
    assert [each["id"] for each in world.call("GET", "/v1/files", by=agent).body["items"]] == [own]
    assert {each["id"] for each in world.call("GET", "/v1/files", by=north.admin).body["items"]} == {own, admins}
    assert world.call("GET", f"/v1/files/{own}", by=north.admin).status == 200


def test_a_key__sees_its_users_files(world, north):
    user, token = north.person("integrator")
    file = begun(world, token)
    assert file["owner_id"] == user
    scopes = {"name": "k", "scopes": ["files:read"]}
    key = world.call("POST", "/v1/api-keys", scopes, by=north.admin).body["api_key"]
    assert world.call("GET", f"/v1/files/{file['id']}", by=key).status == 404  # the admin's key lacks files:admin
    assert begun(world, north.key)["owner_id"] == world.call("GET", "/v1/me", by=north.key).body["user_id"]


# -- uploading


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"size": 0}, "/size"),
        ({"size": -1}, "/size"),
        ({"size": 50 * 10**9 + 1}, "/size"),
        ({"size": "5"}, "/size"),
        ({"size": True}, "/size"),
        ({"size": 5.5}, "/size"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"content_type": "csv"}, "/content_type"),
        ({"content_type": "text/csv\r\nX-Evil: 1"}, "/content_type"),
        ({"state": "ready"}, "/state"),
    ],
)
def test_upload__what_can_not_be__422_and_nothing_is_begun(world, north, wrong, pointer):
    answer = world.call("POST", "/v1/files", BODY | wrong, by=north.admin)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)
    assert not any(settings().files_dir and storage()._root.glob("tnt_*"))


def test_upload__is_divided_into_parts_of_8_mib__the_last_one_shorter(world, north):
    upload = begun(world, north.admin, size=2 * PART_BYTES + 5)["upload"]
    assert (upload["part_size"], upload["parts_total"]) == (PART_BYTES, 3)
    assert [(each["number"], each["size"]) for each in upload["parts"]] == [(1, PART_BYTES), (2, PART_BYTES), (3, 5)]
    assert http("PUT", upload["parts"][2]["url"], b"12345").status == 200
    assert http("PUT", upload["parts"][2]["url"], b"1234").status == 400


def test_upload__of_many_parts__signs_a_thousand_and_others_when_asked(world, north):
    made = begun(world, north.admin, size=1500 * PART_BYTES)
    assert [each["number"] for each in made["upload"]["parts"]] == list(range(1, 1001))
    path = f"/v1/files/{made['id']}/parts"
    more = world.call("POST", path, {"from": 1001, "to": 1500}, by=north.admin, Idempotency_Key="more")
    assert more.status == 200
    assert [each["number"] for each in more.body["parts"]] == list(range(1001, 1501))
    again = world.call("POST", path, {"from": 1001, "to": 1500}, by=north.admin, Idempotency_Key="more")
    assert again.body == more.body


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"from": 2, "to": 1}, "backwards"),
        ({"from": 1, "to": 1501}, "no_such_part"),
        ({"from": 1, "to": 1001}, "too_many"),
        ({"from": 0, "to": 1}, "greater_than_equal"),
    ],
)
def test_parts__a_range_that_is_none__422(world, north, wanted, code):
    made = begun(world, north.admin, size=1500 * PART_BYTES)
    answer = world.call("POST", f"/v1/files/{made['id']}/parts", wanted, by=north.admin)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, code)


def test_upload__a_thousand_urls_with_an_idempotency_key__are_replayed(world, north):
    body = BODY | {"size": 1000 * PART_BYTES}
    first, again = (world.call("POST", "/v1/files", body, by=north.admin, Idempotency_Key="one") for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.body == first.body


def test_complete__something_missing__409_that_names_it__and_can_go_on(world, north):
    made = begun(world, north.admin, size=PART_BYTES + 1)
    http("PUT", made["upload"]["parts"][1]["url"], b"x")
    path = f"/v1/files/{made['id']}/complete"
    answer = world.call("POST", path, by=north.admin)
    assert (answer.status, answer.body["code"]) == (409, "parts_missing")
    assert (answer.body["missing"], answer.body["missing_total"]) == ([1], 1)
    assert world.call("GET", f"/v1/files/{made['id']}", by=north.admin).body["state"] == "uploading"
    http("PUT", made["upload"]["parts"][0]["url"], bytes(PART_BYTES))
    answer = world.call("POST", path, by=north.admin)
    assert answer.status == 200
    assert answer.body["sha256"] == hashlib.sha256(bytes(PART_BYTES) + b"x").hexdigest()


def test_complete__makes_it_ready__and_twice_gives_the_same_answer(world, north):
    file = ready(world, north.admin)
    assert (file["state"], file["size"]) == ("ready", len(CONTENT))
    assert file["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert file["expires_at"] == (world.now + KEPT).isoformat().replace("+00:00", "Z")
    assert world.call("POST", f"/v1/files/{file['id']}/complete", by=north.admin).body == file
    assert world.call("POST", f"/v1/files/{file['id']}/parts", {"from": 1, "to": 1}, by=north.admin).status == 409


def test_complete__the_transaction_failed_after_the_storage_was_done__can_be_repeated(world, north, monkeypatch):
    made = begun(world, north.admin)
    http("PUT", made["upload"]["parts"][0]["url"], CONTENT)
    path, code = f"/v1/files/{made['id']}/complete", "SlowDown"

    def lost(*_):
        raise StorageUnavailableError(code)

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.store.store.send", lost)
        assert world.call("POST", path, by=north.admin).status == 503
    assert world.call("GET", f"/v1/files/{made['id']}", by=north.admin).body["state"] == "uploading"
    answer = world.call("POST", path, by=north.admin)
    assert (answer.status, answer.body["state"]) == (200, "ready")


def test_complete__a_file_too_large_to_read_through__has_no_hash(world, north, monkeypatch):
    monkeypatch.setattr("tenants.files.service.HASHED_BYTES", len(CONTENT) - 1)
    assert ready(world, north.admin)["sha256"] is None


def test_a_storage_that_does_not_answer__is_a_503(world, north, monkeypatch):
    made, code = begun(world, north.admin), "SlowDown"

    def down(*_):
        raise StorageUnavailableError(code, maybe_done=True)

    monkeypatch.setattr(type(storage()), "complete", down)
    answer = world.call("POST", f"/v1/files/{made['id']}/complete", by=north.admin)
    assert (answer.status, answer.body["code"]) == (503, "store_unavailable")
    assert "Retry-After" in answer.headers


# -- downloading


def test_get__a_ready_file__has_a_url_for_ten_minutes__an_open_one_has_none(world, north):
    assert (
        world.call("GET", f"/v1/files/{begun(world, north.admin)['id']}", by=north.admin).body["download_url"] is None
    )
    file = ready(world, north.admin)
    url = world.call("GET", f"/v1/files/{file['id']}", by=north.admin).body["download_url"]
    reply = http("GET", url)
    assert (reply.status, reply.body) == (200, CONTENT)
    assert 'filename="customers.csv"' in reply.headers["Content-Disposition"]


def test_name__directories_and_header_breaks__are_taken_out(world, north):
    assert begun(world, north.admin, name='..\\..\\a"\r\nb.csv')["name"] == "a_b.csv"


def test_events__tell_that_a_file_came_and_went__not_its_name(world, north):
    file = ready(world, north.admin)
    assert world.call("DELETE", f"/v1/files/{file['id']}", by=north.admin).status == 204
    events = events_of(world, north, file["id"])
    assert [each.type for each in events] == ["file.created", "file.updated", "file.deleted"]
    for each in events:
        assert "customers.csv" not in str(each.raw())
        assert each.changed.get("name") is None
        assert each.changed.get("upload") is None
    assert events[0].changed["size"] == [None, len(CONTENT)]
    assert events[1].changed["status"] == ["uploading", "ready"]


# -- ending


def test_delete__takes_the_object_too__and_an_open_upload(world, north):
    for file in (ready(world, north.admin), begun(world, north.admin)):
        assert world.call("DELETE", f"/v1/files/{file['id']}", by=north.admin).status == 204
        assert world.call("GET", f"/v1/files/{file['id']}", by=north.admin).status == 404
    assert objects(north) == []
    assert http("PUT", file["upload"]["parts"][0]["url"], CONTENT).status == 404


def test_delete__of_an_older_version__412_and_the_file_stays(world, north):
    file = ready(world, north.admin)
    assert world.call("DELETE", f"/v1/files/{file['id']}", by=north.admin, If_Match='"1"').status == 412
    assert len(objects(north)) == 1


def test_an_expired_file__is_not_there_any_more__even_before_it_is_removed(world, north):
    file = ready(world, north.admin)
    world.later(days=30)
    assert world.call("GET", f"/v1/files/{file['id']}", by=north.admin).status == 404
    assert world.call("GET", "/v1/files", by=north.admin).body["items"] == []


def expire(world, tenant):
    store = core(world, tenant)
    more = expire_files(store, storage())
    store.commit()
    return more


def test_expire__removes_what_is_due__in_bounded_steps__and_nothing_else(world, north, south, monkeypatch):
    monkeypatch.setattr("chalicelib.files.service.EXPIRED_A_STEP", 2)
    for _ in range(3):
        ready(world, north.admin)
    abandoned, theirs = begun(world, north.admin), ready(world, south.admin)
    world.later(days=29)
    young = ready(world, north.admin)
    world.later(days=1)
    assert expire(world, north)
    while expire(world, north):
        pass
    assert [each.path.split("/")[2] for each in objects(north)] == [young["id"]]
    assert {each["id"] for each in world.call("GET", "/v1/files", by=north.admin).body["items"]} == {young["id"]}
    assert [each.path.split("/")[2] for each in objects(south)] == [theirs["id"]]
    assert http("PUT", abandoned["upload"]["parts"][0]["url"], CONTENT).status in {403, 404}
    assert not expire(world, north)


def test_expire__an_upload_in_time__stays(world, north):
    made = begun(world, north.admin)
    world.later(seconds=UPLOAD_LIFE.total_seconds() - 1)
    assert not expire(world, north)
    assert world.call("GET", f"/v1/files/{made['id']}", by=north.admin).status == 200


def test_expire__the_commit_failed__does_it_again(world, north):
    file = ready(world, north.admin)
    world.later(days=30)
    expire_files(core(world, north), storage())  # the process dies before its commit
    assert objects(north) == []
    expire(world, north)
    assert [each.type for each in events_of(world, north, file["id"])][-1:] == ["file.deleted"]


def test_expire__an_upload_that_no_record_knows_of__ends_too(world, north, monkeypatch):
    monkeypatch.setattr(storage(), "_clock", world.clock)
    upload = storage().begin(File.fresh(world.now, area="uploads").path(north.id), "text/csv")

    def sent():
        return http("PUT", storage().part_url(upload, 1, 1, timedelta(minutes=5)), b"x").status

    world.later(seconds=UPLOAD_LIFE.total_seconds())
    expire(world, north)
    assert sent() == 200
    world.later(days=2)
    expire(world, north)
    assert sent() == 404


# -- for jobs


def kept(world, tenant, store, file_id, chunks=(b"a,b\n", b"1,2\n")):
    return keep_result(
        store,
        storage(),
        file_id=file_id,
        owner_id="usr_1",
        name="../rejected rows.csv",
        content_type="text/csv",
        chunks=chunks,
        expires_at=world.now + timedelta(days=7),
    )


def test_keep_result__is_a_ready_file_of_who_asked(world, north):
    store, file_id = core(world, north), new_id(FILE.prefix, world.now)
    file = kept(world, north, store, file_id)
    store.commit()
    assert (file.name, int(file.size), file.sha256) == (
        "rejected rows.csv",
        8,
        hashlib.sha256(b"a,b\n1,2\n").hexdigest(),
    )
    seen = world.call("GET", f"/v1/files/{file_id}", by=north.admin).body
    assert http("GET", seen["download_url"]).body == b"a,b\n1,2\n"
    assert seen["owner_id"] == "usr_1"
    assert ready_file(core(world, north), file_id, Scope(owner="usr_1")).id == file_id
    with pytest.raises(NotFound):
        ready_file(core(world, north), file_id, Scope(owner="usr_2"))


def test_keep_result__a_step_that_runs_again__keeps_one_file(world, north):
    file_id = new_id(FILE.prefix, world.now)
    kept(world, north, core(world, north), file_id)  # the process dies before its commit
    for _ in range(2):
        store = core(world, north)
        kept(world, north, store, file_id)
        store.commit()
    assert len(objects(north)) == 1
    assert [each.type for each in events_of(world, north, file_id)] == ["file.created"]


def test_ready_file__an_open_upload_or_an_expired_file__is_refused(world, north):
    made, file = begun(world, north.admin), ready(world, north.admin)
    store = core(world, north)
    with pytest.raises(StateConflict):
        ready_file(store, made["id"], EVERYTHING)
    with storage().open(ready_file(store, file["id"], EVERYTHING).path(north.id)) as stream:
        assert stream.read() == CONTENT
    world.later(days=30)
    with pytest.raises(NotFound):
        ready_file(store, file["id"], EVERYTHING)


def test_a_module__keeps_and_reads_files_through_its_door_to_core(world, north):
    file_id = new_id(FILE.prefix, world.now)
    own = core(world, north, "alpha")
    kept(world, north, own.beside("core", [FILE.name]), file_id)
    own.commit()
    door = core(world, north, "alpha").beside("core", [], reads=[FILE.name])
    assert ready_file(door, file_id, EVERYTHING).size == 8
