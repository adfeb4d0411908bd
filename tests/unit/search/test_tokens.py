"""Which tokens there are, which go first, and that a budget is a budget."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.search.asked import asked, finds
from chalicelib.search.entry import A_PERSON, AN_ORGANISATION, Entry, Name
from chalicelib.search.tokens import tokens_of
from infra.sample_people import people

HAN = "张王李三丰单于欧阳乐银行重庆长解"
LATIN = "abcdefghijklmnopqrstuvwxyzéñüøŁİ-'. "


def entry(*names, person=True, **more):
    return Entry("contact", "cnt_1", tuple(Name(each) for each in names), person=person, **more)


def every(one):
    found = tokens_of(one)
    return [*found.words, *found.numbers]


def found_by(one, text):
    words = asked(text, may_read_sensitive=True)
    return bool(words) and finds(words, tokens_of(one))


def test_tokens__nothing_to_be_found_by__none():
    assert every(Entry("contact", "cnt_1")) == []
    assert every(entry("", "···", "😀", numbers=("",), emails=(), ids=("-",))) == []


def test_tokens__a_chinese_person__names_first_then_number_id_and_address():
    one = entry("张三丰", numbers=("+8613800138000",), ids=("0002-ORFBO",), emails=("zsf@example.com",))
    assert tokens_of(one).numbers == ("0008310083168",)
    assert tokens_of(one).words == (
        "张三丰",
        "zhangsanfeng",
        "zsf zhangsanfeng",
        "0002orfbo",
        "zsf@example.com",
        "三丰",
        "丰",
        "sanfeng",
        "sf sanfeng",
    )


def test_tokens__not_spoken__all_but_pinyin():
    one = entry("张三丰 José", numbers=("123",))
    assert set(tokens_of(one, spoken=False).words) == {"张三丰", "三丰", "丰", "jose"}
    assert set(tokens_of(one, spoken=False).words) < set(tokens_of(one).words)


@pytest.mark.parametrize("person", [True, False])
def test_tokens__more_than_the_budget__names_number_id_and_address_stay(person):
    one = entry(
        "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z 1 2 3 4 5 6 7 8 9",
        person=person,
        numbers=("111", "222"),
        emails=("one@example.com", "two@example.com"),
        ids=("id1", "id2"),
    )
    tokens = tokens_of(one)
    assert len(every(one)) == (A_PERSON if person else AN_ORGANISATION)
    assert {"a", "f", "id1", "one@example.com"} <= set(tokens.words)
    assert tokens.numbers[0] == "111"


def test_tokens__a_name_of_many_chinese_words__number_id_and_address_stay():
    one = entry("张三 李四 王五 赵六 钱七", numbers=("111",), emails=("a@b.cn",), ids=("id1",))
    assert len(every(one)) == A_PERSON
    assert found_by(one, "111 id1 a@b.cn 张三 ls wangwu")


def test_tokens__a_long_chinese_organisation__every_part_within_the_budget():
    name = "中国移动通信集团江苏有限公司南京分公司"
    one = entry(name, person=False, ids=("1",), numbers=("+862588888888",), emails=("a@b.cn",))
    assert len(every(one)) <= AN_ORGANISATION
    assert all(found_by(one, name[start:end]) for start in range(len(name)) for end in range(start + 1, len(name) + 1))
    assert found_by(one, "zhongguoyidong")
    assert found_by(one, "zgyd")
    assert found_by(one, "zhongguoyd")


def test_tokens__sample_people__all_within_the_budget_and_found():
    for number, person in enumerate(people(500, seed=3)):
        one = entry(person.name, numbers=(person.phone,), ids=(f"{number:04d}-ORFBO",))
        assert len(every(one)) <= A_PERSON
        assert found_by(one, person.name)
        assert found_by(one, person.phone[-4:])
        assert found_by(one, f"{number:04d}-or")


names = st.lists(st.text(max_size=250), max_size=4)
texts = st.lists(st.text(max_size=130), max_size=10)


@given(names, texts, texts, texts, st.booleans())
@settings(max_examples=200)
def test_tokens__any_entry__bounded_distinct_and_storable(named, numbers, emails, ids, person):
    one = entry(*named, numbers=tuple(numbers), emails=tuple(emails), ids=tuple(ids), person=person)
    tokens = tokens_of(one)
    assert len(every(one)) <= (A_PERSON if person else AN_ORGANISATION)
    for group in (tokens.words, tokens.numbers):
        assert len(set(group)) == len(group)
        for token in group:
            assert 0 < len(token.encode()) <= 600
            assert "#" not in token
    assert sum(len(token.encode()) for token in every(one)) < 16_000


@given(st.text(alphabet=HAN, min_size=1, max_size=7), st.data())
@settings(max_examples=200)
def test_tokens__a_chinese_name__every_part_is_found(name, data):
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    one = entry(name, numbers=("+8613800138000",), emails=("a@b.cn",), ids=("1",))
    assert found_by(one, name[start:end])


@given(st.text(alphabet=LATIN, min_size=1, max_size=40), st.data())
@settings(max_examples=200)
def test_tokens__a_latin_name_of_six_words__every_beginning_is_found(name, data):
    words = name.replace("-", " ").replace(".", " ").replace("'", "").split()[:6]
    one = entry(" ".join(words), numbers=("+8613800138000",), emails=("x@y.zz",), ids=("1",))
    for word in words:
        end = data.draw(st.integers(1, len(word)))
        assert found_by(one, word[:end])
        assert found_by(one, word[:end].upper())


@given(st.text(alphabet=HAN, min_size=2, max_size=4))
@settings(max_examples=200)
def test_tokens__a_chinese_person__pinyin_initials_and_both_are_found(name):
    from chalicelib.search.pinyin import readings  # noqa: PLC0415 - beside its use

    one = entry(name, numbers=("+8613800138000",), ids=("1",))
    usual = readings(name, person=True)[0]
    assert found_by(one, usual.whole)
    assert found_by(one, usual.initials)
    for known in range(1, len(name)):
        typed = "".join(usual.syllables[:known]) + "".join(each[0] for each in usual.syllables[known:])
        # Where a vowel begins a syllable, sanouss may be san'ou s s or sa nou s s.
        if not set(usual.initials) & set("aeo"):
            assert found_by(one, typed), typed
