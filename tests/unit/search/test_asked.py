"""What finds whom: queries against entries, without a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search.asked import MOST_WORDS, TokenClass, asked, finds
from chalicelib.search.entry import Entry, Name
from chalicelib.search.tokens import tokens_of


def entry(*names, **more):
    return Entry("contact", "cnt_1", tuple(Name(each) for each in names), **more)


ZHANG = entry("张三丰", numbers=("+8619900004321",), emails=("zhang.sanfeng@example.com",), ids=("0002-ORFBO",))
JOSE = entry("José Núñez", numbers=("+34600012240",), emails=("jose_n@example.es",), ids=("ES-77/12",))
SHAN = entry("单田芳", "Shan Tianfang")
BANK = entry("中国银行重庆分行", person=False, ids=("B-1",))
SHOP = entry("7-Eleven 解放路店", person=False)
HOUSE = (ZHANG, JOSE, SHAN, BANK, SHOP)


def found(text, *, sensitive=True):
    words = asked(text, may_read_sensitive=sensitive)
    return [each for each in HOUSE if words and finds(words, tokens_of(each))]


@pytest.mark.parametrize("text", ["4321", "99 0000 4321", "+8619900004321", "19900004321", "2240", "600 012 240"])
def test_a_number__without_the_permission__finds_nobody(text):
    assert found(text)
    assert found(text, sensitive=False) == []
    assert all(
        part.token_class is TokenClass.WORD for word in asked(text, may_read_sensitive=False) for part in word.reads()
    )


@pytest.mark.parametrize("text", ["张三 4321", "jose 2240", "4321 zsf"])
def test_a_name_and_a_number__without_the_permission__finds_nobody(text):
    assert len(found(text)) == 1
    assert found(text, sensitive=False) == []


@pytest.mark.parametrize(
    "text",
    [
        "张三丰",
        "三丰",
        "三",
        "丰",
        "张",
        "三丰 张",
        "zhangsanfeng",
        "ZhangSanFeng",
        "zhangsan",
        "zhang",
        "zhang sanfeng",
        "sanfeng",
        "zsf",
        "zs",
        "sf",
        "zhangsf",
        "zhangs",
        "张sf",
        "张sanfeng",
        "ｚｓｆ",
        "4321",
        "321",
        "00004321",
        "199 0000 4321",
        "(+86) 199-0000-4321",
        "008619900004321",
        "019900004321",
        "张 4321",
        "0002-ORFBO",
        "0002orf",
        "0002",
        "zhang.sanfeng@example.com",
        "zhangsanfeng@",
        "zhang.san",
        "三丰 zsf 4321 0002-o",
    ],
)
def test_zhang_sanfeng__found_by(text):
    assert ZHANG in found(text), asked(text, may_read_sensitive=True)


@pytest.mark.parametrize(
    "text",
    [
        "jose nun",
        "José Núñez",
        "NUNEZ",
        "nun jose",
        "jos",
        "j n",
        "jose-nunez",
        "jose_n@example.es",
        "jose_n",
        "es-77/12",
        "es7712",
        "2240",
        "600012240",
        "+34 600 01 22 40",
    ],
)
def test_jose_nunez__found_by(text):
    assert found(text) == [JOSE]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stf", [SHAN]),
        ("shantianfang", [SHAN]),
        ("dantianfang", [SHAN]),
        ("shan tianfang", [SHAN]),
        ("银行", [BANK]),
        ("重庆分", [BANK]),
        ("zhongguoyinhang", [BANK]),
        ("zgyh", [BANK]),
        ("zhongguoyh", [BANK]),
        ("7-eleven", [SHOP]),
        ("eleven 路店", [SHOP]),
        ("解放路店", [SHOP]),
        ("b1", [BANK]),
        ("7 @ eleven", [SHOP]),
    ],
)
def test_others__found_by(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "!!!",
        "😀",
        "丰三",
        "张丰",
        "hang",
        "zf",
        "zhangfs",
        "zhangsx",
        "21",
        "1234",
        "9900",
        "ose",
        "jose perez",
        "jose zhang",
        "张三丰 2240",
        "x@example.com",
        "@example.com",
    ],
)
def test_nobody__found_by(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "prefixes"),
    [
        ("zhangsf 4321", ["1234", "4321"]),
        ("jose nun", ["jose"]),
        ("张 三丰", ["三丰"]),
        ("zhangsf", ["zhangsf", "zsf"]),
        ("smith", ["smith"]),
        ("张三丰 jose", ["张三丰"]),
        ("0002-ORFBO", ["0002orfbo", "0002"]),
        ("zhangsanfeng a-91", ["a91", "91"]),
        ("zhangsanfeng 91", ["zhangsanfeng"]),
    ],
)
def test_asked__what_is_read__the_word_that_fewest_have(text, prefixes):
    assert [part.prefix for part in asked(text, may_read_sensitive=True)[0].reads()] == prefixes


def test_mixed__reading_begins__where_the_syllables_do():
    _, part = asked("zhangsf", may_read_sensitive=True)[0].reads()
    assert part.start == "zsf zhang"
    assert part.covers("zsf zhangsanfeng")
    assert part.covers("zsfw zhangsanfengwu")
    assert not part.covers("zsf wangsanfeng")
    assert part.covers("zsf zhaosanfeng")
    assert not part.matches("zsf zhaosanfeng")


@given(st.text(max_size=100), st.booleans())
def test_asked__any_text__bounded(text, sensitive):
    words = asked(text, may_read_sensitive=sensitive)
    assert len(words) <= MOST_WORDS
    for word in words:
        assert 1 <= len(word.reads()) <= 3
        assert all(part.prefix for part in word.reads())
        finds([word], tokens_of(ZHANG))


@given(st.text(st.characters(exclude_characters="@"), max_size=60))
def test_asked__a_name_as_it_is_written__finds_it(text):
    one = entry(text, person=False)
    words = asked(text, may_read_sensitive=False)
    if words and len(tokens_of(one).words) < one.most:
        assert finds(words, tokens_of(one)), (words, tokens_of(one))
