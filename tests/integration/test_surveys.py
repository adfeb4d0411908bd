"""Surveys: a link that opens one question, one answer, and what a low one leads to."""

from datetime import timedelta

import pytest

from chalicelib.access.crypto import Keyring
from chalicelib.access.links import LinkToken, new_nonce, read, sign
from chalicelib.access.principal import Reach
from tests.support.visits import made

pytestmark = pytest.mark.integration

ELSEWHERE = ("ou_2", "/ou_2/")
SETTINGS = "/v1/service/settings"


@pytest.fixture
def client(behind):
    return behind.house.client()


@pytest.fixture
def ann(behind, client):
    return behind.house.client(client.tenant_id, user="usr_ann")


@pytest.fixture
def nobody(behind, client):
    """Whoever has a link: without a right, in no tenant of ours."""
    return behind.house.client(permissions=())


def closed(ann, **more):
    """A request that went all its way."""
    customer = more.pop("contact_id", None) or made(ann.call("POST", "/v1/contacts", {"name": "José"}))
    body = {"type": "complaint", "title": "Charged twice", "contact_id": customer, "category": "/billing/", **more}
    request = made(ann.call("POST", "/v1/requests", body))
    for action in ("take", "start", "resolve", "confirm"):
        acted(ann, request, action)
    return request


def acted(ann, request, action):
    answer = ann.call("POST", f"/v1/requests/{request}/actions", {"action": action})
    assert answer.status == 200, answer.text


def surveys(client, query=""):
    return client.call("GET", f"/v1/surveys{query}").body["items"]


def asked(behind, client, ann, **more):
    """The survey of a request that was closed."""
    request = closed(ann, **more)
    behind.settle()
    (survey,) = surveys(client, f"?request_id={request}")
    return survey


def link_to(client, survey):
    answer = client.call("POST", f"/v1/surveys/{survey['id']}/link")
    assert answer.status == 200, answer.text
    return answer.body["link"]


def said(client, link, rating=5, **more):
    return client.call("POST", f"/v1/surveys/links/{link}", {"rating": rating, **more})


def tasks(behind):
    return [{name: next(iter(value.values())) for name, value in each.items()} for each in behind.of("core", "task")]


# -- denied and foreign


def test_foreign__a_survey_of_another_tenant_or_unit__is_not_there(behind, client, ann):
    survey = asked(behind, client, ann)
    behind.house.directory.tenants[client.tenant_id].units |= dict([ELSEWHERE])
    below = behind.house.client(client.tenant_id, reach=Reach.SUBTREE, unit=ELSEWHERE)
    for stranger in (behind.house.client(), below):
        assert stranger.call("GET", f"/v1/surveys/{survey['id']}").status == 404
        assert stranger.call("POST", f"/v1/surveys/{survey['id']}/link").status == 404
        assert surveys(stranger) == []


def test_denied__who_works_on_requests_makes_no_links(behind, client, ann):
    survey = asked(behind, client, ann)
    agent = behind.house.client(client.tenant_id, permissions=("service_analysis:read", "service_analysis:write"))
    assert agent.call("POST", f"/v1/surveys/{survey['id']}/link").status == 403
    link = link_to(client, survey)
    shown = client.call("GET", f"/v1/surveys/{survey['id']}").text + str(behind.events())
    token = read(behind.house.keyring, link, "survey", behind.house.background.clock())
    assert link not in shown
    assert token.nonce not in shown


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_link_but_the_one_that_was_made_opens_anything(behind, clock, client, ann, nobody, method):
    survey = asked(behind, client, ann)
    good = link_to(client, survey)
    keyring = behind.house.keyring
    token = read(keyring, good, "survey", clock())
    south = behind.house.client()
    others = asked(behind, south, behind.house.client(south.tenant_id, user="usr_ann"))

    def signed(by=keyring, **changed):
        fields = {name: getattr(token, name) for name in LinkToken.__slots__}
        return sign(by, LinkToken(**fields | changed))

    bad = {
        "bent": good[:40] + ("A" if good[40] != "A" else "B") + good[41:],
        "truncated": good[:-1],
        "longer": good + "A",
        "guessed": "lnk_" + "A" * 200,
        "the survey's id": survey["id"],
        "signed by others": signed(by=Keyring(["B" * 43 + "="])),
        "for another purpose": signed(purpose="invitation"),
        "expired": signed(expires_at=clock() - timedelta(seconds=1)),
        "not the one that the survey names": signed(nonce=new_nonce()),
        "for another survey": signed(record_id="srv_0"),
        "for another tenant's survey": signed(record_id=others["id"]),
        "for this survey in another tenant": signed(tenant_id=south.tenant_id),
    }
    body = {"rating": 1} if method == "POST" else None
    for why, link in bad.items():
        answer = nobody.call(method, f"/v1/surveys/links/{link}", body)
        assert (answer.status, answer.code) == (404, "not_found"), why
    assert surveys(client) == [survey]


