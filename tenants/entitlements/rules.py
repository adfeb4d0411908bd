"""The entitlement decision: a pure function of catalogue, the tenant's snapshot, kill switches, viewer and instant.

    kill switch → tenant state → module subscription → tenant override → plan → catalogue default

The first step that has something to say decides (control-plane.md, Feature toggles). Nothing here raises; what is not
known is off. Being read-only (grace, or a kill switch that says so) is no answer to «is it on»: it is told beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from chalicelib.access.principal import ACTIVATING, Decision
from chalicelib.modules import Catalogue, Feature, Manifest
from tenants.feature_overrides.rules import NOBODY, Override, Viewer, deciding
from tenants.kill_switches.rules import KillSwitch, SwitchMode, found
from tenants.lifecycle.rules import LIVE, TenantState
from tenants.plans.rules import plans
from tenants.subscriptions.rules import NEVER, READABLE, Phase, Subscribed, SubscriptionState


class Step(StrEnum):
    """Who decides, in this order."""

    KILL_SWITCH = "kill_switch"
    TENANT_STATE = "tenant_state"
    MODULE_SUBSCRIPTION = "module_subscription"
    TENANT_OVERRIDE = "tenant_override"
    PLAN = "plan"
    CATALOGUE_DEFAULT = "catalogue_default"


CATALOGUE: Final = "catalogue"
"""Decides before any step that there is no such module or feature."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything about one tenant that decides: state, subscriptions by module, overrides by (module, feature)."""

    state: TenantState
    subscriptions: Mapping[str, Subscribed] = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], tuple[Override, ...]] = field(default_factory=dict)

    def plan_of(self, module: str, now: datetime) -> str | None:
        """The plan by which the tenant has the module at an instant: also in grace, not when it is off."""
        phase = self._phase(module, now)
        return phase.plan if phase is not None and phase.state in READABLE else None

    def plans(self, now: datetime) -> tuple[str, ...]:
        """The plans of all modules that the tenant has at an instant."""
        return tuple(plan for each in self.subscriptions if (plan := self.plan_of(each, now)) is not None)

    def _phase(self, module: str, now: datetime) -> Phase | None:
        subscribed = self.subscriptions.get(module)
        return subscribed.at(now) if subscribed else None


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom and when, and what the platform's operators have switched."""

    now: datetime
    switches: tuple[KillSwitch, ...] = ()
    viewer: Viewer = NOBODY


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step said (a stable word); ``decision`` when that is the answer."""

    said: str
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One step of an explanation: decided, undecided, or skipped because one before it had decided."""

    step: Step
    outcome: Literal["decided", "undecided", "skipped"]
    said: str | None


@dataclass(frozen=True, slots=True)
class _Question:
    catalogue: Catalogue
    snapshot: Snapshot
    asked: Asked
    manifest: Manifest
    feature: Feature | None


def decide(catalogue: Catalogue, snapshot: Snapshot, asked: Asked, module: str, feature: str | None = None) -> Decision:
    """Whether a module, or one of its features, is on for the viewer; why, which step decided; whether to read only."""
    question = _question(catalogue, snapshot, asked, module, feature)
    if isinstance(question, Decision):
        return question
    for _, finding in _findings(question):
        if finding.decision is not None:
            return _read_only(question, finding.decision)
    return _off("undecided", Step.CATALOGUE_DEFAULT)


def explain(
    catalogue: Catalogue, snapshot: Snapshot, asked: Asked, module: str, feature: str | None = None
) -> tuple[Decision, tuple[Explained, ...]]:
    """The decision, and what every step said on the way to it. No steps for what the catalogue does not know."""
    question = _question(catalogue, snapshot, asked, module, feature)
    if isinstance(question, Decision):
        return question, ()
    steps = [
        Explained(step, "undecided" if finding.decision is None else "decided", finding.said)
        for step, finding in _findings(question)
    ]
    steps += [Explained(step, "skipped", None) for step in list(Step)[len(steps) :]]
    return decide(catalogue, snapshot, asked, module, feature), tuple(steps)


def _question(
    catalogue: Catalogue, snapshot: Snapshot, asked: Asked, module: str, feature: str | None
) -> _Question | Decision:
    manifest = catalogue.get(module)
    if manifest is None:
        return _off("unknown_module", CATALOGUE)
    declared = manifest.feature(feature) if feature is not None else None
    if feature is not None and declared is None:
        return _off("unknown_feature", CATALOGUE)
    return _Question(catalogue, snapshot, asked, manifest, declared)


def _findings(question: _Question) -> Iterator[tuple[Step, Finding]]:
    for step, say in _STEPS:
        finding = say(question)
        yield step, finding
        if finding.decision is not None:
            return


# -- the steps


