"""The gate: every step between a request and its use case, in this order, in one place.

credential → rate → tenant state → module → feature → permission → data scope → quota (api.md, Credentials and Limits).
A route says what it needs; here it is decided whether this caller gets through.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access.api_keys import parse as parse_key
from chalicelib.access.api_keys import stored_form_candidates
from chalicelib.access.attempts import Attempts
from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError
from chalicelib.access.jwks import JwksCache
from chalicelib.access.limits import OPERATORS, Limit, Limiter
from chalicelib.access.links import LinkToken
from chalicelib.access.links import read as read_link
from chalicelib.access.needs import Link, Needs, Permission, Public
from chalicelib.access.principal import ACTIVATING, ANONYMOUS, Decision, Directory, Principal, PrincipalKind, Standing
from chalicelib.access.quotas import API_REQUESTS, check
from chalicelib.access.tokens import verify
from chalicelib.clock import Clock, json_time
from chalicelib.modules import CORE, Text
from chalicelib.problems import (
    FeatureDisabled,
    ModuleActivating,
    ModuleNotEnabled,
    ModuleReadOnly,
    NotFound,
    PermissionDenied,
    Problem,
    TenantReadOnly,
    TenantSuspended,
    Unauthenticated,
)
from chalicelib.store.capacity import current_meter
from chalicelib.store.keys import PLATFORM
from chalicelib.store.scope import EVERYTHING, NOTHING, Scope

KEY_PREFIX = "sbk_"
KILL_SWITCH: Final = "kill_switch"
"""The step of a decision that the platform's operators have taken, over all tenants."""
CATCH_UPS = "/v1/jobs?type=core.catch_up"
"""Where the job that a module waits for can be watched."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Who came through the gate, with what, and how far the data reaches."""

    principal: Principal
    scope: Scope
    standing: Standing | None = None
    link: LinkToken | None = None


