"""What a request for a module comes to: terms, checked against plan and present, and what they need of others."""

from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.modules import Catalogue, Text
from tenants.plans.rules import BASIC, TRIAL, Plan, plans
from tenants.subscriptions.errors import refused
from tenants.subscriptions.rules import NEVER, Terms, Timeline, Timelines, agree, first_gap
from tenants.subscriptions.schemas import SubscriptionIn

# An instant that far ahead is a slip of the keyboard.
FARTHEST: Final = timedelta(days=3660)
# «Now» by a caller's clock that is so much behind is now.
SLOW_CLOCK: Final = timedelta(minutes=1)
_INSTANT: Final = timedelta(microseconds=1)


def terms_of(plan: Plan, starts_at: datetime, ends_at: datetime | None = None, trial_days: int = 0) -> Terms:
    """A plan's terms for a time."""
    return Terms(plan.name, starts_at, ends_at, trial_days, plan.grace_days, plan.kept_days)


def asked_for(body: SubscriptionIn, now: datetime) -> Terms:
    """What a request asks for. Raises Invalid."""
    plan = plans().get(body.plan)
    if plan is None:
        names = ", ".join(plans())
        raise refused(Text(f"The plans are {names}", f"可选套餐：{names}"), "plan", "unknown_plan")
    starts_at = body.starts_at.astimezone(UTC) if body.starts_at else now
    if now - SLOW_CLOCK <= starts_at < now:
        starts_at = now
    ends_at = body.ends_at.astimezone(UTC) if body.ends_at else None
    terms = terms_of(plan, starts_at, ends_at, trial_days_of(body))
    _check(plan, terms, now)
    return terms


def _check(plan: Plan, terms: Terms, now: datetime) -> None:
    if terms.starts_at < now:
        text = Text("In the past: what was is not rewritten", "不能早于当前时间：历史记录不可更改")
        raise refused(text, "starts_at", "in_the_past")
    for field, at in (("starts_at", terms.starts_at), ("ends_at", terms.ends_at)):
        if at is not None and at > now + FARTHEST:
            raise refused(Text("At most ten years from now", "最多为十年之内"), field, "out_of_range")
    if terms.trial_days > plan.trial_days or (plan.name == TRIAL and not terms.trial_days):
        text = Text(
            f"The plan {plan.name} has at most {plan.trial_days} days of trial",
            f"套餐 {plan.name} 的试用期最多 {plan.trial_days} 天",
        )
        raise refused(text, "trial_days", "out_of_range")
    shortest = max(timedelta(days=terms.trial_days), _INSTANT)
    if terms.ends_at is not None and terms.ends_at < terms.starts_at + shortest:
        text = Text("Behind the start, and not before the trial's end", "须晚于开始时间，且不早于试用结束")
        raise refused(text, "ends_at", "out_of_range")
    if plan.name == TRIAL and terms.ends_at not in {None, terms.starts_at + shortest}:
        text = Text("The plan trial ends with the trial", "试用套餐在试用期满时结束")
        raise refused(text, "ends_at", "out_of_range")


def trial_days_of(body: SubscriptionIn) -> int:
    """The trial that is asked for, in days; the plan trial is one by itself."""
    if body.trial_days is not None or body.plan != TRIAL:
        return body.trial_days or 0
    return plans()[TRIAL].trial_days


def has_already(timeline: Timeline, body: SubscriptionIn, now: datetime) -> bool:
    """Whether what is asked for is what has been agreed on last, and has not lapsed."""
    if not timeline.spans or timeline.spans[-1].stop <= now:
        return False
    first = last = timeline.spans[-1]
    before = timeline.spans[-2] if len(timeline.spans) > 1 else last
    if before.trial and not last.trial and before.end == last.start and before.agreed_at == last.agreed_at:
        first = before  # a trial and what follows it were agreed on together
    if body.starts_at != first.start if body.starts_at else first.start > now:
        return False
    trial_days = (first.stop - first.start).days if first.trial else 0
    # Asked for without an end, a trial ends with itself.
    end = None if last.trial and body.ends_at is None else last.end
    return (body.plan, body.ends_at, trial_days_of(body)) == (last.plan, end, trial_days)


def wanted_of_others(
    known: Catalogue, timelines: Timelines, module: str, terms: Terms, now: datetime
) -> dict[str, Terms]:
    """What must be agreed on too, for the module to be there by these terms: what comes first first."""
    wanted = {}
    for need in known.requirements_of(module):
        manifest = known.get(need)
        timeline = timelines.get(need, Timeline())
        gap = first_gap(timeline, agree(Timeline(), now, terms).spans, now)
        if gap is not None and manifest is not None and not manifest.always_on:
            wanted[need] = _filling(timeline, terms, gap)
    return wanted


def _filling(timeline: Timeline, terms: Terms, gap: datetime) -> Terms:
    """Terms for a required module, from where it is missing on: the same, when nothing else was agreed about it.

    Otherwise it goes on, paid, for as long as it is wanted or was agreed on anyway.
    """
    if gap == terms.starts_at and not any(each.stop > gap for each in timeline.spans):
        return terms
    end = max(each.stop for each in (*timeline.spans, *agree(Timeline(), gap, terms).spans))
    plan = plans()[terms.plan if terms.plan != TRIAL else BASIC]
    return terms_of(plan, gap, None if end == NEVER else end)
