"""The gate: credential → tenant state → module → feature → permission → data scope, in this order, in one place.

(api.md, Credentials.) A route says what it needs; here it is decided whether this caller gets through.
"""

from dataclasses import dataclass, field

from chalicelib.access.api_keys import parse as parse_key
from chalicelib.access.api_keys import stored_form_candidates
from chalicelib.access.attempts import Attempts
from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError
from chalicelib.access.jwks import JwksCache
from chalicelib.access.links import LinkToken
from chalicelib.access.links import read as read_link
from chalicelib.access.needs import Link, Needs, Permission, Public
from chalicelib.access.principal import ACTIVATING, ANONYMOUS, Decision, Directory, Principal, PrincipalKind, Standing
from chalicelib.access.tokens import verify
from chalicelib.clock import Clock
from chalicelib.modules import Text
from chalicelib.problems import (
    FeatureDisabled,
    ModuleActivating,
    ModuleNotEnabled,
    NotFound,
    PermissionDenied,
    Problem,
    TenantReadOnly,
    TenantSuspended,
    Unauthenticated,
)
from chalicelib.store.capacity import current_meter
from chalicelib.store.scope import EVERYTHING, NOTHING, Scope

KEY_PREFIX = "sbk_"
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
        if principal.kind is PrincipalKind.PLATFORM:
            if not principal.may(knock.needs.name):
                raise denied(knock.needs.name)
            return Passage(principal, EVERYTHING)
        return let_in(self.directory, principal, knock)

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
        # Whoever is refused from here on is refused as somebody: his tenant's audit says so.
        meter = current_meter()
        meter.tenant, meter.actor = principal.tenant_id, principal.id
        return principal

    def _public(self, knock: Knock) -> Passage:
        """Public routes look at a credential when there is one, and refuse a bad one."""
        if not knock.authorization:
            return Passage(ANONYMOUS, NOTHING)
        principal = self._known(knock)
        standing = None if principal.kind is PrincipalKind.PLATFORM else _standing(self.directory, principal, knock)
        return Passage(principal, NOTHING, standing)

    def _by_link(self, knock: Knock, needs: Link) -> Passage:
        try:
            link = read_link(self.keyring, knock.link, needs.purpose, self.clock())
        except CredentialError as error:
            raise NotFound from error
        principal = Principal(PrincipalKind.LINK, f"link:{needs.purpose}", link.tenant_id)
        standing = _standing(self.directory, principal, knock)
        _entitled(standing, knock)
        return Passage(principal, EVERYTHING, standing, link)


def let_in(directory: Directory, principal: Principal, knock: Knock) -> Passage:
    """Let a known person or key of a tenant in: all steps after the credential. Raises the failing step's problem."""
    permission = knock.needs.name if isinstance(knock.needs, Permission) else ""
    standing = _standing(directory, principal, knock)
    _entitled(standing, knock)
    if not principal.may(permission):
        raise denied(permission)
    return Passage(principal, principal.scope(permission), standing)


def _standing(directory: Directory, principal: Principal, knock: Knock) -> Standing:
    standing = directory.standing(principal.tenant_id)
    if standing is None:
        raise Unauthenticated
    if standing.sign_in_blocked and not knock.in_suspension:
        raise TenantSuspended
    if standing.changes_blocked and knock.changes and not knock.in_suspension:
        raise TenantReadOnly
    return standing


def _entitled(standing: Standing, knock: Knock) -> None:
    decision = standing.decide(knock.module)
    if not decision.enabled:
        raise module_not_enabled(knock.module, decision)
    if knock.feature and not (decision := standing.decide(knock.module, knock.feature)).enabled:
        raise feature_disabled(knock.module, knock.feature, decision)


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
    route = f"PUT /v1/modules/{module}/features/{feature}"
    text = Text(
        f"The feature {module}.{feature} is off ({decision.reason}). An admin switches it with {route}.",
        f"功能 {module}.{feature} 已关闭（{decision.reason}）。管理员可通过 {route} 开启。",
    )
    return FeatureDisabled(
        text, module=module, feature=feature, state=decision.reason, decided_by=decision.decided_by, enable_with=route
    )