@dataclass(frozen=True, slots=True)
class Knock:
    """What is asked of the gate: the route's needs, module and feature, whether it changes something.

    ``source`` is the caller's IP address, if there is one.
    """

    needs: Needs
    module: str
    feature: str | None
    changes: bool
    authorization: str
    link: str = ""
    in_suspension: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The one checker. ``directory`` is the control plane's, ``jwks`` holds the issuers' public keys."""

    directory: Directory
    keyring: Keyring
    jwks: JwksCache
    clock: Clock
    limiter: Limiter = field(default_factory=Limiter)
    attempts: Attempts = field(default_factory=Attempts)

    def admit(self, knock: Knock) -> Passage:
        """Let the caller in or raise the problem that names the failing step."""
        if isinstance(knock.needs, Public):
            return self._public(knock)
        if isinstance(knock.needs, Link):
            return self._by_link(knock, knock.needs)
        if not isinstance(knock.needs, Permission):
            raise Unauthenticated
        principal = self._known(knock)
        self._come(principal)
        if principal.kind is PrincipalKind.PLATFORM:
            if not principal.may(knock.needs.name):
                raise denied(knock.needs.name)
            return Passage(principal, EVERYTHING)
        passage = let_in(self.directory, principal, knock)
        self._within_quota(passage, knock)
        return passage

    def limits(self, principal: Principal) -> list[Limit]:
        """The buckets that a caller's requests draw on: the tenant's, and the key's own, which is half as large."""
        if principal.kind is PrincipalKind.PLATFORM:
            return [Limit("operator", PLATFORM, principal.id, OPERATORS)]
        standing = self.directory.standing(principal.tenant_id)
        if standing is None:
            raise Unauthenticated
        limits = [Limit("tenant", principal.tenant_id, "tenant", standing.rate)]
        if principal.kind is PrincipalKind.API_KEY:
            limits.append(Limit("key", principal.tenant_id, principal.id, standing.rate.half()))
        return limits

    def _come(self, principal: Principal) -> None:
        """Note who has come, let through or not, and use a token of each bucket. Raises RateLimited.

        Whoever is refused from here on is refused as somebody: his tenant's audit says so.
        """
        meter = current_meter()
        meter.tenant, meter.actor = principal.tenant_id, principal.id
        self.limiter.take(self.limits(principal))

    def _within_quota(self, passage: Passage, knock: Knock) -> None:
        # What core does for a tenant stays possible: to see what is used up, and to choose another plan.
        if knock.module != CORE:
            check(passage.standing, knock.module, API_REQUESTS, self.clock())

    def authenticate(self, authorization: str) -> Principal:
        """The principal of an Authorization header; raises Unauthenticated, always the same."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        try:
            if token.startswith(KEY_PREFIX):
                parsed = parse_key(token)
                found = self.directory.key_holder(parsed.tenant_id, stored_form_candidates(self.keyring, token))
            else:
                identity = verify(token, self.directory.issuer, self.jwks, self.clock())
                found = self.directory.person(identity.issuer.url, identity.subject)
                # An issuer is bound to one tenant unless it is the platform's (api.md, Credentials).
                if found and identity.issuer.tenant_id not in {None, found.tenant_id}:
                    raise Unauthenticated
        except CredentialError as error:
            raise Unauthenticated from error
        if found is None:
            raise Unauthenticated
        return found

    def _known(self, knock: Knock) -> Principal:
        """Who knocks. Raises Unauthenticated, and TooManyAttempts before anything is read for who keeps guessing."""
        now = self.clock()
        self.attempts.check(knock.source, knock.authorization, now)
        try:
            principal = self.authenticate(knock.authorization)
        except Unauthenticated as error:
            self.attempts.failed(knock.source, knock.authorization, now, error.__cause__)
            raise
        self.attempts.succeeded(knock.authorization)
        return principal

    def _public(self, knock: Knock) -> Passage:
        """Public routes look at a credential when there is one, and refuse a bad one."""
        if not knock.authorization:
            return Passage(ANONYMOUS, NOTHING)
        principal = self._known(knock)
        self._come(principal)
        standing = None if principal.kind is PrincipalKind.PLATFORM else _standing(self.directory, principal, knock)
        return Passage(principal, NOTHING, standing)

    def _by_link(self, knock: Knock, needs: Link) -> Passage:
        try:
            link = read_link(self.keyring, knock.link, needs.purpose, self.clock())
        except CredentialError as error:
            raise NotFound from error
        principal = Principal(PrincipalKind.LINK, f"link:{needs.purpose}", link.tenant_id)
        if self.directory.standing(link.tenant_id) is not None:
            self._come(principal)
        standing = _standing(self.directory, principal, knock)
        _entitled(standing, knock)
        passage = Passage(principal, EVERYTHING, standing, link)
        self._within_quota(passage, knock)
        return passage


def let_in(directory: Directory, principal: Principal, knock: Knock) -> Passage:
    """Let a known person or key of a tenant in: all steps after the credential. Raises the failing step's problem."""
    permission = knock.needs.name if isinstance(knock.needs, Permission) else ""
    standing = _standing(directory, principal, knock)
    _entitled(standing, knock)
    if not principal.may(permission):
        raise denied(permission)
    principal = principal.placed(standing.moves)
    return Passage(principal, principal.scope(permission), standing)


def _standing(directory: Directory, principal: Principal, knock: Knock) -> Standing:
    standing = directory.standing(principal.tenant_id)
    if standing is None:
        raise Unauthenticated
    if standing.sign_in_blocked and not knock.in_suspension:
        raise TenantSuspended
    if standing.changes_blocked and knock.changes and not knock.in_suspension:
        raise TenantReadOnly
    return standing.seen_by(principal)


