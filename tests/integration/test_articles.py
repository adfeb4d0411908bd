"""The knowledge base: who writes does not publish, what is published is found, and the staff's own stays with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.access.principal import Reach
from tests.support.visits import made

pytestmark = pytest.mark.integration

READ = "service_analysis:read"
HOUR = timedelta(hours=1)
TEXT = {
    "language": "en",
    "title": "What to do when you were charged twice",
    "body": "Both charges show in the app. The second one goes back within three days.",
    "terms": ["double billing"],
}
CHINESE = {
    "language": "zh-CN",
    "title": "重复扣费怎么办",
    "body": "两笔扣费都会显示在账单中，多扣的费用三日内退回。",
    "terms": ["重复收费"],
}
SPEED = {"language": "en", "title": "Slow internet in the evening", "body": "Restart the router.", "terms": []}


@pytest.fixture
def client(behind):
    return behind.house.client()


@pytest.fixture
def ann(behind, client):
    return behind.house.client(client.tenant_id, user="usr_ann")


@pytest.fixture
def bob(behind, client):
    return behind.house.client(client.tenant_id, user="usr_bob")


@pytest.fixture
def reader(behind, client):
    """Who shows articles to customers."""
    return behind.house.client(client.tenant_id, permissions=(READ,))


def written(ann, text=TEXT, **more):
    """An article's id, and its draft's."""
    article = made(ann.call("POST", "/v1/articles", {"category": "/billing/", "text": text, **more}))
    return article, versions(ann, article)[0]["id"]


def versions(ann, article):
    return ann.call("GET", f"/v1/articles/{article}/versions").body["items"]


def step(who, article, version, decision="submit"):
    path = f"/v1/articles/{article}/versions/{version}"
    if decision == "submit":
        return who.call("POST", f"{path}/submit")
    return who.call("POST", f"{path}/decision", {"decision": decision})


def published(ann, bob, text=TEXT, **more):
    article, version = written(ann, text, **more)
    assert step(ann, article, version).status == 200
    assert step(bob, article, version, "publish").status == 200
    return article


def found(who, query):
    return [each["id"] for each in who.call("GET", f"/v1/articles?q={query}").body["items"]]


def suggested(who, text, **more):
    answer = who.call("POST", "/v1/articles/suggestions", {"text": text, **more})
    assert answer.status == 200, answer.text
    return [each["article_id"] for each in answer.body["items"]]


# -- denied and foreign


def test_foreign__another_tenants_article__is_not_there(behind, client, ann, bob):
    article = published(ann, bob)
    behind.settle()
    stranger = behind.house.client(user="usr_eve")
    (version,) = versions(ann, article)
    one = f"/v1/articles/{article}"
    for method, path, body in (
        ("GET", one, None),
        ("PATCH", one, {"staff_only": True}),
        ("GET", f"{one}/versions", None),
        ("POST", f"{one}/versions", TEXT),
        ("GET", f"{one}/versions/{version['id']}", None),
        ("POST", f"{one}/versions/{version['id']}/decision", {"decision": "expire"}),
        ("GET", f"{one}/figures", None),
        ("POST", f"{one}/votes", {"helpful": True}),
    ):
        assert stranger.call(method, path, body).status == 404, path
    request = made(stranger.call("POST", "/v1/requests", {"title": "Charged twice"}))
    named = stranger.call("POST", f"/v1/requests/{request}/articles", {"article_id": article})
    assert named.body["errors"][0]["code"] == "unknown_reference"
    assert found(stranger, "charged") == []
    assert suggested(stranger, "charged twice", category="/billing/") == []


def test_denied__what_is_for_the_staff_alone_or_no_more_than_a_draft__no_reader_ever_sees(behind, ann, bob, reader):
    mine = published(ann, bob, staff_only=True)
    draft, version = written(ann)
    behind.settle()
    for article in (mine, draft):
        for path in ("", "/versions", "/figures"):
            assert reader.call("GET", f"/v1/articles/{article}{path}").status == 404
        assert reader.call("POST", f"/v1/articles/{article}/votes", {"helpful": True}).status == 404
    assert reader.call("GET", f"/v1/articles/{draft}/versions/{version}").status == 404
    for query in ("", "?visibility=staff", "?category=/billing/", "?q=charged"):
        assert reader.call("GET", f"/v1/articles{query}").body["items"] == []
    assert suggested(reader, "charged twice", category="/billing/") == []
    assert suggested(ann, "charged twice") == [mine]
    assert {each["id"] for each in ann.call("GET", "/v1/articles").body["items"]} == {mine, draft}


def test_denied__a_reader_sees_of_an_open_article_what_is_published_alone(ann, bob, reader):
    article = published(ann, bob)
    draft = made(ann.call("POST", f"/v1/articles/{article}/versions", {**TEXT, "title": "Not yet"}))
    assert reader.call("GET", f"/v1/articles/{article}/versions/{draft}").status == 404
    assert [each["number"] for each in versions(reader, article)] == [1]
    assert reader.call("POST", f"/v1/articles/{article}/versions", TEXT).status == 403


def test_denied__who_has_written_does_not_publish(behind, client, ann, bob):
    article, version = written(ann)
    path = f"/v1/articles/{article}/versions/{version}"
    # Another key of the same person's has no other eyes.
    again = behind.house.client(client.tenant_id, user="usr_ann")
    assert bob.call("PATCH", path, {"body": "Bob knows better."}).status == 200
    step(ann, article, version)
    for writer in (ann, again, bob):
        answer = step(writer, article, version, "publish")
        assert (answer.status, answer.body["reason"]) == (409, "own_words")
    agent = behind.house.client(client.tenant_id, permissions=(READ, "service_analysis:write"), user="usr_cyd")
    assert step(agent, article, version, "publish").status == 403
    cyd = behind.house.client(client.tenant_id, user="usr_cyd", reach=Reach.ALL)
    assert step(cyd, article, version, "publish").body["status"] == "published"


def test_refused__steps_that_the_status_does_not_allow(ann, bob):
    article, version = written(ann)
    for decision in ("publish", "return", "expire"):
        assert step(bob, article, version, decision).body["reason"] == "wrong_status"
    step(ann, article, version)
    assert step(ann, article, version).status == 409
    path = f"/v1/articles/{article}/versions/{version}"
    assert ann.call("PATCH", path, {"title": "Other"}).body["reason"] == "not_a_draft"
    assert step(bob, article, version, "return").body["status"] == "draft"
    assert ann.call("PATCH", path, {"title": "Other"}).body["title"] == "Other"


def test_refused__a_draft_of_a_request_that_is_not_solved(ann):
    request = made(ann.call("POST", "/v1/requests", {"title": "Charged twice"}))
    answer = ann.call("POST", f"/v1/requests/{request}/article-draft", {"language": "en"})
    assert (answer.status, answer.body["reason"]) == (409, "not_solved")


# -- versions


def test_the_next_version_takes_the_place_of_the_last_one__which_stays_readable(ann, bob, reader):
    article = published(ann, bob)
    second = made(ann.call("POST", f"/v1/articles/{article}/versions", {**TEXT, "title": "Charged twice?"}))
    chinese = made(ann.call("POST", f"/v1/articles/{article}/versions", CHINESE))
    for version in (second, chinese):
        step(ann, article, version)
        assert step(bob, article, version, "publish").status == 200
    shown = reader.call("GET", f"/v1/articles/{article}").body
    texts = {each["language"]: (each["number"], each["title"]) for each in shown["published"]}
    assert texts == {"en": (2, "Charged twice?"), "zh-CN": (1, "重复扣费怎么办")}
    old = next(each for each in versions(ann, article) if each["language"] == "en" and each["number"] == 1)
    assert (old["status"], old["body"]) == ("expired", TEXT["body"])
    assert [each["id"] for each in reader.call("GET", "/v1/articles?language=zh-CN").body["items"]] == [article]


def test_a_text_expires_at_its_time__and_is_found_no_more(behind, clock, ann, bob, reader):
    article, version = written(ann, {**TEXT, "expires_at": "2099-01-01T00:00:00Z"})
    step(ann, article, version)
    assert step(bob, article, version, "publish").body["errors"][0]["pointer"] == "/expires_at"
    step(bob, article, version, "return")
    soon = (clock() + HOUR).isoformat()
    ann.call("PATCH", f"/v1/articles/{article}/versions/{version}", {"expires_at": soon})
    step(ann, article, version)
    assert step(bob, article, version, "publish").status == 200
    behind.settle()
    assert found(reader, "charged") == [article]
    clock.advance(hours=1, seconds=1)
    behind.settle()
    assert reader.call("GET", f"/v1/articles/{article}").status == 404
    assert found(ann, "charged") == []
    assert versions(ann, article)[0]["status"] == "expired"
    assert behind.of("service_analysis", "article_word") == []


# -- finding


def test_search__in_both_languages__by_all_words_titles_first(behind, ann, bob, reader):
    billing = published(ann, bob)
    chinese = published(ann, bob, CHINESE)
    body_only = published(ann, bob, {**SPEED, "body": "It is not charged twice."}, category="/speed/")
    behind.deliver_badly(seed=3)
    behind.settle()
    assert found(reader, "charges%20twice") == [billing, body_only]
    assert found(reader, "charg") == [billing, body_only]
    assert found(reader, "double%20twice") == [billing]
    assert found(reader, "charged%20giraffe") == []
    assert found(reader, "扣费") == found(reader, "重复扣费") == found(reader, "账单") == [chinese]
    assert found(reader, "扣费%20路由器") == []
    first = reader.call("GET", "/v1/articles?q=charged&limit=1").body
    second = reader.call("GET", f"/v1/articles?q=charged&limit=1&cursor={first['next_cursor']}").body
    assert [each["id"] for page in (first, second) for each in page["items"]] == [billing, body_only]
    assert second["next_cursor"] is None
    assert [each["id"] for each in reader.call("GET", "/v1/articles?q=charged&category=/speed/").body["items"]] == [
        body_only
    ]


def test_suggestions__go_by_words_then_category__always_in_the_same_order(behind, ann, bob, reader):
    billing, speed = published(ann, bob), published(ann, bob, SPEED, category="/speed/")
    chinese = published(ann, bob, CHINESE)
    behind.settle()
    typed = "Hello, I have been charged twice and the internet is fine"
    assert suggested(reader, typed) == [billing, speed]
    assert suggested(reader, typed, limit=1) == [billing]
    assert suggested(reader, "my internet", category="/billing/", language="en") == [speed, billing]
    assert suggested(reader, "你好，四月份被重复扣费了", language="zh") == [chinese]
    assert suggested(reader, "zzz") == []
    assert suggested(reader, "zzz", category="/speed/") == [speed]
    assert {tuple(suggested(reader, typed)) for _ in range(3)} == {(billing, speed)}


# -- what it was good for


def test_votes__of_many_at_once__none_is_lost(ann, bob, reader):
    article = published(ann, bob)
    with ThreadPoolExecutor(8) as pool:
        votes = [True] * 12 + [False] * 5
        path = f"/v1/articles/{article}/votes"
        answers = list(pool.map(lambda each: reader.call("POST", path, {"helpful": each}).status, votes))
    assert set(answers) == {204}
    figures = reader.call("GET", f"/v1/articles/{article}/figures").body
    assert figures == {"helpful": 12, "not_helpful": 5, "solved": 0}


def test_the_requests_that_an_article_has_solved__are_counted_once_and_listed(ann, bob):
    article = published(ann, bob)
    request = made(ann.call("POST", "/v1/requests", {"title": "Charged twice"}))
    for _ in range(2):
        noted = ann.call("POST", f"/v1/requests/{request}/articles", {"article_id": article})
        assert noted.body["articles"] == [article]
    assert ann.call("GET", f"/v1/articles/{article}/figures").body["solved"] == 1
    assert [each["id"] for each in ann.call("GET", f"/v1/requests?solved_by={article}").body["items"]] == [request]
    for status in (204, 404):
        assert ann.call("DELETE", f"/v1/requests/{request}/articles/{article}").status == status
    assert ann.call("GET", f"/v1/articles/{article}/figures").body["solved"] == 0
    assert ann.call("GET", f"/v1/requests?solved_by={article}").body["items"] == []


def test_a_draft_from_a_solved_request__has_nothing_of_its_customer(client, ann):
    customer = made(ann.call("POST", "/v1/contacts", {"name": "José Núñez"}))
    body = {
        "title": "Charged twice on +1 415 555 0100",
        "description": "José Núñez, Elm Street 5, was charged twice",
        "contact_id": customer,
        "area": ["Georgia", "Acworth"],
        "category": "/billing/",
    }
    request = made(ann.call("POST", "/v1/requests", body))
    for action, note in (
        ("take", None),
        ("start", None),
        ("resolve", "Refunded 12.50 to jose@example.com, card 4111 1111 1111"),
    ):
        ann.call("POST", f"/v1/requests/{request}/actions", {"action": action, **({"note": note} if note else {})})
    article = made(ann.call("POST", f"/v1/requests/{request}/article-draft", {"language": "en"}))
    shown = ann.call("GET", f"/v1/articles/{article}").body
    assert (shown["category"], shown["from_request"], shown["visibility"]) == ("/billing/", request, "unpublished")
    (version,) = versions(ann, article)
    assert (version["title"], version["body"]) == ("Charged twice on …", "Refunded 12.50 to …, card …")
    whole = str(shown) + str(version)
    assert not [each for each in (customer, "José", "Elm", "Acworth", "415") if each in whole]
