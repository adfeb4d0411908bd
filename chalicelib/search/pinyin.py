"""How Chinese is said and typed: whole syllables, initials, or syllables first and initials then. Pure.

The dictionary (pypinyin) is imported when a Chinese name is indexed: 0.2 s CPU and 57 MB, most of it for phrases,
without which every bank would be said wrongly (行). A query needs none of it.
"""

import re
from dataclasses import dataclass
from typing import Final

# All syllables, by initial (those that pypinyin 0.55 knows of the characters U+4E00 to U+9FFF, less m, n, ng, hm, hng).
_FINALS: Final = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "f": "a an ang ei en eng iao o ou u",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "k": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "l": "a ai an ang ao e ei en eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "r": "an ang ao e en eng i ong ou u ua uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "t": "a ai an ang ao e ei eng i ian iao ie ing ong ou u uan ui un uo",
    "w": "a ai an ang ei en eng o u",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
}
_SYLLABLES: Final = frozenset(initial + final for initial, finals in _FINALS.items() for final in finals.split())
_LONGEST_SYLLABLE: Final = 6
_INITIALS: Final = re.compile("[bpmfdtnlgkhjqxrzcsyw]{2,}")

# Family names that the dictionary says as the word that they are elsewhere, each as the family says it
# (the list is that of github.com/mozillazg/python-pinyin issue 297, less what pypinyin 0.55 says rightly).
FAMILY_NAMES: Final = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "朴": "piao", "区": "ou", "盖": "ge",
    "缪": "miao", "翟": "zhai", "乐": "yue", "覃": "qin", "种": "chong", "重": "chong", "秘": "bi", "繁": "po",
    "折": "she", "员": "yun", "召": "shao", "能": "nai", "乜": "nie", "隗": "wei", "郇": "xun", "阚": "kan",
    "佴": "nai", "洗": "xian", "藏": "zang", "卜": "bu", "薄": "bo", "都": "du", "扎": "za", "句": "gou",
    "粘": "nian", "祭": "zhai", "單": "shan", "區": "ou", "蓋": "ge", "繆": "miao", "樂": "yue",
    "員": "yun", "長": "chang", "长": "chang",
}  # fmt: skip
# Family names of two characters; the dictionary knows those that are said otherwise (单于, 万俟, 尉迟).
_DOUBLE: Final = re.compile(
    "欧阳|歐陽|司马|司馬|上官|诸葛|諸葛|东方|東方|皇甫|尉迟|尉遲|公孙|公孫|慕容|令狐|长孙|長孫|宇文|司徒|夏侯|轩辕|軒轅|端木|"
    "百里|南宫|南宮|独孤|獨孤|闻人|聞人|澹台|澹臺|公冶|太叔|申屠|公羊|赫连|赫連|钟离|鍾離|濮阳|濮陽|单于|單于|万俟|呼延|西门|"
    "西門|东郭|東郭|拓跋|司空|鲜于|鮮于|闾丘|亓官|梁丘|左丘|乐正|宗政"
)
_LONGEST_PERSON: Final = 4  # characters; longer names are other languages', written in Chinese
# In given names both ways are heard.
_SAID_TWO_WAYS: Final = frozenset("乐长重行朝茜传樂長傳")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to say a Chinese word, by syllable; the first ``family`` of them are the family name."""

    syllables: tuple[str, ...]
    family: int = 0

    @property
    def whole(self) -> str:
        """``zhangsanfeng``."""
        return "".join(self.syllables)

    @property
    def initials(self) -> str:
        """``zsf``."""
        return "".join(each[0] for each in self.syllables)

    def given(self) -> "Reading | None":
        """The given name's part, if there is a family name before it."""
        return Reading(self.syllables[self.family :]) if 0 < self.family < len(self.syllables) else None


def readings(word: str, *, person: bool, family: str = "") -> list[Reading]:
    """The ways to say a word, the usual one first, at most three.

    A person's word begins with the family name: ``family`` if that is what it begins with, else what it looks like.
    """
    from pypinyin import Style, pinyin  # noqa: PLC0415 - 0.2 s CPU, only where Chinese is indexed

    first = _family_length(word, family) if person else 0
    said = [
        ways
        for part in (word[:first], word[first:])
        if part
        # A character that the dictionary has not stays as it is, each by itself (its stub knows only texts here).
        for ways in pinyin(part, style=Style.NORMAL, heteronym=True, errors=list)  # type: ignore[arg-type]
    ]
    usual = [ways[0] for ways in said]
    if first == 1:
        usual[0] = FAMILY_NAMES.get(word[0], usual[0])
    others = []
    for position, ways in enumerate(said):
        head = position == 0 and first == 1
        if (head and word[0] in FAMILY_NAMES) or (person and not head and word[position] in _SAID_TWO_WAYS):
            others += [[*usual[:position], way, *usual[position + 1 :]] for way in ways if way != usual[position]][:1]
    if "v" in "".join(usual):  # 吕 is lv on keyboards, and lu when an accent has been folded
        others.insert(0, [each.replace("v", "u") for each in usual])
    return [Reading(tuple(each), first) for each in (usual, *others[:2])]


def _family_length(word: str, family: str) -> int:
    if family and word.startswith(family):
        return len(family)
    if len(word) > _LONGEST_PERSON:
        return 0
    return 2 if _DOUBLE.match(word) and len(word) > 2 else 1  # noqa: PLR2004 - both of the family name


@dataclass(frozen=True, slots=True)
class Mixed:
    """A typed word read as whole syllables first and initials then: ``zhangsf`` is zhang, and z, s, f."""

    syllables: str
    initials: str


def mixed(word: str) -> Mixed | None:
    """The word so read; None when it reads as whole syllables alone, or not at all.

    One initial at the end needs no such reading: ``zhangs`` is how ``zhangsan`` begins.
    """
    read = _in_syllables(word)
    if read[-1]:
        return None
    for end in range(len(word) - 2, 0, -1):
        if (syllables := read[end]) and _INITIALS.fullmatch(word, end):
            return Mixed(word[:end], "".join(each[0] for each in syllables) + word[end:])
    return None


def _in_syllables(word: str) -> list[tuple[str, ...]]:
    """For each beginning of the word the fewest whole syllables that it reads as; none where it does not."""
    read: list[tuple[str, ...]] = [()] * (len(word) + 1)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            syllable = word[start:end]
            if syllable not in _SYLLABLES or (start and not read[start]):
                continue
            if not read[end] or len(read[start]) + 1 < len(read[end]):
                read[end] = (*read[start], syllable)
    return read