def _kill_switch(question: _Question) -> Finding:
    asked, module = question.asked, question.manifest.name
    if not asked.switches:
        return Finding("none")
    for each in (module, *question.catalogue.requirements_of(module)):
        if (switch := found(asked.switches, asked.now, SwitchMode.OFF, each)) is not None:
            said = "killed" if each == module else "requirement_killed"
            return Finding(said, _off(said, Step.KILL_SWITCH, switch.expires_at))
    name = question.feature.name if question.feature else None
    if name and (switch := found(asked.switches, asked.now, SwitchMode.OFF, module, name)) is not None:
        return Finding("killed", _off("killed", Step.KILL_SWITCH, switch.expires_at))
    return Finding("read_only" if _held(question) else "none")


def _tenant_state(question: _Question) -> Finding:
    state = str(question.snapshot.state)
    return Finding(state, None if question.snapshot.state in LIVE else _off(state, Step.TENANT_STATE))


def _module_subscription(question: _Question) -> Finding:
    decision = _of_module(question, question.manifest)
    if not decision.enabled or question.feature is None:
        return Finding(decision.reason, decision)
    return Finding(decision.reason)


def _of_module(question: _Question, manifest: Manifest) -> Decision:
    step, now = Step.MODULE_SUBSCRIPTION, question.asked.now
    if manifest.always_on:
        return Decision(enabled=True, reason="always_on", decided_by=step)
    subscribed = question.snapshot.subscriptions.get(manifest.name)
    phase = subscribed.at(now) if subscribed else None
    if phase is None:
        return _off("not_subscribed", step)
    if phase.state not in READABLE:
        return _off(str(phase.state), step, _until(phase))
    if phase.plan not in plans():
        return _off("unknown_plan", step)
    # A module does not run beyond what it requires (decision 0027).
    for need in manifest.requires:
        other = question.catalogue.get(need)
        below = _of_module(question, other) if other else _off("unknown_module", step)
        if not below.enabled:
            return _off(ACTIVATING if below.reason == ACTIVATING else "requirement_off", step, below.until)
    grace = phase.state is SubscriptionState.GRACE
    return Decision(enabled=True, reason=str(phase.state), decided_by=step, read_only=grace, until=_until(phase))


def _tenant_override(question: _Question) -> Finding:
    if question.feature is None:
        return Finding("none")
    known = question.snapshot.overrides.get((question.manifest.name, question.feature.name), ())
    if not known:
        return Finding("none")
    override = deciding(known, question.asked.viewer, question.asked.now)
    if override is None:
        return Finding("for_others")
    decision = Decision(override.enabled, "overridden", Step.TENANT_OVERRIDE, until=override.expires_at)
    return Finding("overridden", decision)


def _plan(question: _Question) -> Finding:
    if question.feature is None:
        return Finding("none")
    module = question.manifest.name
    plan = plans().get(question.snapshot.plan_of(module, question.asked.now) or "")
    planned = plan.features.get(f"{module}.{question.feature.name}") if plan else None
    return Finding("none") if planned is None else Finding("plan", Decision(planned, "plan", Step.PLAN))


def _catalogue_default(question: _Question) -> Finding:
    default = question.feature.default if question.feature else False
    return Finding("default", Decision(default, "default", Step.CATALOGUE_DEFAULT))


_STEPS: Final[tuple[tuple[Step, Callable[[_Question], Finding]], ...]] = (
    (Step.KILL_SWITCH, _kill_switch),
    (Step.TENANT_STATE, _tenant_state),
    (Step.MODULE_SUBSCRIPTION, _module_subscription),
    (Step.TENANT_OVERRIDE, _tenant_override),
    (Step.PLAN, _plan),
    (Step.CATALOGUE_DEFAULT, _catalogue_default),
)


# -- inside


def _off(reason: str, decided_by: str, until: datetime | None = None) -> Decision:
    return Decision(enabled=False, reason=reason, decided_by=str(decided_by), until=until)


def _until(phase: Phase) -> datetime | None:
    return phase.end if phase.end < NEVER else None


def _held(question: _Question) -> KillSwitch | None:
    """The kill switch that lets it only be read."""
    asked, module = question.asked, question.manifest.name
    of_module = found(asked.switches, asked.now, SwitchMode.READ_ONLY, module)
    if of_module is not None or question.feature is None:
        return of_module
    return found(asked.switches, asked.now, SwitchMode.READ_ONLY, module, question.feature.name)


def _read_only(question: _Question, decision: Decision) -> Decision:
    """What is on may be for reading only: by a kill switch, or because its module is in grace."""
    if not decision.enabled:
        return decision
    if (switch := _held(question)) is not None:
        return Decision(True, "read_only", str(Step.KILL_SWITCH), read_only=True, until=switch.expires_at)
    if question.feature is not None and _of_module(question, question.manifest).read_only:
        return decision._replace(read_only=True)
    return decision