def _entitled(standing: Standing, knock: Knock) -> None:
    of_module = decision = standing.decide(knock.module)
    if not of_module.enabled:
        raise module_not_enabled(knock.module, of_module)
    if knock.feature and not (decision := standing.decide(knock.module, knock.feature)).enabled:
        raise feature_disabled(knock.module, knock.feature, decision)
    held = of_module if of_module.read_only else decision
    if held.read_only and knock.changes:
        raise module_read_only(knock.module, held)


def denied(permission: str) -> PermissionDenied:
    """The refusal that names the missing permission."""
    text = Text(
        f"This needs the permission {permission}: ask an admin of your tenant for a role that has it.",
        f"此操作需要 {permission} 权限：请联系贵司管理员授予相应角色。",
    )
    return PermissionDenied(text, permission=permission)


def module_not_enabled(module: str, decision: Decision) -> Problem:
    """The refusal that says which module, its state, and the route that enables it (api.md, Errors)."""
    if decision.reason == ACTIVATING:
        return ModuleActivating(headers={"Retry-After": "5"}, module=module, jobs=CATCH_UPS)
    if decision.decided_by == KILL_SWITCH:
        return ModuleNotEnabled(_killed(module, decision), **_told(module, decision))
    route = f"PUT /v1/modules/{module}/subscription"
    text = Text(
        f"The module {module} is not enabled for your tenant ({decision.reason}). An admin enables it with {route}.",
        f"贵司尚未启用模块 {module}（{decision.reason}）。管理员可通过 {route} 启用。",
    )
    return ModuleNotEnabled(
        text, module=module, state=decision.reason, decided_by=decision.decided_by, enable_with=route
    )


def feature_disabled(module: str, feature: str, decision: Decision) -> FeatureDisabled:
    """The refusal that says which feature is off, who decided it, and the route that switches it."""
    if decision.decided_by == KILL_SWITCH:
        text = _killed(f"{module}.{feature}", decision)
        return FeatureDisabled(text, **{**_told(module, decision), "feature": feature})
    route = f"PUT /v1/modules/{module}/features/{feature}"
    text = Text(
        f"The feature {module}.{feature} is off ({decision.reason}). An admin switches it with {route}.",
        f"功能 {module}.{feature} 已关闭（{decision.reason}）。管理员可通过 {route} 开启。",
    )
    return FeatureDisabled(
        text, module=module, feature=feature, state=decision.reason, decided_by=decision.decided_by, enable_with=route
    )


def module_read_only(module: str, decision: Decision) -> ModuleReadOnly:
    """The refusal of a change in what can only be read: until when, and what makes it whole again."""
    told, until = _told(module, decision), _day(decision)
    if decision.decided_by == KILL_SWITCH:
        text = Text(
            f"The platform's operators let {module} only be read for now{until.en}.",
            f"平台运营方已将 {module} 设为只读{until.zh}。",
        )
        return ModuleReadOnly(text, **told)
    route = f"PUT /v1/modules/{module}/subscription"
    text = Text(
        f"The subscription of {module} has lapsed: it can only be read{until.en}, then it is switched off. "
        f"An admin renews it with {route}.",
        f"{module} 的订阅已到期：目前只读{until.zh}，之后将停用。管理员可通过 {route} 续订。",
    )
    return ModuleReadOnly(text, **told, renew_with=route)


def _killed(name: str, decision: Decision) -> Text:
    until = _day(decision)
    return Text(
        f"The platform's operators have switched off {name} for all tenants{until.en}.",
        f"平台运营方已对所有租户停用 {name}{until.zh}。",
    )


def _told(module: str, decision: Decision) -> dict[str, Any]:
    said = {"module": module, "state": decision.reason, "decided_by": decision.decided_by}
    return {**said, "until": json_time(decision.until)}


def _day(decision: Decision) -> Text:
    if decision.until is None:
        return Text("", "")
    at = f"{decision.until:%Y-%m-%d %H:%M} UTC"
    return Text(f" until {at}", f"（至 {at}）")
