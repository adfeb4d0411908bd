"""Topics of free-text complaints by a declared vocabulary, and their Pareto. Pure.

A term is one or several words that follow each other; ``*`` at the end of a word stands for any ending (``bill*`` is
bill, bills, billed, billing). Chinese is written without blanks: a Chinese term is found wherever it stands. Case and
accents don't count. Many complaints are about several things, and the most specific of them is their cause: who is
billed for data above a cap complains about the cap. So the vocabulary is in the order of precedence.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from chalicelib.modules import Text

OTHER: Final = "other"
"""What the vocabulary has no word for."""

# Juran's rule: a few causes make four fifths.
CUT: Final = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a complaint may be about, and the terms that say so."""

    name: str
    titles: Text
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """A bar of the Pareto: ``share`` and ``cumulated`` are of the requests whose cause is known (0 to 1).

    ``vital``: it is among the few that together make CUT, the one that crosses it included.
    """

    name: str
    count: int
    share: float
    cumulated: float
    vital: bool


@dataclass(frozen=True, slots=True)
class Pareto:
    """The causes, the most frequent first; ``unknown`` requests have none and are in no share."""

    causes: tuple[Cause, ...]
    known: int
    unknown: int


def topics(text: str, vocabulary: Sequence[Topic]) -> tuple[str, ...]:
    """The topics of a complaint, the most specific first; OTHER alone when there are none."""
    folded = _folded(text)
    return tuple(each.name for each in vocabulary if _pattern(each.terms).search(folded)) or (OTHER,)


def topic(text: str, vocabulary: Sequence[Topic]) -> str:
    """The cause that a complaint is counted under, one for each so that shares add up."""
    return topics(text, vocabulary)[0]


def pareto(counts: Mapping[str, int], unknown: frozenset[str] = frozenset({OTHER, ""})) -> Pareto:
    """The causes by their frequency. Equally frequent ones are in the order of their names."""
    named = sorted(((name, count) for name, count in counts.items() if count > 0 and name not in unknown), key=_rank)
    known = sum(count for _, count in named)
    causes: list[Cause] = []
    before = 0
    for name, count in named:
        after = before + count
        causes.append(Cause(name, count, count / known, after / known, vital=before < CUT * known))
        before = after
    return Pareto(tuple(causes), known, sum(counts.get(name, 0) for name in unknown))


def _rank(cause: tuple[str, int]) -> tuple[int, str]:
    return -cause[1], cause[0]


@lru_cache(maxsize=256)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_term, terms)))


def _term(term: str) -> str:
    folded = _folded(term)
    if not folded.isascii():
        return re.escape(folded)
    words = (
        re.escape(word.removesuffix("*")) + (r"[a-z0-9]*" if word.endswith("*") else "") for word in folded.split()
    )
    # «over-charged», «over charged», «service, billing»: whatever stands between two words.
    return rf"(?<![a-z0-9])(?:{'[^a-z0-9]+'.join(words)})(?![a-z0-9])"


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _listed(terms: str) -> tuple[str, ...]:
    return tuple(" ".join(each.split()) for each in terms.split(","))


