"""The entitlement decision: a table of cases, and what holds for all of them (quality.md, T20)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.entitlements import rules
from tenants.entitlements.derived import sentence
from tenants.entitlements.rules import Asked, Snapshot, Step, decide, explain
from tenants.feature_overrides.rules import Override, Viewer
from tenants.kill_switches.rules import KillSwitch, SwitchMode
from tenants.lifecycle.rules import LIVE, TenantState
from tenants.plans.rules import plans
from tenants.subscriptions.rules import NEVER, Phase, Subscribed, SubscriptionState
from tests.unit.tenants.conftest import CATALOGUE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ACTIVE = TenantState.ACTIVE


def in_state(state, plan="basic", end=NEVER):
    return Subscribed((Phase(NOW - timedelta(days=1), end, SubscriptionState(state), plan),))


ON, OFF, GRACE = in_state("active"), in_state("off"), in_state("grace", end=NOW + timedelta(days=3))
KILLED = KillSwitch("alpha", None, SwitchMode.OFF)
NO_DARK = KillSwitch("alpha", "dark", SwitchMode.OFF)
HELD_CORE = KillSwitch("core", None, SwitchMode.READ_ONLY)
GONE = in_state("active", "gone")
SUBSCRIPTION, KILL, OVERRIDE, DEFAULT = "module_subscription", "kill_switch", "tenant_override", "catalogue_default"
HELD = KillSwitch("alpha", None, SwitchMode.READ_ONLY)


def dark(*overrides):
    return {("alpha", "dark"): overrides}


LIT, WAITS = dark(Override("1", enabled=True)), in_state("activating")


@pytest.mark.parametrize(
    ("snapshot", "switches", "asked", "decision"),
    [
        (Snapshot(ACTIVE), (), "nosuch", (False, "unknown_module", "catalogue", False)),
        (Snapshot(ACTIVE, {"nosuch": ON}), (), "nosuch", (False, "unknown_module", "catalogue", False)),
        (Snapshot(ACTIVE, {"alpha": ON}), (), "alpha.nosuch", (False, "unknown_feature", "catalogue", False)),
        (Snapshot(TenantState.ERASED, {"alpha": ON}), (), "alpha", (False, "erased", "tenant_state", False)),
        (Snapshot(TenantState.FAILED), (), "core", (False, "failed", "tenant_state", False)),
        (Snapshot(TenantState.SUSPENDED, {"alpha": ON}), (), "alpha", (True, "active", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE), (), "core", (True, "always_on", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE), (), "alpha", (False, "not_subscribed", SUBSCRIPTION, False)),
        *(
            (Snapshot(ACTIVE, {"alpha": in_state(state)}), (), "alpha", (False, state, SUBSCRIPTION, False))
            for state in ("off", "scheduled", "activating")
        ),
        (Snapshot(ACTIVE, {"alpha": ON}), (), "alpha", (True, "active", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": in_state("trial")}), (), "alpha", (True, "trial", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": GRACE}), (), "alpha", (True, "grace", SUBSCRIPTION, True)),
        (Snapshot(ACTIVE, {"alpha": GRACE}), (), "alpha.bright", (True, "default", DEFAULT, True)),
        (Snapshot(ACTIVE, {"alpha": ON}), (), "alpha.bright", (True, "default", DEFAULT, False)),
        (Snapshot(ACTIVE, {"alpha": ON}), (), "alpha.dark", (False, "default", DEFAULT, False)),
        # what is not known of a paid module is off
        (Snapshot(ACTIVE, {"alpha": GONE}), (), "alpha", (False, "unknown_plan", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": GONE}), (), "alpha.bright", (False, "unknown_plan", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": Subscribed()}), (), "alpha", (False, "not_subscribed", SUBSCRIPTION, False)),
        # overrides
        (Snapshot(ACTIVE, {"alpha": ON}, LIT), (), "alpha.dark", (True, "overridden", OVERRIDE, False)),
        (Snapshot(ACTIVE, {"alpha": OFF}, LIT), (), "alpha.dark", (False, "off", SUBSCRIPTION, False)),
        # a module does not run beyond what it requires
        (Snapshot(ACTIVE, {"alpha": OFF, "beta": ON}), (), "beta", (False, "requirement_off", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": WAITS, "beta": ON}), (), "beta", (False, "activating", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE, {"alpha": GRACE, "beta": ON}), (), "beta", (True, "active", SUBSCRIPTION, False)),
        # kill switches
        (Snapshot(ACTIVE, {"alpha": ON}), (KILLED,), "alpha", (False, "killed", KILL, False)),
        (Snapshot(ACTIVE, {"alpha": ON, "beta": ON}), (KILLED,), "beta", (False, "requirement_killed", KILL, False)),
        (Snapshot(ACTIVE, {"alpha": ON}), (HELD,), "alpha", (True, "read_only", KILL, True)),
        (Snapshot(ACTIVE, {"alpha": ON}), (HELD,), "alpha.bright", (True, "read_only", KILL, True)),
        (Snapshot(ACTIVE, {"alpha": OFF}), (HELD,), "alpha", (False, "off", SUBSCRIPTION, False)),
        (
            Snapshot(ACTIVE, {"alpha": ON}, dark(Override("1", True))),
            (NO_DARK,),
            "alpha.dark",
            (False, "killed", KILL, False),
        ),
        (Snapshot(ACTIVE, {"alpha": ON}), (NO_DARK,), "alpha", (True, "active", SUBSCRIPTION, False)),
        (Snapshot(ACTIVE), (HELD_CORE,), "core", (True, "read_only", KILL, True)),
    ],
)  # fmt: skip
def test_decision__table(snapshot, switches, asked, decision):
    module, _, feature = asked.partition(".")
    found = decide(CATALOGUE, snapshot, Asked(NOW, switches), module, feature or None)
    assert (found.enabled, found.reason, found.decided_by, found.read_only) == decision


def test_decision__the_plan_stands_between_override_and_default(monkeypatch):
    basic = plans()["basic"]
    planned = type(basic)(
        **{name: getattr(basic, name) for name in basic.__slots__} | {"features": {"alpha.dark": True}}
    )
    monkeypatch.setattr(rules, "plans", lambda: {"basic": planned})
    found = decide(CATALOGUE, Snapshot(ACTIVE, {"alpha": ON}), Asked(NOW), "alpha", "dark")
    assert (found.enabled, found.decided_by) == (True, "plan")
    overridden = Snapshot(ACTIVE, {"alpha": ON}, dark(Override("1", enabled=False)))
    found = decide(CATALOGUE, overridden, Asked(NOW), "alpha", "dark")
    assert (found.enabled, found.decided_by) == (False, "tenant_override")


UNIT = Viewer(("marketer",), "/ou_a/ou_b/")


@pytest.mark.parametrize(
    ("overrides", "viewer", "enabled"),
    [
        ([], UNIT, None),
        ([Override("1", True, roles=frozenset({"viewer"}))], UNIT, None),
        ([Override("1", True, units=frozenset({"ou_c"}))], UNIT, None),
        ([Override("1", True, units=frozenset({"ou_"}))], UNIT, None),
        ([Override("1", True, roles=frozenset({"marketer"}))], Viewer(), None),
        ([Override("1", True, frozenset({"viewer"}), frozenset({"ou_a"}))], UNIT, None),
        ([Override("1", True, frozenset({"marketer"}), frozenset({"ou_a"}))], UNIT, True),
        # the more specific one
        ([Override("1", False), Override("0", True, roles=frozenset({"marketer"}))], UNIT, True),
        ([Override("1", False, frozenset({"marketer"})), Override("0", True, units=frozenset({"ou_a"}))], UNIT, True),
        (
            [Override("1", False, units=frozenset({"ou_a"})), Override("0", True, units=frozenset({"ou_b"}))],
            UNIT,
            True,
        ),
        (
            [
                Override("1", False, units=frozenset({"ou_b"})),
                Override("0", True, frozenset({"marketer"}), frozenset({"ou_b"})),
            ],
            UNIT,
            True,
        ),
        # of equal ones the one set last
        ([Override("1", False, set_at=NOW - TICK), Override("0", True, set_at=NOW)], UNIT, True),
        # half-open: at expires_at it is over
        ([Override("1", True, expires_at=NOW)], UNIT, None),
        ([Override("1", True, expires_at=NOW + TICK)], UNIT, True),
    ],
)  # fmt: skip
def test_overrides__the_most_specific_one_counts(overrides, viewer, enabled):
    snapshot = Snapshot(ACTIVE, {"alpha": ON}, dark(*overrides))
    found = decide(CATALOGUE, snapshot, Asked(NOW, viewer=viewer), "alpha", "dark")
    assert (found.decided_by == "tenant_override") == (enabled is not None)
    assert found.enabled is bool(enabled)


@pytest.mark.parametrize(("at", "enabled"), [(NOW - TICK, False), (NOW, True)])
def test_a_kill_switch__at_the_instant_at_which_it_expires__is_over(at, enabled):
    switch = KillSwitch("alpha", None, SwitchMode.OFF, expires_at=NOW)
    assert decide(CATALOGUE, Snapshot(ACTIVE, {"alpha": ON}), Asked(at, (switch,)), "alpha").enabled is enabled


# -- for all inputs (T20)

instants = st.datetimes(timezones=st.just(UTC))
modules = st.sampled_from(["core", "alpha", "beta", "gamma", "nosuch", ""])
features = st.sampled_from([None, "bright", "dark", "nosuch", ""])
roles, units = st.sampled_from(["admin", "marketer"]), st.sampled_from(["ou_a", "ou_b", "ou_c"])
expiries = st.none() | st.sampled_from([NOW - TICK, NOW, NOW + TICK]) | instants
overrides = st.builds(
    Override,
    st.text(max_size=2),
    st.booleans(),
    st.frozensets(roles),
    st.frozensets(units),
    expiries,
    st.none() | instants,
)
switches = st.builds(
    KillSwitch, modules, st.none() | st.sampled_from(["bright", "dark"]), st.sampled_from(SwitchMode), expiries
)
phases = st.builds(
    Phase,
    st.sampled_from([NOW - TICK, NOW, NOW + TICK]),
    st.sampled_from([NOW, NOW + TICK, NEVER]),
    st.sampled_from(SubscriptionState),
    st.sampled_from(["basic", "trial", "gone", ""]),
)
subscriptions = st.dictionaries(modules, st.builds(lambda each: Subscribed((each,)), phases) | st.just(Subscribed()))
snapshots = st.builds(
    Snapshot,
    st.sampled_from(TenantState),
    subscriptions,
    st.dictionaries(st.tuples(modules, features), st.lists(overrides, max_size=4).map(tuple)),
)
viewers = st.builds(Viewer, st.lists(roles).map(tuple), st.sampled_from(["", "/ou_a/", "/ou_a/ou_b/", "//", "ou_a"]))
questions = st.builds(Asked, st.just(NOW) | instants, st.lists(switches, max_size=4).map(tuple), viewers)


@given(snapshots, questions, modules | st.text(max_size=3), features | st.text(max_size=3))
def test_decision__is_total_and_deterministic__and_what_explain_tells(snapshot, asked, module, feature):
    found = decide(CATALOGUE, snapshot, asked, module, feature)
    assert found == decide(CATALOGUE, snapshot, asked, module, feature)
    told, steps = explain(CATALOGUE, snapshot, asked, module, feature)
    assert told == found
    assert [each.step for each in steps] in ([], list(Step))
    if steps:
        (decided,) = [each for each in steps if each.outcome == "decided"]
        assert found.decided_by in {decided.step, Step.KILL_SWITCH}
        after = steps[steps.index(decided) + 1 :]
        assert {each.outcome for each in after} <= {"skipped"}
        assert all(sentence(each).en and sentence(each).zh for each in steps)
    else:
        assert not found.enabled


@given(snapshots, questions, modules, features)
def test_decision__a_kill_switch_beats_all(snapshot, asked, module, feature):
    killed = Asked(asked.now, (*asked.switches, KillSwitch(module, feature or None, SwitchMode.OFF)), asked.viewer)
    assert not decide(CATALOGUE, snapshot, killed, module, feature).enabled


@given(snapshots, questions, modules, features)
def test_decision__read_only_never_switches_anything_on_or_off(snapshot, asked, module, feature):
    plain = decide(CATALOGUE, snapshot, asked, module, feature)
    held = Asked(asked.now, (*asked.switches, KillSwitch(module, None, SwitchMode.READ_ONLY)), asked.viewer)
    found = decide(CATALOGUE, snapshot, held, module, feature)
    assert (found.enabled, found.read_only) == (plain.enabled, plain.enabled)


@given(snapshots, questions, st.sampled_from(["bright", "dark"]), st.booleans())
def test_decision__an_override_beats_plan_and_default__and_nothing_before_it(snapshot, asked, feature, enabled):
    only = Snapshot(snapshot.state, snapshot.subscriptions, {("alpha", feature): (Override("1", enabled),)})
    of_module = decide(CATALOGUE, only, asked, "alpha")
    found = decide(CATALOGUE, only, asked, "alpha", feature)
    if of_module.enabled and not any(
        each.in_force(asked.now) and (each.module, each.feature) == ("alpha", feature) for each in asked.switches
    ):
        assert (found.enabled, enabled) in {(True, True), (False, False)}
    elif not of_module.enabled:
        assert not found.enabled


@given(snapshots, questions, modules, features)
def test_decision__a_paid_module_is_closed_unless_everything_says_it_is_open(snapshot, asked, module, feature):
    if decide(CATALOGUE, snapshot, asked, module, feature).enabled:
        assert snapshot.state in LIVE
        for name in (module, *CATALOGUE.requirements_of(module)):
            phase = snapshot.subscriptions.get(name, Subscribed()).at(asked.now)
            assert name == "core" or (phase.state in {"trial", "active", "grace"} and phase.plan in plans())
