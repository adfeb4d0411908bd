"""What happens after the write, over HTTP: a file is imported, counted, found, changed, and survives kill -9."""

import csv
import io
import random
import time
from collections import Counter

import pytest

from infra import sample_people
from tests.support.local_run import onboard

pytestmark = pytest.mark.xdist_group("e2e")  # one product runs for all of them

MODULE = "/v1/modules/contacts/subscription"
IMPORTS = "/v1/contacts/imports"
ENDED = {"succeeded", "failed", "cancelled"}


@pytest.fixture
def importing(run):
    """A new tenant with contacts enabled, and what it takes to import a file."""

    def begin(name):
        tenant = onboard(run, name)
        tenant.api.call("PUT", MODULE, {"plan": "basic"})
        return Importer(run, tenant)

    return begin


class Importer:
    def __init__(self, run, tenant):
        self.run, self.tenant, self.api = run, tenant, tenant.api

    def upload(self, name, content):
        body = {"name": name, "content_type": "text/csv", "size": len(content)}
        made = self.api.call("POST", "/v1/files", body, expect=201)
        self.run.send(made["upload"], content)
        return self.api.call("POST", f"/v1/files/{made['id']}/complete")["id"]

    def draft(self, content, dictionary=None):
        body = {"file_id": self.upload("customers.csv", content), "system": "billing"}
        if dictionary is not None:
            body["dictionary_file_id"] = self.upload("dictionary.csv", dictionary)
        return self.api.call("POST", IMPORTS, body, expect=201)

    def commit(self, draft):
        return {"id": self.api.call("POST", f"{IMPORTS}/{draft['id']}/commit", expect=202)["job_id"]}

    def finished(self, job, seen=None):
        def ended():
            now = self.api.call("GET", f"/v1/jobs/{job['id']}")
            if seen is not None:
                seen.append(now["progress"]["done"])
            return now["state"] in ENDED

        self.run.wait_until(ended)
        return self.api.call("GET", f"/v1/jobs/{job['id']}")

    def loaded(self, content, dictionary=None, **plan):
        """Import a file by its suggested mapping; answers the import when it has ended, and the progress seen."""
        draft = self.draft(content, dictionary)
        if plan:
            draft = self.api.call("PATCH", f"{IMPORTS}/{draft['id']}", plan)
        seen = []
        job = self.finished(self.commit(draft), seen)
        assert job["state"] == "succeeded", job
        return self.api.call("GET", f"{IMPORTS}/{draft['id']}"), seen

    def totals(self):
        """Exact totals by status, once the counters have caught up."""
        statuses = ("prospect", "joined", "active", "suspended", "churned")
        return {status: self.total(f"status={status}") for status in statuses}

    def total(self, query=""):
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        return self.api.call("GET", "/v1/contacts", limit="1", include_total="true", **asked)["total"]

    def found(self, text):
        return [each["name"] for each in self.api.call("GET", "/v1/contacts", q=text, limit="50")["items"]]