def test_a_link_opens_its_question_and_nothing_else(behind, client, ann, nobody):
    customer = made(ann.call("POST", "/v1/contacts", {"name": "José Núñez"}))
    survey = asked(behind, client, ann, contact_id=customer, description="At 5 Elm Street")
    link = link_to(client, survey)
    question = nobody.call("GET", f"/v1/surveys/links/{link}", Accept_Language="zh-CN")
    assert set(question.body) == {"about", "closed_on", "expires_at", "answered"}
    assert "账" in question.body["about"] or "费" in question.body["about"]
    assert not [each for each in ("José", customer, survey["request_id"], "Elm", "twice") if each in question.text]
    for path in ("", f"/{survey['id']}"):
        as_a_credential = nobody.call("GET", f"/v1/surveys{path}", Authorization=f"Bearer {link}")
        assert as_a_credential.status == 401
    assert nobody.call("POST", f"/v1/invitations/{link}/api-key", {"name": "key"}).status == 404


def test_an_answer_after_expiry__is_refused_and_the_survey_says_so(behind, clock, client, ann, nobody):
    survey = asked(behind, client, ann)
    link = link_to(client, survey)
    clock.advance(days=14, seconds=1)
    assert said(nobody, link).status == 404
    behind.settle()
    (expired,) = surveys(client, "?status=expired")
    assert (expired["id"], expired["rating"]) == (survey["id"], None)
    again = client.call("POST", f"/v1/surveys/{survey['id']}/link")
    assert (again.status, again.body["reason"]) == (409, "not_waiting")


def test_a_second_answer__is_refused_whatever_link_it_comes_by(behind, client, ann, nobody):
    survey = asked(behind, client, ann)
    links = [link_to(client, survey) for _ in range(2)]
    assert said(nobody, links[0], 5).status == 200
    for link in links:
        again = said(nobody, link, 1, comment="No")
        assert (again.status, again.code) == (409, "state_conflict")
    question = nobody.call("GET", f"/v1/surveys/links/{links[0]}").body
    assert question["answered"]
    assert "rating" not in question
    assert client.call("GET", f"/v1/surveys/{survey['id']}").body["rating"] == 5


def test_switched_off__nobody_is_asked_and_no_link_opens(behind, client, ann, nobody):
    survey = asked(behind, client, ann)
    link = link_to(client, survey)
    behind.house.directory.tenants[client.tenant_id].off = {"service_analysis.satisfaction"}
    assert said(nobody, link).code == "feature_disabled"
    closed(ann)
    behind.settle()
    behind.house.directory.tenants[client.tenant_id].off = ()
    assert len(surveys(client)) == 1


# -- who is asked


def test_a_closed_request_has_one_survey__after_redelivery_too(behind, client, ann):
    request = closed(ann)
    behind.deliver_badly(seed=6)
    behind.settle()
    (survey,) = surveys(client)
    assert (survey["request_id"], survey["status"], survey["handler_id"]) == (request, "waiting", "usr_ann")
    assert (survey["category"], survey["type"], survey["channel"]) == ("/billing/", "complaint", "phone")


def test_nobody_is_asked_about_what_was_merged__or_has_no_customer(behind, client, ann):
    stays = made(ann.call("POST", "/v1/requests", {"title": "Charged twice"}))
    customer = made(ann.call("POST", "/v1/contacts", {"name": "José"}))
    goes = made(ann.call("POST", "/v1/requests", {"title": "Charged twice", "contact_id": customer}))
    ann.call("POST", f"/v1/requests/{goes}/actions", {"action": "merge", "to": stays})
    for action in ("take", "start", "resolve", "confirm"):
        acted(ann, stays, action)
    behind.settle()
    assert surveys(client) == []


def test_closed_once_more__the_unanswered_survey_is_opened_again_and_old_links_are_dead(
    behind, clock, client, ann, nobody
):
    survey = asked(behind, client, ann)
    old = link_to(client, survey)
    acted(ann, survey["request_id"], "reopen")
    clock.advance(days=1)
    for action in ("start", "resolve", "confirm"):
        acted(ann, survey["request_id"], action)
    behind.settle()
    (again,) = surveys(client)
    assert again["id"] == survey["id"]
    assert again["expires_at"] > survey["expires_at"]
    assert said(nobody, old).status == 404
    assert said(nobody, link_to(client, again)).status == 200


