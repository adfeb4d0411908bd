"""A version's way with four eyes, what of a request may stand in an article, and what words find one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.service_analysis.articles.rules import Visibility, impersonal, may_read, visibility
from modules.service_analysis.suggestions import rules
from modules.service_analysis.versions.rules import MOVES, Reason, Refused, Step, VersionStatus, take


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("status", VersionStatus)
def test_a_step_is_done_from_its_status_alone(status, step):
    after = take(status, step, "usr_bob", ["usr_ann"])
    if status is MOVES[step].begins:
        assert after is MOVES[step].ends
    else:
        assert isinstance(after, Refused)
        assert after.reason is Reason.WRONG_STATUS


def test_who_has_written_does_all_but_publish():
    refused = take(VersionStatus.REVIEW, Step.PUBLISH, "usr_bob", ["usr_ann", "usr_bob"])
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OWN_WORDS
    assert take(VersionStatus.DRAFT, Step.SUBMIT, "usr_ann", ["usr_ann"]) is VersionStatus.REVIEW
    assert take(VersionStatus.REVIEW, Step.RETURN, "usr_ann", ["usr_ann"]) is VersionStatus.DRAFT


def test_who_may_read():
    assert visibility(published=False, staff_only=False) is Visibility.UNPUBLISHED
    assert visibility(published=True, staff_only=True) is Visibility.STAFF
    for each in Visibility:
        assert may_read(each, works_on_requests=True)
        assert may_read(each, works_on_requests=False) is (each is Visibility.OPEN)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Call +1 (415) 555-0100 today", "Call … today"),
        ("write to jose.nunez+x@mail.example.com!", "write to …!"),
        ("see cnt_01M84GQQ2F8Y7KFBJMM1FMDGSE", "see …"),
        ("refunded 12.50 of 2026 within 3 days", "refunded 12.50 of 2026 within 3 days"),
        ("身份证530102199001011234已核对", "身份证…已核对"),
    ],
)
def test_what_is_left_out_of_a_draft(text, left):
    assert impersonal(text) == left


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Bill was CHARGED twice", ["bill", "charged", "twice"]),
        ("Núñez's 5G", ["nunezs", "5g"]),
        ("账单错误", ["账单", "单错", "错误", "误"]),
        ("wifi慢", ["wifi", "慢"]),
        ("。,!", []),
    ],
)
def test_words_of_a_text(text, words):
    assert rules.words_in(text) == words


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("charges", "charg"),
        ("charged", "charg"),
        ("charge", "charg"),
        ("bills", "bill"),
        ("bus", "bus"),
        ("账单", "账单"),
    ],
)
def test_forms_of_a_word_begin_alike(word, stem):
    assert rules.stem(word) == stem


def test_what_is_read_for_a_text__the_words_that_say_most():
    assert rules.asked("The router, router and the internet connection") == ["router", "connection", "internet"]
    assert rules.asked("账单错误") == ["账单", "单错", "错误"]
    assert rules.asked("慢") == ["慢"]
    assert len(rules.asked(" ".join(f"word{number}" for number in range(50)))) == rules.MOST_ASKED


def test_a_title_counts_more_than_a_body__and_a_rare_word_more_than_a_common_one():
    words = rules.words_of("Charged twice", ["double billing"], "Restart the router")
    assert rules.points("charg", words) == rules.IN_HEAD
    assert rules.points("router", words) == rules.IN_BODY
    assert rules.points("giraffe", words) == 0
    assert rules.score(words, {"charg": 1, "router": 30}) == 3 * 3 + 1
    assert [rules.telling(each) for each in (5, 6, 25, 26)] == [3, 2, 2, 1]


def test_categories_of_one_branch():
    assert rules.in_branch("/billing/refund/", "/billing/")
    assert rules.in_branch("/billing/", "/billing/refund/")
    assert not rules.in_branch("/billing/", "/speed/")
    assert not rules.in_branch(None, "/speed/")


TEXTS = st.text(alphabet="ab cdé1.账单错误慢 ", max_size=200)


@given(title=TEXTS, body=TEXTS)
def test_every_word_that_is_asked_of_a_title__finds_it_within_the_budget(title, body):
    words = rules.words_of(title, (), body)
    assert len(words.head) + len(words.body) <= rules.MOST_OF_A_TEXT
    assert not set(words.head) & set(words.body)
    if len(words.head) < rules.MOST_OF_A_HEAD:
        assert all(rules.points(each, words) == rules.IN_HEAD for each in rules.asked(title))


@given(scores=st.dictionaries(st.text(max_size=3), st.integers(0, 3)))
def test_the_order_is_one__however_the_scores_come(scores):
    backwards = dict(reversed(scores.items()))
    assert rules.best_first(scores, scores) == rules.best_first(backwards, list(backwards))