def changed_cells(content, number, seed=5):
    """The file with another churn category or city in some customers' rows; answers it and their ids."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    names = [each.strip() for each in rows[0]]
    at, who = names.index("City"), names.index("Customerid")
    chosen = random.Random(seed).sample(range(1, len(rows)), number)
    for row in chosen:
        rows[row][at] = f"{rows[row][at]} East"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode(), {rows[row][who] for row in chosen}


def _whole_story(importing, name, content, dictionary, rows, negative):
    desk = importing(name)
    statuses = Counter(each for each in _column(content, "Customerstatus"))
    draft = desk.draft(content, dictionary)
    preview = desk.api.call("POST", f"{IMPORTS}/{draft['id']}/preview")
    assert preview["counts"]["invalid"] == 0
    assert preview["counts"]["new"] == preview["rows_read"] > 0
    seen = []
    job = desk.finished(desk.commit(draft), seen)
    done = desk.api.call("GET", f"{IMPORTS}/{draft['id']}")
    assert job["state"] == "succeeded", job
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (rows, 0)
    assert done["counts"]["warnings"] == negative
    assert seen == sorted(seen)
    assert rows < 200 or len(set(seen)) > 2, "the progress shows while it runs"
    desk.run.wait_until(lambda: desk.total() == rows)
    expected = {"active": statuses["Stayed"], "churned": statuses["Churned"], "joined": statuses["Joined"]}
    assert desk.totals() == {"prospect": 0, "suspended": 0, **expected}

    before = Counter(desk.run.events(desk.tenant.id))
    again, _ = desk.loaded(content, dictionary)
    assert again["counts"] == {**again["counts"], "created": 0, "updated": 0, "unchanged": rows, "rejected": 0}
    after = Counter(desk.run.events(desk.tenant.id))
    assert {name: number for name, number in after.items() if name.startswith("contact.")} == {
        name: number for name, number in before.items() if name.startswith("contact.")
    }

    other, who = changed_cells(content, min(100, rows // 4))
    updated, _ = desk.loaded(other, dictionary, mode="update")
    assert (updated["counts"]["updated"], updated["counts"]["rejected"]) == (len(who), 0)
    assert Counter(desk.run.events(desk.tenant.id))["contact.updated"] == before["contact.updated"] + len(who)
    return desk


def _column(content, name):
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return [next(value.strip() for key, value in row.items() if key.strip() == name) for row in reader]


def _negative(content):
    return sum(float(each) < 0 for each in _column(content, "Monthlycharge"))


def test_import__on_the_generated_sample(importing, sample_file):
    content = sample_file.read_bytes()
    _whole_story(importing, "Import of the sample", content, None, 500, _negative(content))


@pytest.mark.slow
def test_import__on_the_real_file(importing, real_file, shared_data):
    content = real_file.read_bytes()
    dictionary = (shared_data / "telecom_customers_dictionary.csv").read_bytes()
    assert _negative(content) == 120
    _whole_story(importing, "Import of the real file", content, dictionary, 7043, 120)


def test_search__names_and_numbers(importing, sample_file, tmp_path):
    desk = importing("Search")
    named = tmp_path / "named.csv"
    sample_people.add(sample_file, named, seed=1)
    desk.loaded(named.read_bytes())
    desk.run.wait_until(lambda: "张三丰" in desk.found("张三丰"))
    for text in ("三丰", "zhangsf", "zsf"):
        assert "张三丰" in desk.found(text), text
    desk.run.wait_until(lambda: "José Núñez" in desk.found("jose nun"))
    (zhang,) = [each for each in desk.api.call("GET", "/v1/contacts", q="张三丰")["items"] if each["name"] == "张三丰"]
    assert "张三丰" in desk.found(zhang["phones"][0][-4:])


@pytest.mark.slow  # a minute of it is the killed worker's lease; test_large_imports.py kills in `make test`
def test_killed_twice_on_the_way__all_finishes_and_nothing_is_there_twice(run, importing, sample_file):
    desk = importing("Killed import")
    content = sample_file.read_bytes()
    draft = desk.draft(content)
    job = desk.commit(draft)
    desk.run.wait_until(lambda: desk.api.call("GET", f"/v1/jobs/{job['id']}")["progress"]["done"] > 60)
    run.kill()
    run.start()
    ended = desk.finished(job)
    assert ended["state"] == "succeeded", ended
    run.kill()  # the projections are still on their way
    run.start()
    done = desk.api.call("GET", f"{IMPORTS}/{draft['id']}")["counts"]
    assert (done["created"], done["rejected"], done["rows"]) == (500, 0, 500)
    assert len({each["id"] for each in desk.api.pages("/v1/contacts", limit="200")}) == 500
    assert Counter(run.events(desk.tenant.id))["contact.created"] == 500
    desk.run.wait_until(lambda: desk.total() == 500)
    job = desk.api.call("POST", "/v1/modules/contacts/recount", {}, expect=202)
    assert desk.finished(job)["result"]["different"] == []


def test_journal__everything_once_in_each_subjects_order(importing):
    desk = importing("Journal")
    made = [desk.api.call("POST", "/v1/contacts", {"name": f"n{at}"}, expect=201)["id"] for at in range(5)]
    for each in made:
        desk.api.call("PATCH", f"/v1/contacts/{each}", {"status": "churned"})
    told, cursor, deadline = [], {}, time.monotonic() + 120
    while sum(each["subject"] in made for each in told) < 10 and time.monotonic() < deadline:
        page = desk.api.call("GET", "/v1/events", limit="3", **cursor)
        told += page["items"]
        cursor = {"cursor": page["next_cursor"]}
        time.sleep(0 if page["items"] else 0.5)  # a reader that asks without a pause uses its bucket up
    assert len({each["id"] for each in told}) == len(told)
    for each in made:
        assert [event["version"] for event in told if event["subject"] == each] == [1, 2]
