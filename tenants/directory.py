"""Where the gate looks up credentials and tenants: the control plane's side of chalicelib/access/principal.py.

Answers are kept in this process for at most ``FRESH_S`` seconds, counted from before the read, so that together with
the store's own lag a change acts everywhere within 5 s (api.md, Credentials); a use case that changes a tenant makes
this process forget it as soon as the change is in force. What is not found is never kept.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.access.crypto import Keyring
from chalicelib.access.jwks import JwksCache
from chalicelib.access.principal import Grant, Principal, PrincipalKind, Reach
from chalicelib.access.tokens import Identity, Issuer, verify
from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.clock import Clock, utc_now
from chalicelib.modules import Catalogue
from chalicelib.settings import Settings
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import StoreError
from chalicelib.store.keys import Key
from chalicelib.store.records import Claim, read_as
from chalicelib.store.scope import as_moved
from chalicelib.store.store import Store
from tenants.api_keys.records import HASH_CLAIM, ApiKey, ApiKeyUse, use_of
from tenants.kill_switches.records import KillSwitchRecord, switches_shelf
from tenants.kill_switches.rules import KillSwitch
from tenants.lifecycle.records import RegistryEntry, Tenant, remains_of, shelf
from tenants.lifecycle.rules import LIVE, effective_blocks
from tenants.org_units.records import OrgUnit, tree_of
from tenants.own_roles.records import OwnRole
from tenants.own_roles.rules import Held, built_in, own
from tenants.roles import PLATFORM_ONLY, matches
from tenants.standing import TenantStanding, quotas_of, snapshot_of
from tenants.users.records import User
from tenants.users.rules import UserState

# api.md, Credentials: last-used is written at most every 10 minutes.
USE_NOTED_EVERY: Final = timedelta(minutes=10)

_ISSUER: Final = "issuer"
_SIGN_IN: Final = "sign_in"


def sign_in_digest(issuer: str, subject: str) -> str:
    """What a sign-in is registered under: 64 hex digits, whatever characters issuer and subject have."""
    return hashlib.sha256(f"{len(issuer)}|{issuer}|{subject}".encode()).hexdigest()


def sign_in_key(digest: str) -> Key:
    """The registry's entry of a sign-in."""
    return keys.registry(_SIGN_IN, digest)


def issuer_key(url: str) -> Key:
    """The registry's entry of an issuer."""
    return keys.registry(_ISSUER, url)


