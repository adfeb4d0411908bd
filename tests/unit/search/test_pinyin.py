"""How names are said and typed."""

import pytest

from chalicelib.search.pinyin import FAMILY_NAMES, mixed, readings


def said(word, **how):
    return [each.whole for each in readings(word, **{"person": True, **how})]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("张三丰", "zhangsanfeng"),
        ("單田芳", "shantianfang"),
        ("单田芳", "shantianfang"),
        ("曾国藩", "zengguofan"),
        ("仇英", "qiuying"),
        ("解缙", "xiejin"),
        ("查良镛", "zhaliangyong"),
        ("区新明", "ouxinming"),
        ("任正非", "renzhengfei"),
        ("翟天临", "zhaitianlin"),
        ("乐嘉", "yuejia"),
        ("尉迟恭", "yuchigong"),
        ("单于明", "chanyuming"),
        ("万俟卨", "moqixie"),
        ("欧阳修", "ouyangxiu"),
        ("长孙无忌", "zhangsunwuji"),
        ("吕布", "lvbu"),
        ("王", "wang"),
        ("解", "xie"),
        ("〇三", "lingsan"),
    ],
)
def test_readings__a_person__the_family_name_as_families_say_it(name, first):
    assert said(name)[0] == first


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("中国银行重庆分行", "zhongguoyinhangchongqingfenhang"),
        ("厦门航空", "xiamenhangkong"),
        ("长沙解放路营业厅", "changshajiefangluyingyeting"),
    ],
)
def test_readings__an_organisation__by_its_phrases(name, first):
    assert said(name, person=False)[0] == first


@pytest.mark.parametrize(
    ("name", "also"),
    [("单田芳", "dantianfang"), ("曾国藩", "cengguofan"), ("吕布", "lubu"), ("覃小茜", "qinxiaoxi"), ("乐嘉", "lejia")],
)
def test_readings__said_two_ways__both(name, also):
    assert also in said(name)[1:]


def test_readings__the_family_name_is_known__the_given_name_is_the_rest():
    (usual,) = readings("东方朔", person=True, family="东")
    assert usual.given().whole == "fangshuo"
    assert readings("东方朔", person=True)[0].given().whole == "shuo"
    assert readings("移动", person=False)[0].given() is None
    assert readings("阿卜杜热西提", person=True)[0].given() is None


def test_readings__a_character_that_no_dictionary_has__stays():
    usual = readings("\U000323a0三\U0003239f丰", person=False)[0]
    assert len(usual.syllables) == 4


def test_family_names__every_one__is_needed_and_a_reading_of_its_character():
    from pypinyin import Style, pinyin  # noqa: PLC0415 - as the source does

    for name, as_said in FAMILY_NAMES.items():
        (ways,) = pinyin(name, style=Style.NORMAL, heteronym=True)
        assert as_said in ways[1:], name


@pytest.mark.parametrize(
    ("typed", "syllables", "initials"),
    [
        ("zhangsf", "zhang", "zsf"),
        ("lingf", "lin", "lgf"),
        ("ouyangxf", "ouyang", "oyxf"),
        ("zhongguoyd", "zhongguo", "zgyd"),
        ("wangzh", "wang", "wzh"),
    ],
)
def test_mixed__syllables_then_initials(typed, syllables, initials):
    found = mixed(typed)
    assert (found.syllables, found.initials) == (syllables, initials)


@pytest.mark.parametrize("typed", ["", "z", "zsf", "zhang", "zhangsan", "jose", "nunez", "smith", "张", "0102", "a1"])
def test_mixed__whole_syllables_or_none__no_second_reading(typed):
    assert mixed(typed) is None
