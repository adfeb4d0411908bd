"""T10: whatever is asked of a tenant, in whatever order, it is where a small model says, and nowhere else."""

from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chalicelib.background import Background
from chalicelib.holdings import removal
from chalicelib.jobs.timers import Firing
from chalicelib.jobs.worker import Worker
from chalicelib.store.keys import PLATFORM
from chalicelib.store.tables import create_all
from tenants.erasure import handlers
from tenants.offboarding.records import Offboarding
from tenants.offboarding.service import ERASE

SWITCHES = ("block_sign_in", "block_changes", "block_billing")
STAYS = ("active", "suspended")


_names = count(1)


class Life(RuleBasedStateMachine):
    """One tenant, and what is known of it without looking."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.tenant = world.onboard(f"North {next(_names)}", ["alpha"])
        self.key = self.tenant.key
        self.state, self.erasing, self.over, self.blocks = "active", False, False, set()

    # -- what an operator asks

    def ask(self, action, body, *, allowed):
        answer = self.world.call("POST", f"/v1/tenants/{self.tenant.id}/{action}", body, by=self.world.operator)
        assert (answer.status == 200) is allowed, (action, self.state, answer.body)
        if not allowed:
            assert (answer.status, answer.body["code"]) == (409, "state_conflict")
        return answer

    @rule(switches=st.sets(st.sampled_from(SWITCHES), min_size=1))
    def suspend(self, switches):
        allowed = self.state in STAYS
        self.ask("suspend", dict.fromkeys(switches, True) | {"reason": "why"}, allowed=allowed)
        if allowed:
            self.state, self.blocks = "suspended", switches

    @rule()
    def reactivate(self):
        allowed = self.state in STAYS
        self.ask("reactivate", {}, allowed=allowed)
        if allowed:
            self.state, self.blocks = "active", set()

    @rule(waits=st.booleans())
    def offboard(self, waits):
        again = self.state == "offboarding" and not self.erasing
        self.ask("offboard", {"reason": "over", "export": False}, allowed=self.state in STAYS or again)
        if self.state in STAYS:
            self.state, self.over = "offboarding", False
        if waits and self.state == "offboarding" and not self.erasing:
            self.world.later(days=15)  # the plan basic gives 14
            self.over = True

    @rule()
    def erase(self):
        tries_again = self.state == "failed"
        allowed = tries_again or (self.state == "offboarding" and (self.erasing or self.over))
        # What is erased says so again and again.
        self.ask("erase", {}, allowed=allowed or self.state == "erased")
        if allowed:
            self.state, self.erasing = "offboarding", True

    # -- what happens by itself

    @precondition(lambda self: self.erasing and self.state == "offboarding")
    @rule()
    def the_job_fails(self):
        self.the_job_ends(fails=True)

    @precondition(lambda self: self.erasing and self.state == "offboarding")
    @rule()
    def the_job_succeeds(self):
        self.the_job_ends(fails=False)

    def the_job_ends(self, fails):
        with pytest.MonkeyPatch.context() as patch:
            if fails:
                patch.setattr(removal, "ROUNDS", 1)
                patch.setattr(handlers._Erasure, "_files", lambda _: iter(["one that comes again"]))
            gate = self.world.application.kernel.gate
            background = Background.of(gate, self.world.application.catalogue, self.world.application.log)
            self.world.later(minutes=2)
            store = background.store("core", PLATFORM, "test", "test")
            leaving = store.get(Offboarding, self.offboarding())
            # What the scheduler does with the timer that the beginning has set.
            handlers.due(Firing(PLATFORM, ERASE, leaving.id, self.world.now, leaving, store, background))
            store.commit()
            assert Worker(background).run(PLATFORM, leaving.erase_job)
        self.state = "failed" if fails else "erased"

    def offboarding(self):
        shown = self.world.call("GET", f"/v1/tenants/{self.tenant.id}", by=self.world.operator).body
        return shown["offboarding"]["id"]

    # -- what must hold at every time

    @invariant()
    def it_is_where_the_model_says(self):
        shown = self.world.call("GET", f"/v1/tenants/{self.tenant.id}", by=self.world.operator).body
        assert shown["state"] == self.state
        assert (shown["offboarding"] is None) is (self.state in STAYS)
        for state in {"active", self.state}:
            listed = self.world.call("GET", f"/v1/tenants?state={state}", by=self.world.operator).body["items"]
            assert (self.tenant.id in {each["id"] for each in listed}) is (state == self.state)
        certificate = self.world.call("GET", f"/v1/tenants/{self.tenant.id}/certificate", by=self.world.operator)
        assert certificate.status == (200 if self.state == "erased" else 404)

    @invariant()
    def its_people_are_let_in_as_its_state_says(self):
        read = self.world.call("GET", "/v1/alpha", by=self.key).status
        written = self.world.call("PUT", "/v1/modules/alpha/subscription", {}, by=self.key).status
        if self.erasing:
            assert (read, written) == (401, 401)
        elif self.state == "offboarding":
            assert (read, written) == (200, 403)
        else:
            shut = "block_sign_in" in self.blocks
            assert read == (403 if shut else 200)
            assert written == (403 if shut or "block_changes" in self.blocks else 200)


@pytest.fixture
def whole(world):
    """The world with tables for all that its catalogue names: an erasure asks each of them."""
    create_all(["beta", "gamma"])
    return world


def test_life__every_order_of_requests__ends_where_the_model_says(whole):
    run_state_machine_as_test(
        partial(Life, whole),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            derandomize=True,
            suppress_health_check=[*HealthCheck],
        ),
    )


def test_life__an_erasure_that_fails__is_tried_again_and_ends(whole):
    life = Life(whole)
    for step in (
        lambda: life.suspend({"block_sign_in", "block_billing"}),
        lambda: life.offboard(waits=True),
        life.erase,
        life.the_job_fails,
        lambda: life.offboard(waits=False),
        life.reactivate,
        life.erase,
        life.the_job_succeeds,
        life.erase,
        lambda: life.suspend({"block_changes"}),
    ):
        step()
        life.it_is_where_the_model_says()
        life.its_people_are_let_in_as_its_state_says()
    assert life.state == "erased"