class CoreDirectory:
    """Implements access.principal.Directory over the control plane's table."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        catalogue: Catalogue,
        jwks: JwksCache,
        clock: Clock = utc_now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._keyring = keyring
        self._catalogue = catalogue
        self._jwks = jwks
        self._clock = clock
        self._standings: Memory[TenantStanding] = Memory(ticks)
        self._principals: Memory[Principal] = Memory(ticks)
        self._issuers: Memory[Issuer] = Memory(ticks)
        self._unit_paths: Memory[str] = Memory(ticks)
        self._workers: Memory[str] = Memory(ticks)
        self._switches: Memory[tuple[KillSwitch, ...]] = Memory(ticks)

    # -- what the gate and the modules ask

    def standing(self, tenant_id: str) -> TenantStanding | None:
        """The tenant's standing in one Query; None when there is no such tenant, or it is not let in at all."""
        found = self._standings.recall(tenant_id, lambda: self._load_standing(tenant_id))
        # Not kept with the standing: the ages of the two would add up.
        return replace(found, switches=self.switches()) if found else None

    def switches(self) -> tuple[KillSwitch, ...]:
        """The kill switches of the platform's operators, expired ones too."""
        return self._switches.recall(keys.PLATFORM, self._load_switches) or ()

    def key_holder(self, tenant_id: str, macs: Sequence[str]) -> Principal | None:
        """The principal behind an API key; None when it is unknown, revoked, expired, or its user deactivated."""
        return self._principals.recall(tuple(macs), lambda: self._load_key_holder(tenant_id, macs))

    def person(self, issuer: str, subject: str) -> Principal | None:
        """A platform operator, or the working user bound to (issuer, subject)."""
        if self.is_operator(issuer, subject):
            permissions = frozenset(each for each in self._catalogue.permissions() if matches(each, (PLATFORM_ONLY,)))
            return Principal(PrincipalKind.PLATFORM, f"platform:{subject}", grants=(Grant(permissions, Reach.ALL),))
        digest = sign_in_digest(issuer, subject)
        return self._principals.recall(digest, lambda: self._load_person(digest))

    def issuer(self, url: str) -> Issuer | None:
        """The platform's issuer, or one that a tenant has registered."""
        configured = self._settings
        if configured.platform_issuer and url == configured.platform_issuer:
            host = urlsplit(url).hostname or ""
            kind = "cognito" if host.startswith("cognito-idp.") else "oidc"
            audience = configured.platform_audience
            return Issuer(url, configured.platform_jwks_url, kind, audience, None)  # type: ignore[arg-type]
        return self._issuers.recall(url, lambda: self._load_issuer(url))

    def is_erased(self, tenant_id: str) -> bool:
        """Whether all that is left of the tenant, or will be, are its remains."""
        at = remains_of(tenant_id)
        return self._store(keys.PLATFORM, strongly=True).get_at(Tenant, at) is not None

    def every_tenant(self) -> Iterator[str]:
        """The ids of all tenants, by the operators' list."""
        store = self._store(keys.PLATFORM, strongly=False)
        start: dict[str, Any] | None = None
        while True:
            found, start = store.query(keys.by_kind(keys.PLATFORM, "tenant"), index="gsi1", start=start)
            yield from (str(each.id) for each in found if isinstance(each, Tenant) and not each.erasing)
            if start is None:
                return

    def unit_path(self, tenant_id: str, unit_id: str) -> str | None:
        """The path of an org unit of the tenant, or None when there is no such unit."""

        def load() -> tuple[str, str] | None:
            unit = self._store(tenant_id, strongly=True).get(OrgUnit, unit_id)
            return (tenant_id, str(unit.path)) if unit else None

        path = self._unit_paths.recall((tenant_id, unit_id), load)
        standing = self.standing(tenant_id) if path else None
        return as_moved(path, standing.moves) if path and standing else path

    def is_active_user(self, tenant_id: str, user_id: str) -> bool:
        """Whether records can be given to this person of the tenant: invited ones are expected, others gone."""

        def load() -> tuple[str, str] | None:
            user = self._store(tenant_id, strongly=False).get(User, user_id)
            return (tenant_id, user_id) if user and user.works else None

        return self._workers.recall((tenant_id, user_id), load) is not None

    # -- what the control plane's own use cases ask

    def member(self, tenant_id: str, user_id: str) -> Principal | None:
        """A working user of the tenant with all that he may now, for what is done in his name; not kept."""
        user = self._store(tenant_id, strongly=True).get(User, user_id)
        return _person(tenant_id, user, self.grants_of(user)) if user and user.works else None

    def is_operator(self, issuer: str, subject: str) -> bool:
        """Whether this is a person of the platform's own issuer whom the settings name as operator."""
        configured = self._settings
        return bool(issuer) and issuer == configured.platform_issuer and subject in configured.platform_operators

    def identify(self, token: str) -> Identity:
        """Who an access token speaks for, checked as the gate does. Raises CredentialError."""
        return verify(token, self.issuer, self._jwks, self._clock())

    def forget(self, tenant_id: str) -> None:
        """Let the next request of the tenant read what has just been changed."""
        for memory in (self._standings, self._principals, self._issuers, self._unit_paths, self._workers):
            memory.forget(tenant_id)
        self._switches.forget(tenant_id)

    # -- reading

    def _store(self, boundary: str, *, strongly: bool) -> Store:
        return Store("core", boundary, self._keyring, "directory", "directory", self._clock, writing=strongly)

    def _load_standing(self, tenant_id: str) -> tuple[str, TenantStanding] | None:
        strongly = self._standings.forgotten_lately(tenant_id)
        found = list(self._store(tenant_id, strongly=strongly).query_all(shelf(tenant_id)))
        tenant = next((each for each in found if isinstance(each, Tenant)), None)
        if tenant is None or tenant.lifecycle not in LIVE:
            return None
        moves, tree = tree_of(found)
        standing = TenantStanding(
            tenant_id=tenant_id,
            locale=tenant.locale,
            time_zone=tenant.time_zone,
            default_region=tenant.default_phone_region,
            currency=tenant.currency,
            blocks=effective_blocks(tenant.lifecycle, tenant.suspension),
            snapshot=snapshot_of(tenant, found),
            catalogue=self._catalogue,
            clock=self._clock,
            moves=moves,
            tree=tree,
            quotas=quotas_of(found),
        )
        return tenant_id, standing

    def _load_switches(self) -> tuple[str, tuple[KillSwitch, ...]]:
        store = self._store(keys.PLATFORM, strongly=self._switches.forgotten_lately(keys.PLATFORM))
        found = store.query_all(switches_shelf())
        return keys.PLATFORM, tuple(each.as_rule() for each in found if isinstance(each, KillSwitchRecord))

    def _load_key_holder(self, tenant_id: str, macs: Sequence[str]) -> tuple[str, Principal] | None:
        if self.standing(tenant_id) is None:  # nothing is noted for a tenant that is being erased, a key's use neither
            return None
        store = self._store(tenant_id, strongly=True)
        claims = store.fetch(keys.claim(tenant_id, HASH_CLAIM, mac) for mac in macs).values()
        claim = next((claim for raw in claims if (claim := read_as(Claim, raw))), None)
        if claim is None:
            return None
        key_at, use_at = ApiKey.key_of(tenant_id, claim.record), use_of(tenant_id, claim.record)
        read = store.fetch([key_at, use_at])
        key = store.known(ApiKey, key_at, read[key_at])
        if key is None or key.expires_at <= self._clock():
            return None
        user = store.get(User, key.user_id)
        if user is None or not user.works:
            return None
        last = read_as(ApiKeyUse, read[use_at])
        self._note_use(store, key, last.at if last else None)
        scopes = frozenset(key.scopes)
        grants = tuple(Grant(each.permissions & scopes, each.reach) for each in self.grants_of(user))
        at, roles = (user.unit_id, user.unit_path), _roles(user)
        holder = Principal(PrincipalKind.API_KEY, key.id, tenant_id, grants, *at, user_id=user.id, roles=roles)
        return tenant_id, holder

    def _note_use(self, store: Store, key: ApiKey, last: object) -> None:
        now = self._clock()
        before = now - USE_NOTED_EVERY
        if last is not None and last > before:  # type: ignore[operator]
            return
        at = use_of(store.boundary, key.id)
        fresh = ApiKeyUse.at.does_not_exist() | (ApiKeyUse.at < before)
        store.put(ApiKeyUse(at=now).put_at(at), Action(at, condition=fresh))
        try:
            store.commit()
        except StoreError:
            return  # another process noted it, or the store is busy: a request does not fail for a time stamp

    def _load_person(self, digest: str) -> tuple[str, Principal] | None:
        entry = self._store(keys.PLATFORM, strongly=True).get_item(RegistryEntry, sign_in_key(digest))
        if entry is None:
            return None
        user = self._store(entry.tenant, strongly=True).get(User, entry.record)
        if user is None or UserState(user.status) is not UserState.ACTIVE:
            return None
        return str(entry.tenant), _person(str(entry.tenant), user, self.grants_of(user))

    def grants_of(self, user: User) -> tuple[Grant, ...]:
        """What a user's roles hold, each with the reach that the user was given; one that is gone holds nothing."""
        known, tenant = self._catalogue.permissions(), user.stands_at().pk.tenant
        found = [(self._role(tenant, name, known), reach) for name, reach in user.given()]
        return tuple(Grant(role.permissions, reach) for role, reach in found if role)

    def _role(self, tenant_id: str, name: str, known: frozenset[str]) -> Held | None:
        if (fixed := built_in(name, known)) is not None:
            return fixed
        role = self._store(tenant_id, strongly=True).get_at(OwnRole, OwnRole.place_of(tenant_id, name))
        return own(name, role.reach, role.permissions, known) if role else None

    def _load_issuer(self, url: str) -> tuple[str, Issuer] | None:
        store = self._store(keys.PLATFORM, strongly=False)
        entry = store.get_item(RegistryEntry, issuer_key(url))
        if entry is None:
            return None
        said = entry.detail or {}
        return entry.tenant, Issuer(url, said["jwks_url"], said["kind"], said["audience"], entry.tenant)


def _person(tenant_id: str, user: User, grants: tuple[Grant, ...]) -> Principal:
    at, roles = (user.unit_id, user.unit_path), _roles(user)
    return Principal(PrincipalKind.USER, user.id, tenant_id, grants, *at, user.id, roles)


def _roles(user: User) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, _ in user.given()))


def directory_of(call: Call) -> CoreDirectory:
    """The directory that the gate of this call uses. Raises TypeError when app.py has bound another one."""
    if not isinstance(call.directory, CoreDirectory):
        message = "the control plane needs its own directory"
        raise TypeError(message)
    return call.directory


def forget_when_done(call: Call, tenant_id: str) -> None:
    """Make a change of the tenant act at once on this process, when it is in force."""
    directory = directory_of(call)
    call.store.after_commit.append(lambda: directory.forget(tenant_id))