VOCABULARY: Final = (
    Topic(
        "data_caps",
        Text("Data caps", "流量上限"),
        _listed("""
            data cap*, datacap*, cap, caps, capped, capping, usage cap*, bandwidth cap*, 300 gb*, 300gb*, data
            limit*, usage limit*, data usage, data plan*, data overage*, overage*, data allowance, data meter*,
            usage meter*, internet usage, usage plan*, for data, usage data, usage charge*, usage fee*, data
            charge*, data fee*,
            流量上限, 流量限制, 流量封顶, 限流量, 超流量, 超出流量, 流量超, 流量包, 流量用
        """),
    ),
    Topic(
        "blocked_content",
        Text("Blocked services", "封锁内容"),
        _listed("""
            block*, hbo*, net neutrality, netflix*, playstation*, ps3, ps4, streaming, censor*, peering,
            屏蔽, 封锁, 网络中立
        """),
    ),
    Topic(
        "speed",
        Text("Internet speed", "网速"),
        _listed("""
            speed*, slow*, throttl*, bandwidth*, mbps, mb s, latency, ping, packet loss, lag*, buffer*,
            sluggish*, network quality,
            网速, 限速, 降速, 速度, 太慢, 很慢, 延迟, 卡顿
        """),
    ),
    Topic(
        "equipment",
        Text("Modem and equipment", "设备"),
        _listed("""
            modem*, router*, equipment*, rental*, cable box*, set top*, gateway*, cable card*, cablecard*,
            digital adapter*,
            光猫, 猫坏, 路由器, 机顶盒, 设备, 调制解调器
        """),
    ),
    Topic(
        "installation",
        Text("Installation and visits", "安装与上门"),
        _listed("""
            install*, technician*, tech, techs, appointment*, no show*, service call*, service visit, new
            location, move, moving, relocat*,
            安装, 上门, 预约, 移机, 装机
        """),
    ),
    Topic(
        "cancellation",
        Text("Cancelling and contract", "退订与合同"),
        _listed("""
            cancel*, terminat*, contract*, discontinu*, agreement*, closed account, close account, collection*,
            取消, 退订, 销户, 解约, 合同, 合约, 违约金, 携号转网
        """),
    ),
    Topic(
        "sales",
        Text("Sales and advertising", "销售与广告"),
        _listed("""
            advertis*, bait*, mislead*, misled, deceptive sales, deceptive trade, sales*, promotion*, promo*,
            misrepresent*, false information, offer*, bundl*, honor*, upsell*, salesman,
            虚假宣传, 误导, 推销, 促销, 套餐, 捆绑, 广告, 诱导
        """),
    ),
    Topic(
        "billing",
        Text("Billing and charges", "账单与收费"),
        _listed("""
            bill*, overbill*, misbill*, charg*, overcharg*, over charg*, fee, fees, invoice*, refund*, credit*,
            payment*, pay, paying, paid, overpay*, overpaid, owe*, deposit*, autopay*, withdraw*, cramming,
            debit*,
            账单, 收费, 扣费, 计费, 多收, 乱收, 扣款, 退款, 退费, 话费, 欠费, 费用, 缴费, 多扣
        """),
    ),
    Topic(
        "prices",
        Text("Prices", "资费"),
        _listed("""
            price*, pricing, rate, rates, rate increase*, expensive, cost, costs, overpric*, gouging,
            涨价, 价格, 资费, 太贵, 昂贵
        """),
    ),
    Topic(
        "connection",
        Text("Outages and connection", "中断与连接"),
        _listed("""
            outage*, outtage*, no service, no internet, not have internet, connect*, disconnect*, intermittent*,
            unreliab*, reliab*, interrupt*, disrupt*, drop*, downtime, down, loss of, lost service, lost
            internet, not work*, internet issue*, internet problem*, wifi, wi fi, signal*, lack of service,
            inconsistent, without service, without internet, freez*, inop*, poor internet, bad internet,
            internet quality, service quality, quality of service, quality service, poor service,
            断网, 上不了网, 无法上网, 连不上, 掉线, 没有网, 中断, 故障, 信号, 不稳定, 没网, 没信号
        """),
    ),
    Topic(
        "availability",
        Text("Availability and competition", "覆盖与竞争"),
        _listed("""
            monopol*, availab*, competition*, infrastructure, anti trust, antitrust, not serviceable, access to,
            internet access, no option*, low income, internet needed,
            垄断, 没有覆盖, 覆盖, 无法开通, 不能安装
        """),
    ),
    Topic(
        "privacy",
        Text("Privacy and fraud", "隐私与欺诈"),
        _listed("""
            privacy, identity, unauthori*, hack*, phish*, scam*, fraud*, stolen, personal inform*, spam*,
            harass*, unwanted,
            隐私, 泄露, 诈骗, 冒用, 盗用, 骚扰, 垃圾短信
        """),
    ),
    Topic(
        "customer_service",
        Text("Customer service", "客户服务"),
        _listed("""
            customer service*, customer support, customer care, support, rude*, hold, hang up*, hang ups, lie,
            lies, lied, lying, wait*, unhelpful, unresponsive, incompeten*, representative*, supervisor*,
            miscommunication, communication*, dishonest*, ignor*,
            客服, 态度, 投诉无, 无人接听, 没人接, 推诿, 服务差, 等待
        """),
    ),
    Topic(
        "tv_and_phone",
        Text("Television and phone", "电视与电话"),
        _listed("""
            tv, television, channel*, phone*, telephone*, voip, voice, email*, e mail*, dvr, home security,
            alarm,
            电视, 频道, 电话, 通话, 短信
        """),
    ),
)
"""The topics of a provider of internet, television and telephone, in the order of precedence."""
