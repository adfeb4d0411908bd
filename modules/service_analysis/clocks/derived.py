"""What a request's clocks are to show of what has happened to it, and what each line of a ledger says. Pure.

A clock is brought to what the request's present state asks for, whatever happened in between: so the same function
follows an action, a changed policy, and what went on while the feature was off.

The next response is awaited from the customer's message on, if the first one has been given: until then the clock of
the first response runs, and one reply stops both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.modules import Text
from modules.service_analysis.clocks.rules import Line
from modules.service_analysis.ledgers.rules import Act, Aim, Clock, Ledger, State, pause, resume, retarget, start, stop

LIVE: Final = frozenset({State.RUNNING, State.PAUSED})
NOTHING_PROMISED: Final = "nothing_promised"
"""Why a clock stops that no policy asks for any more: its promise was neither kept nor broken by that."""
REPLIED: Final = "replied"


@dataclass(frozen=True, slots=True)
class Situation:
    """How a request stands, as far as its clocks go.

    ``since``: when a clock begins that has not run yet. ``answered_at``: the first public reply. ``asks``: whether the
    customer has just written; None: nobody has written since. ``ended_at`` is when it was resolved or closed, and
    ``ended_as`` which of these; None while it is open.
    """

    since: datetime
    now: datetime
    pending_on: str | None = None
    answered_at: datetime | None = None
    asks: bool | None = None
    ended_at: datetime | None = None
    ended_as: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody has still to do something."""
        return self.ended_at is None


def tended(ledger: Ledger, aim: Aim | None, policy_id: str, situation: Situation) -> Ledger:
    """The ledger as the situation asks for it; the same one when it says so already.

    aim: what is promised now; None: nothing. policy_id: by which policy.
    """
    last = max((each.at for each in ledger.entries if each.act is not Act.WARN), default=situation.since)
    # Clocks of machines differ by some milliseconds; a ledger's lines stand in order.
    now = max(situation.now, last)
    if not _wanted(ledger, situation):
        if ledger.state not in LIVE:
            return ledger
        at, why = _ending(ledger.clock, situation)
        return stop(ledger, max(at, last), why)
    if aim is None:
        return stop(ledger, now, NOTHING_PROMISED) if ledger.state in LIVE else ledger
    if ledger.state in LIVE:
        ledger = retarget(ledger, now, policy_id, aim)
    else:
        ledger = start(ledger, now if ledger.entries else last, policy_id, aim)
    if situation.pending_on and ledger.clock is not Clock.REGULATOR:
        return pause(ledger, now, situation.pending_on) if ledger.state is State.RUNNING else ledger
    return resume(ledger, now, "resumed") if ledger.state is State.PAUSED else ledger


def _wanted(ledger: Ledger, situation: Situation) -> bool:
    if not situation.open:
        return False
    match ledger.clock:
        case Clock.FIRST_RESPONSE:
            return situation.answered_at is None
        case Clock.NEXT_RESPONSE:
            return ledger.state in LIVE if situation.asks is None else situation.asks
        case _:
            return True


def _ending(clock: Clock, situation: Situation) -> tuple[datetime, str]:
    if clock is Clock.FIRST_RESPONSE and situation.answered_at is not None:
        return situation.answered_at, REPLIED
    if situation.ended_at is not None:
        return situation.ended_at, situation.ended_as
    return situation.now, REPLIED


# ------------------------------------------------------------------------------------------------------------ in words
WAITS: Final[Mapping[str, Text]] = {
    "customer": Text("Paused: it waits for the customer", "暂停：等待客户"),
    "supplier": Text("Paused: it waits for a supplier", "暂停：等待供应商"),
    "network": Text("Paused: it waits for the network", "暂停：等待网络"),
}
STOPS: Final[Mapping[str, Text]] = {
    REPLIED: Text("Stopped: the customer was answered", "停止：已答复客户"),
    "resolved": Text("Stopped: it was resolved", "停止：已解决"),
    "closed": Text("Stopped: it was closed", "停止：已关闭"),
    NOTHING_PROMISED: Text("Stopped: nothing is promised any more", "停止：不再有承诺"),
}
ACTS: Final[Mapping[Act, Text]] = {
    Act.PAUSE: Text("Paused", "暂停"),
    Act.RESUME: Text("It runs again", "恢复计时"),
    Act.STOP: Text("Stopped", "停止"),
    Act.WARN: Text("Warned: {threshold} % of the time is used up", "预警：已用去 {threshold}% 的时间"),
}
STARTS: Final = Text("It begins: {target} by «{policy}», in {calendar}", "开始：{target}，依据“{policy}”，按{calendar}")
STARTS_AGAIN: Final = Text(
    "It goes on: {target} by «{policy}», in {calendar}", "继续：{target}，依据“{policy}”，按{calendar}"
)
RETARGETED: Final = Text(
    "Another promise from here on: {target} by «{policy}», in {calendar}",
    "改为新的承诺：{target}，依据“{policy}”，按{calendar}",
)
STILL: Final = Text("It is running", "计时中")
COUNTED: Final = Text("{counted} counted since the line before", "自上一行起计入 {counted}")
LEFT: Final = Text("{left} left", "剩余 {left}")
OVER: Final = Text("{left} over", "超出 {left}")
EVERY_HOUR: Final = Text("every hour of the week", "全天候")
IN_CALENDAR: Final = Text("the calendar «{name}»", "日历“{name}”")


def said(line: Line, again: bool, names: Mapping[str, str], locale: str) -> str:  # noqa: FBT001 - a line's own fact
    """A line of a ledger in words. again: it has begun before. names: of policies and calendars, by id."""
    parts = [_happened(line, names, locale, again=again)]
    if line.counted:
        parts.append(COUNTED.in_language(locale).format(counted=spoken(line.counted)))
    if line.remaining is not None:
        parts.append(
            (LEFT if line.remaining >= 0 else OVER).in_language(locale).format(left=spoken(abs(line.remaining)))
        )
    return "; ".join(parts)


def spoken(seconds: int) -> str:
    """Seconds as hours, minutes and seconds: ``4:00:00``."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _happened(line: Line, names: Mapping[str, str], locale: str, *, again: bool) -> str:
    entry = line.entry
    if entry is None:
        return STILL.in_language(locale)
    if entry.aim is not None:
        text = RETARGETED if entry.act is Act.RETARGET else STARTS_AGAIN if again else STARTS
        calendar_id = entry.aim.calendar_id.partition(".")[0]
        calendar = IN_CALENDAR if calendar_id in names else EVERY_HOUR
        return text.in_language(locale).format(
            target=spoken(entry.aim.seconds),
            policy=names.get(entry.reason, entry.reason),
            calendar=calendar.in_language(locale).format(name=names.get(calendar_id)),
        )
    by_reason = {Act.PAUSE: WAITS, Act.STOP: STOPS}.get(entry.act, {})
    text = by_reason.get(entry.reason) or ACTS[entry.act]
    return text.in_language(locale).format(threshold=entry.threshold)
