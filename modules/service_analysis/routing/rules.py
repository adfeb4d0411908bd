"""Where a request goes and who gets it, and why not elsewhere. Pure: dry run and creation ask the same function.

The first rule whose conditions all hold decides, in the order given; when none does, the fallback. A rule leads to a
queue, and its strategy chooses among the queue's candidates who can take it: present, with every skill that the rule
asks for, and with the customer's language. Nobody can: the request waits in the queue. So each request has a queue.

- **Round robin** takes the next in turn, by a counter that the caller keeps for each ``turn`` and raises with each
  choice. A turn is a rule and a language, because those share it for whom the same people are asked: with one counter
  for all, two languages that alternate would each meet the same person every time.
- **Least busy** takes whom the fewest requests wait for; among those who has waited longest for one; then the first id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from chalicelib.modules import Text

FALLBACK: Final = "fallback"
"""The id of the rule that takes what no other does."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Strategy(StrEnum):
    """How one of several is chosen."""

    ROUND_ROBIN = "round_robin"
    LEAST_BUSY = "least_busy"


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules ask of a request. Paths name nodes from the root: ``/billing/refund/``, ``/US/Georgia/Atlanta/``.

    ``language`` is a BCP 47 tag; what is not known is empty.
    """

    category: str = ""
    area: str = ""
    level: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions (an empty one holds for everything) and where they lead.

    ``categories`` and ``areas`` hold for the nodes named and all below them, ``languages`` for their regions too
    (``es`` for es-MX). ``skills`` are what a candidate must have, all of them.
    """

    id: str
    queue: str
    strategy: Strategy
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in a queue. ``load`` is how many open requests wait for them; ``served_at`` when they got the last one.

    No ``languages``: nobody has said which, and they are asked for none.
    """

    id: str
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    load: int = 0
    present: bool = True
    served_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """A rule with whether it decided, and why it did not; nothing against it: it decided."""

    id: str
    against: tuple[Text, ...]

    @property
    def decided(self) -> bool:
        """Whether this rule leads the request."""
        return not self.against


@dataclass(frozen=True, slots=True)
class JudgedCandidate:
    """A candidate with why they do not get it; ``place`` is their place (0 first) among those who can, else None."""

    id: str
    place: int | None
    against: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a request goes. ``person`` is None when it waits for somebody who can take it.

    ``turn`` names the counter that the caller raises by one with this choice; None: none.
    """

    rule: str
    queue: str
    person: str | None
    turn: str | None
    rules: tuple[JudgedRule, ...]
    candidates: tuple[JudgedCandidate, ...] = field(default=())


def decide(
    asked: Asked,
    rules: Sequence[Rule],
    fallback: Rule,
    queues: Mapping[str, Sequence[Candidate]],
    turns: Mapping[str, int],
) -> Choice:
    """The queue and the person for a request, with what speaks against each other rule and candidate.

    ``fallback`` is taken without asking its conditions. ``queues`` are candidates by queue, in any order and each id
    once; ``turns`` how often each turn has been taken, 0 for what is not in it.
    """
    judged: list[JudgedRule] = []
    decided: Rule | None = None
    for rule in (*rules, fallback):
        against = () if rule is fallback else tuple(_conditions(rule, asked))
        if decided is not None:
            against = (Text(f"Rule {decided.id} comes first.", f"规则 {decided.id} 优先。"),)
        elif not against:
            decided = rule
        judged.append(JudgedRule(rule.id, against))
    leading = decided or fallback
    members = sorted(queues.get(leading.queue, ()), key=lambda each: each.id)
    reasons = {each.id: tuple(_obstacles(each, leading, asked)) for each in members}
    turn = f"{leading.id}/{asked.language}" if leading.strategy is Strategy.ROUND_ROBIN else None
    able = _ordered(leading.strategy, [each for each in members if not reasons[each.id]], turns.get(turn or "", 0))
    return Choice(
        rule=leading.id,
        queue=leading.queue,
        person=able[0].id if able else None,
        turn=turn if able else None,
        rules=tuple(judged),
        candidates=(
            *(JudgedCandidate(each.id, place, _behind(leading, able[0], each)) for place, each in enumerate(able)),
            *(JudgedCandidate(each.id, None, reasons[each.id]) for each in members if reasons[each.id]),
        ),
    )


def _ordered(strategy: Strategy, able: Sequence[Candidate], taken: int) -> list[Candidate]:
    """Those who can take it, who gets it first. ``able`` are in the order of their ids."""
    if strategy is Strategy.LEAST_BUSY:
        return sorted(able, key=lambda each: (each.load, each.served_at or _NEVER, each.id))
    first = taken % len(able) if able else 0
    return [*able[first:], *able[:first]]


def _conditions(rule: Rule, asked: Asked) -> list[Text]:
    """What of a rule does not hold for a request."""
    failed = []
    if rule.categories and not any(_within(asked.category, each) for each in rule.categories):
        failed.append(_not_in("category", "类别", asked.category, rule.categories))
    if rule.areas and not any(_within(asked.area, each) for each in rule.areas):
        failed.append(_not_in("area", "区域", asked.area, rule.areas))
    if rule.levels and asked.level not in rule.levels:
        failed.append(_not_in("customer level", "客户等级", asked.level, rule.levels))
    if rule.languages and not any(_speaks(each, asked.language) for each in rule.languages):
        failed.append(_not_in("language", "语言", asked.language, rule.languages))
    return failed


def _obstacles(candidate: Candidate, rule: Rule, asked: Asked) -> list[Text]:
    """Why somebody can't take a request."""
    against = []
    if not candidate.present:
        against.append(Text("Not present.", "不在岗。"))
    if missing := ", ".join(sorted(rule.skills - candidate.skills)):
        against.append(Text(f"Lacks skills: {missing}.", f"缺少技能：{missing}。"))
    spoken = candidate.languages
    if asked.language and spoken and not any(_speaks(each, asked.language) for each in spoken):
        against.append(Text(f"Does not speak {asked.language}.", f"不会说 {asked.language}。"))
    return against


def _behind(rule: Rule, first: Candidate, other: Candidate) -> tuple[Text, ...]:
    """Why somebody who could take it is not the first to get it; nothing for who is."""
    if other is first:
        return ()
    if rule.strategy is Strategy.ROUND_ROBIN:
        return (Text(f"It is the turn of {first.id}.", f"轮到 {first.id}。"),)
    if first.load < other.load:
        return (
            Text(
                f"{first.id} has fewer open requests: {first.load}, not {other.load}.",
                f"{first.id} 的未结请求更少：{first.load} 个，而非 {other.load} 个。",
            ),
        )
    if (first.served_at or _NEVER) < (other.served_at or _NEVER):
        return (Text(f"{first.id} has waited longer for a request.", f"{first.id} 等待请求的时间更长。"),)
    return (Text(f"{first.id} comes first by id.", f"按编号 {first.id} 在先。"),)


def _within(path: str, node: str) -> bool:
    """Whether a path leads to a node or below it; /bill/ is not above /billing/."""
    return f"{path.strip('/')}/".startswith(f"{node.strip('/')}/")


def _speaks(spoken: str, wanted: str) -> bool:
    """Who speaks a language speaks it in each region; RFC 4647, 3.3.1, basic filtering."""
    return f"{wanted.lower()}-".startswith(f"{spoken.lower()}-")


def _not_in(what: str, zh: str, seen: str, wanted: Sequence[str]) -> Text:
    listed = ", ".join(wanted)
    return Text(f"The {what} is {seen or 'not known'}, not of {listed}.", f"{zh}为 {seen or '未知'}，不属于 {listed}。")
