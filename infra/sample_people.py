"""`python -m infra.sample_people --seed N IN OUT`: names and phone numbers for a customer file that comes without.

Billing feeds often know customers by number alone. This adds the columns Name and Phone to each row of such a file:
Chinese, Spanish and English names, the same for the same seed. Nobody real is in here; 张三丰 and José Núñez are the
first two, for whoever wants to find somebody.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NAME, PHONE = "Name", "Phone"
# Shares in percent; Chinese names first, since they are what search finds hardest.
LANGUAGES = {"zh": 40, "es": 25, "en": 35}
FIRST = (("张三丰", "zh"), ("José Núñez", "es"))
DOUBLE_SHARE = 0.03  # of Chinese family names have two characters
SINGLE_SHARE = 0.2  # of Chinese given names have one

_ZH_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤单仇解查朴盖翟乐区"
)
_ZH_DOUBLE = ("欧阳", "司马", "上官", "诸葛", "尉迟", "令狐", "慕容")
_ZH_GIVEN = (
    "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀英霞平刚桂兰文博雨桐子轩欣怡建国志晓海燕红梅春花玉华小东永成俊峰佳慧丹宁鹏飞思琪浩宇"
    "嘉诚乐茜朝阳天佑若曦梓涵一诺安然"
)
_ES_GIVEN = "José María Lucía Martín Sofía Íñigo Begoña Álvaro Inés Raúl Verónica Andrés Pilar Óscar Belén Joaquín"
_ES_FAMILY = "García Núñez Muñoz Peña Ibáñez Gómez López Sánchez Ramírez Vázquez Ortega Zúñiga Castaño Güell Ríos"
_EN_GIVEN = "Ada Ben Chloe Daniel Grace Hugo Jonas Kate Liam Mary Noah Oscar Ruth Sean Tara Victor Zoe Anne-Marie"
_EN_FAMILY = "Adams Baker Clarke O'Brien Evans Fisher Grant Hughes Irving Jones Keller Murphy Smith-Lowe Mills Young"


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up name and number (E.164)."""

    name: str
    phone: str


def people(count: int, seed: int) -> Iterator[Person]:
    """``count`` people, the first of them the two that everybody looks for."""
    dice = random.Random(f"switchboard people {seed}")  # noqa: S311 - made-up people, no secret
    for number in range(count):
        if number < len(FIRST):
            name, language = FIRST[number]
        else:
            language = dice.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
            name = _NAMES[language](dice)
        yield Person(name, _phone(language, number))


def add(source: Path, target: Path, seed: int) -> int:
    """Write the rows of one file with names and numbers to another; answers how many. UTF-8 with or without mark."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream)
        rows = list(table)
        columns = [NAME, PHONE, *(table.fieldnames or [])]
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        written = csv.DictWriter(stream, columns, lineterminator="\r\n")
        written.writeheader()
        for row, person in zip(rows, people(len(rows), seed), strict=True):
            written.writerow({NAME: person.name, PHONE: person.phone, **row})
    return len(rows)


def _chinese(dice: random.Random) -> str:
    family = dice.choice(_ZH_DOUBLE) if dice.random() < DOUBLE_SHARE else dice.choice(_ZH_FAMILY)
    return family + "".join(dice.choices(_ZH_GIVEN, k=1 if dice.random() < SINGLE_SHARE else 2))


def _spanish(dice: random.Random) -> str:
    return " ".join((dice.choice(_ES_GIVEN.split()), *dice.sample(_ES_FAMILY.split(), 2)))


def _english(dice: random.Random) -> str:
    return f"{dice.choice(_EN_GIVEN.split())} {dice.choice(_EN_FAMILY.split())}"


_NAMES = {"zh": _chinese, "es": _spanish, "en": _english}


def _phone(language: str, number: int) -> str:
    """Its own for each of a million people, and as far as can be nobody's.

    US: 555-0100 to 555-0199 is kept for fiction (NANPA), in 700 area codes; behind them numbers come again, as those
    of households do. China and Spain keep none: the first numbers of a block.
    """
    if language == "zh":
        return f"+861990{_shuffled(number, 10_000_000):07d}"
    if language == "es":
        return f"+34600{_shuffled(number, 1_000_000):06d}"
    area, line = divmod(number, 100)
    return f"+1{201 + area % 700}55501{line:02d}"


def _shuffled(number: int, block: int) -> int:
    """Another number of the block for each; the factor has no divisor in common with a power of ten."""
    return (number * 7919 + 4321) % block


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.sample_people", description="Add names and phone numbers.")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other people")
    parser.add_argument("source", type=Path, metavar="IN", help="a customer file (CSV with a header)")
    parser.add_argument("target", type=Path, metavar="OUT", help="the file to write")
    wanted = parser.parse_args(arguments)
    try:
        count = add(wanted.source, wanted.target, wanted.seed)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.stderr.write(f"Can't do that: {error}\n")
        return 1
    sys.stdout.write(f"{wanted.target}: {count} customers with made-up names and numbers (seed {wanted.seed})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
