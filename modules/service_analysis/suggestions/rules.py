"""From texts to words that articles are found by, and which article goes first. Pure.

| text | words |
|---|---|
| Latin | the word, folded; asked for by its stem: `charges` reads what begins with `charg` |
| Chinese | every two characters that stand together, and the last one: 账单错误 → 账单, 单错, 错误, 误 |

Words that stand in every text (the, 我们) are none.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.search.words import HAN, folded, is_han, runs

MOST_OF_A_TEXT: Final = 60
"""A version has so many postings: two thirds of what one transaction takes."""
MOST_OF_A_HEAD: Final = 40
MOST_ASKED: Final = 8
FEWEST_LETTERS: Final = 2
SHORTEST_STEM: Final = 4
LONGEST_WORD: Final = 32

IN_HEAD: Final = 3
"""Points of a word: who wrote it into the title means it."""
IN_BODY: Final = 1
IN_CATEGORY: Final = 4
"""Points of the category that was chosen: more than of a word that many titles have, less than of one that few have."""
RARE: Final = 5
"""Up to so many texts have a word that counts three times…"""
SELDOM: Final = 25
"""… and twice."""

_HAN_RUN: Final = re.compile(f"[{HAN}]+")
_ENDINGS: Final = ("ings", "ing", "ed", "es", "s")
_COMMON: Final = """
the and for with that this these those you your our are was were has have had not but from can could will would they
them their there here what when where which who why how does did been being about into than then its am is in on of to
my me we be it as at by or if so no an do he she his her us out up all any just very please
一个 我们 你们 他们 这个 那个 什么 怎么 可以 没有 但是 因为 所以 如果 已经 以及 或者 请问 您好 你好 谢谢
"""
_EVERYWHERE: Final = frozenset(_COMMON.split())


def words_in(text: str) -> list[str]:
    """The words of a text in their order, each as often as it stands there."""
    plain = folded(text)
    found: list[tuple[int, list[str]]] = []
    for run in _HAN_RUN.finditer(plain):
        han = run.group()
        found.append((run.start(), [*(han[at : at + 2] for at in range(len(han) - 1)), han[-1]]))
    latin = _HAN_RUN.sub(lambda run: " " * len(run.group()), plain)
    for chunk in re.finditer(r"\S+", latin):
        each = [word[:LONGEST_WORD] for word in runs(chunk.group()) if len(word) >= FEWEST_LETTERS]
        found.append((chunk.start(), each))
    found.sort(key=lambda pair: pair[0])
    return [word for _, several in found for word in several if word not in _EVERYWHERE]


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words that a text is found by: those of its title and terms, and those of its body that say most."""

    head: tuple[str, ...]
    body: tuple[str, ...]


def words_of(title: str, terms: Iterable[str], body: str) -> TextWords:
    """The words of an article's text, within its budget; of the body those that it repeats most."""
    head = tuple(dict.fromkeys(word for text in (title, *terms) for word in words_in(text)))[:MOST_OF_A_HEAD]
    counted = Counter(word for word in words_in(body) if word not in head)
    # A Counter keeps the order in which words came, and sorting is stable.
    most = sorted(counted, key=lambda word: -counted[word])[: MOST_OF_A_TEXT - len(head)]
    return TextWords(head, tuple(most))


def stem(word: str) -> str:
    """What the forms of a Latin word begin with; of a short one, and of a Chinese one, itself."""
    for ending in _ENDINGS:
        if not is_han(word) and word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e") if len(word) > SHORTEST_STEM and not is_han(word) else word


def asked(text: str) -> list[str]:
    """What is read for a text: the beginnings of its words that say most, those first that it repeats or are long.

    The last character of a Chinese run is asked for only where it stands alone: else the two before say more.
    """
    words = words_in(text)
    alone = {run for run in _HAN_RUN.findall(folded(text)) if len(run) == 1}
    counted = Counter(stem(word) for word in words if len(word) > 1 or word in alone)
    ordered = sorted(counted, key=lambda each: (-counted[each], -len(each.encode())))
    return ordered[:MOST_ASKED]


def points(beginning: str, words: TextWords) -> int:
    """What a word that is asked for is worth to a text: 0 when it does not have it."""
    if any(word.startswith(beginning) for word in words.head):
        return IN_HEAD
    return IN_BODY if any(word.startswith(beginning) for word in words.body) else 0


def telling(texts: int) -> int:
    """How much a word tells that so many texts have."""
    if texts <= RARE:
        return 3
    return 2 if texts <= SELDOM else 1


def score(words: TextWords, found: Mapping[str, int]) -> int:
    """What a text is worth: ``found`` says of each word that is asked for how many texts have it."""
    return sum(points(each, words) * telling(texts) for each, texts in found.items())


def in_branch(category: str | None, wanted: str | None) -> bool:
    """Whether an article is about the category that was chosen, a part of it or what it is a part of."""
    return bool(category and wanted and (category.startswith(wanted) or wanted.startswith(category)))


def same_language(one: str, other: str) -> bool:
    """Whether who reads one reads the other: zh-CN and zh."""
    return one.partition("-")[0].lower() == other.partition("-")[0].lower()


def has_all(beginnings: Sequence[str], words: TextWords) -> bool:
    """Whether a text has every word of a search."""
    return all(points(each, words) for each in beginnings)


def best_first(scores: Mapping[str, int], among: Collection[str]) -> list[str]:
    """Ids by what they are worth, the newest of equal ones first: ids begin with their instant."""
    return sorted(among, key=lambda each: (scores.get(each, 0), each), reverse=True)