# -- what follows


def test_an_answer_stands_in_the_request_and_on_the_customers_timeline(behind, client, ann, nobody):
    survey = asked(behind, client, ann)
    answered = said(nobody, link_to(client, survey), 4, recommends=0, comment="Slow")
    assert answered.body["answered"]
    request = client.call("GET", f"/v1/requests/{survey['request_id']}").body
    assert (request["rating"], request["recommends"], request["status"]) == (4, 0, "closed")
    behind.deliver_badly(seed=7)
    behind.settle()
    page = client.call("GET", f"/v1/contacts/{survey['contact_id']}/overview").body
    told = [each["title"] for each in page["timeline"] if each["type"] == "survey"]
    assert told == ["Satisfaction: 4/5"]
    assert tasks(behind) == []
    assert [each["id"] for each in surveys(client, f"?contact_id={survey['contact_id']}&rating.gte=4")] == [
        survey["id"]
    ]


def test_a_low_rating__asks_for_one_call_back_however_often_it_is_told(behind, client, ann, nobody):
    survey = asked(behind, client, ann)
    assert said(nobody, link_to(client, survey), 2).status == 200
    behind.deliver_badly(seed=8)
    behind.settle()
    (task,) = tasks(behind)
    assert (task["queue"], task["link"]) == ("call_backs", f"/v1/requests/{survey['request_id']}")
    assert task["title"] == "Call back a dissatisfied customer (2/5)"
    assert client.call("GET", f"/v1/requests/{survey['request_id']}").body["status"] == "closed"


def test_a_low_rating__reopens_the_request_where_the_tenant_has_settled_that(behind, client, ann, nobody):
    assert client.call("PUT", SETTINGS, {"low_rating": 3, "low_rating_leads_to": "reopen"}).status == 200
    survey = asked(behind, client, ann)
    assert said(nobody, link_to(client, survey), 3, comment="Not solved").status == 200
    request = client.call("GET", f"/v1/requests/{survey['request_id']}").body
    assert (request["status"], request["reopened"], request["rating"]) == ("assigned", 1, 3)
    newest = client.call("GET", f"/v1/requests/{survey['request_id']}/entries").body["items"][0]
    assert (newest["action"], newest["text"], newest["created_by"]) == ("reopen", "Not solved", "link:survey")
    assert client.call("GET", f"/v1/surveys/{survey['id']}").body["follow_up"] == "reopen"
    behind.settle()
    assert tasks(behind) == []


@pytest.mark.slow
def test_a_low_rating_of_what_can_be_reopened_no_more__asks_for_a_call_back(behind, clock, client, ann, nobody):
    settings = {"low_rating_leads_to": "reopen", "reopen_days": 1}
    assert client.call("PUT", SETTINGS, settings).status == 200
    survey = asked(behind, client, ann)
    clock.advance(days=2)
    assert said(nobody, link_to(client, survey), 1).status == 200
    assert client.call("GET", f"/v1/requests/{survey['request_id']}").body["status"] == "closed"
    behind.settle()
    assert len(tasks(behind)) == 1


def test_of_many_answers_at_once__one_counts(behind, client, ann, nobody):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - one test

    survey = asked(behind, client, ann)
    link = link_to(client, survey)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda rating: said(nobody, link, rating).status, [1, 2, 3, 4, 5] * 2))
    assert sorted(answers) == [200] + [409] * 9
    events = [each for each in behind.events() if each["type"]["S"] == "survey.answered"]
    assert len(events) == 1


@pytest.mark.slow
def test_surveys_follow_their_customers__and_an_erased_ones_comment_goes(behind, client, ann, nobody):
    winner, loser = (made(ann.call("POST", "/v1/contacts", {"name": each})) for each in ("José", "Jose"))
    survey = asked(behind, client, ann, contact_id=loser)
    link = link_to(client, survey)
    assert said(nobody, link, 4, comment="I live in Elm Street").status == 200
    behind.settle()
    behind.job(client, client.call("POST", f"/v1/contacts/{winner}/merge", {"loser_id": loser}))
    behind.settle()
    assert client.call("GET", f"/v1/surveys/{survey['id']}").body["contact_id"] == winner
    body = {"reason": "Asked", "confirm": winner}
    behind.job(client, client.call("POST", f"/v1/contacts/{winner}/erasure", body))
    behind.settle()
    kept = client.call("GET", f"/v1/surveys/{survey['id']}").body
    assert (kept["contact_id"], kept["comment"], kept["rating"]) == (None, None, 4)
    assert said(nobody, link).status == 404
    assert surveys(client, f"?contact_id={winner}") == []
