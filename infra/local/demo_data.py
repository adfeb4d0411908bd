"""Two made-up tenants and their customers. Seeded: the same at each call. Nobody real is in here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CUSTOMERS = 300  # a first start must be done within 30 s (architecture.md)

_STATUSES = {"active": 62, "churned": 18, "joined": 8, "prospect": 8, "suspended": 4}
_GIVEN = "Ada Ben Chloe Daniel Elena Farid Grace Hugo Ines Jonas Kira Liam Maya Noor Oscar Priya Rosa Sami Tara Victor"
_FAMILY = "Adams Becker Costa Dubois Evans Fischer Garcia Hansen Ivanova Jones Keller Lopez Murphy Novak Okafor Rossi"
_ZH_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡林"
_ZH_GIVEN = "伟 芳 娜 敏 静 丽 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀英 晓梅 志强 海燕 建国 文博 雨桐 子轩 欣怡".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class City:
    """Where customers live."""

    name: str
    region: str
    postal_code: str  # its first digits; the rest is made up
    area_code: str = ""


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """One tenant of the demo: who it is and where its customers are."""

    slug: str
    name: str
    seed: int
    country: str
    locale: str
    time_zone: str
    currency: str
    chinese_names: float  # the share of customers with Chinese names
    cities: tuple[City, ...]


TENANTS = (
    DemoTenant(
        slug="pacific",
        name="Pacific Mobile (demo)",
        seed=20260301,
        country="US",
        locale="en",
        time_zone="America/Los_Angeles",
        currency="USD",
        chinese_names=0.15,
        cities=(
            City("Los Angeles", "California", "900", "213"),
            City("San Diego", "California", "921", "619"),
            City("San Jose", "California", "951", "408"),
            City("Sacramento", "California", "958", "916"),
            City("Fresno", "California", "937", "559"),
        ),
    ),
    DemoTenant(
        slug="linjiang",
        name="临江通信 (demo)",
        seed=20260302,
        country="CN",
        locale="zh-CN",
        time_zone="Asia/Shanghai",
        currency="CNY",
        chinese_names=0.9,
        cities=(
            City("南京", "江苏", "2100"),
            City("苏州", "江苏", "2150"),
            City("无锡", "江苏", "2140"),
            City("常州", "江苏", "2130"),
            City("扬州", "江苏", "2250"),
        ),
    ),
)


def customers(tenant: DemoTenant, count: int = CUSTOMERS) -> Iterator[dict[str, Any]]:
    """The bodies of `count` contacts of `tenant`, in the form of `POST /v1/contacts`."""
    dice = random.Random(tenant.seed)  # noqa: S311 - made-up people, no secret
    for number in range(1, count + 1):
        chinese = dice.random() < tenant.chinese_names
        in_city, place = divmod(number, len(tenant.cities))
        city = tenant.cities[place]
        yield {
            "type": "individual",
            **_name(dice, chinese=chinese),
            "status": dice.choices(list(_STATUSES), list(_STATUSES.values()))[0],
            "external_ids": [{"system": "billing", "id": f"{tenant.slug[:2].upper()}-{100000 + number}"}],
            "phones": [_phone(city, in_city, number)],
            "emails": [f"{tenant.slug}.{number:04d}@example.com"],
            "addresses": [
                {
                    "city": city.name,
                    "postal_code": _digits(dice, city.postal_code, 6 if tenant.country == "CN" else 5),
                    "region": city.region,
                    "country": tenant.country,
                }
            ],
            "language": "zh-CN" if chinese and tenant.country == "CN" else "en",
        }


def _name(dice: random.Random, *, chinese: bool) -> dict[str, str]:
    if chinese:
        return {"family_name": dice.choice(_ZH_FAMILY), "given_name": dice.choice(_ZH_GIVEN)}
    return {"family_name": dice.choice(_FAMILY.split()), "given_name": dice.choice(_GIVEN.split())}


def _phone(city: City, in_city: int, number: int) -> str:
    """E.164, its own for each customer, and as far as can be nobody's.

    US: 555-0100 to 555-0199 is kept for fiction (NANPA), a hundred for each area code. China keeps none: the first
    numbers of a block.
    """
    return f"+1{city.area_code}55501{in_city:02d}" if city.area_code else f"+861990000{number:04d}"


def _digits(dice: random.Random, start: str, length: int) -> str:
    return start + "".join(dice.choice("0123456789") for _ in range(length - len(start)))
