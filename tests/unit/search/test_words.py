"""From texts to words: what is the same word, and where one ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search import words as w


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "!?—·…", "😀🎉", "\x00\u200b", "'’`", "\ud800"])
def test_words__nothing_that_is_a_word__none(text):
    assert w.words(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("José Núñez", ["jose", "nunez"]),
        ("JOSE\u0301", ["jose"]),
        ("Łukasz Ørsted Þór Straße Æsop", ["lukasz", "orsted", "thor", "strasse", "aesop"]),
        ("İstanbul ısı", ["istanbul", "isi"]),
        ("O'Brien O’Brien", ["obrien"]),
        ("Smith-Lowe, Jr.", ["smith", "lowe", "jr"]),
        ("ＡＢＣ　ｄｅｆ１２", ["abc", "def12"]),
        ("张三丰", ["张三丰"]),
        ("张 三丰", ["张", "三丰"]),
        ("阿卜杜·买买提", ["阿卜杜", "买买提"]),
        ("小米Note10专卖店", ["小米", "note10", "专卖店"]),
        ("（中国）移动", ["中国", "移动"]),
        ("二〇二六", ["二〇二六"]),
        ("神\ufa19", ["神神"]),  # a compatibility ideograph
        ("٣ شارع ۱۲", ["3", "شارع", "12"]),
        ("Москва́ Ёж", ["москва", "еж"]),
        ("김철수 ガス", ["김철수", "ガス"]),
        ("ﬁne ㈱", ["fine", "株"]),
        ("😀Ann😀", ["ann"]),
        ("हिन्दी", ["हिन्दी"]),
    ],
)
def test_words__each_script__as_it_is_sought(text, expected):
    assert w.words(text) == expected


def test_words__groups_of_digits__also_as_one_number():
    assert w.words("Shop 24/7 5") == ["shop", "2475", "24", "7", "5"]


def test_words__very_long__cut_to_what_counts():
    assert w.words("a" * 500 + " b") == ["a" * w.LONGEST, "b"]
    assert w.words("丰" * 500) == ["丰" * w.LONGEST_HAN]


@pytest.mark.parametrize("text", ["0002-ORFBO", "0002ORFBO", "0002_orfbo", "0002.orfbo", "０００２-orfbo"])
def test_joined__an_id_however_it_is_written__one_word(text):
    assert w.joined(w.folded(text)) == "0002orfbo"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("José.Núñez@Example.COM", "josenunez@example.com"),
        ("<zhang-sf+crm@mail.example.cn>", "zhangsfcrm@mail.example.cn"),
        ("@example.com", "@example.com"),
        ("a@", "a@"),
        ("@", ""),
    ],
)
def test_address__local_part_and_domain(text, expected):
    assert w.address(w.folded(text)) == expected


@pytest.mark.parametrize(
    "number", ["+86 138-0013-8000", "(86) 13800138000", "８６１３８００１３８０００", "86.138.00138000"]
)
def test_digits__whatever_stands_between(number):
    assert w.digits(number) == "8613800138000"


@given(st.text())
def test_folded__twice__as_once(text):
    assert w.folded(w.folded(text)) == w.folded(text)


@given(st.text())
def test_words__any_text__each_is_its_own_only_word(text):
    for word in w.words(text):
        assert w.words(word) == [word]
        assert not set(word) & set(" #@")
