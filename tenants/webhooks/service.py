"""Webhooks: made, changed, switched off by hand or by what their receivers answer."""

from datetime import datetime
from typing import Any, Final

from chalicelib.access.addresses import AddressRefusedError, target_of
from chalicelib.access.crypto import Keyring
from chalicelib.access.principal import Grant, Principal, PrincipalKind
from chalicelib.access.webhook_signatures import new_secret
from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.settings import settings
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.results import Listed, Patch
from chalicelib.web.wire import common
from tenants.kinds import WEBHOOK
from tenants.standing import privileges_of
from tenants.webhooks.records import DISABLED, ENABLED, Webhook, WebhookHealth
from tenants.webhooks.rules import MOST_WEBHOOKS, OLD_SECRET_COUNTS, unknown_events
from tenants.webhooks.schemas import WebhookIn, WebhookOut, WebhookShown

BY_HAND: Final = "by_hand"
_PURPOSE: Final = "webhook_secret"

_kept: Memory[tuple[Webhook, ...]] = Memory()


def create(call: Call, body: WebhookIn) -> WebhookShown:
    """A new webhook of the caller's. Raises Invalid, and StateConflict when there are as many as there may be."""
    _check(call, body)
    at = keys.by_kind(call.tenant_id, WEBHOOK.name)
    most = min(privileges_of(call).webhooks, MOST_WEBHOOKS)
    if len(call.store.query(at, index="gsi1", limit=most)[0]) >= most:
        text = Text(f"Your plan has at most {most} webhooks.", f"您的套餐最多 {most} 个 Webhook。")
        raise StateConflict(text)
    secret = new_secret()
    webhook = Webhook.fresh(call.now, secrets=[_sealed(call, secret)])
    _subscribe(call, webhook)
    _take(webhook, body)
    call.store.create(webhook)
    call.store.after_commit.append(lambda: _kept.forget(call.tenant_id))
    return WebhookShown(**out(webhook, call.now).model_dump(), secret=secret)


def page(call: Call, query: ListQuery) -> Listed[WebhookOut]:
    """The webhooks in the caller's scope."""
    found = list_records(call.store, Webhook, query)
    return Listed([out(each, call.now) for each in found.items], found.next_position, found.truncated)


def get(call: Call, webhook_id: str) -> WebhookOut:
    """One webhook. Raises NotFound."""
    return out(load(call, webhook_id), call.now)


def change(call: Call, webhook_id: str, body: Patch[WebhookIn]) -> WebhookOut:
    """Change it; raises NotFound, VersionMismatch, Invalid.

    Nobody gets more by changing somebody else's: what is sent from then on is what he himself may read.
    """
    webhook = load(call, webhook_id)
    current = {name: value for name, value in out(webhook, call.now).model_dump().items() if name in _PATCHED}
    call.check_version(webhook, {name: current[name] for name in body.touched if name in current})
    wanted = body.apply({name: value for name, value in current.items() if value is not None})
    _check(call, wanted)
    changed = {name for name in current if getattr(wanted, name) != current[name]}
    if changed & {"url", "events", "content"} or (webhook.status == DISABLED and wanted.state == ENABLED):
        _subscribe(call, webhook)
    if wanted.state != webhook.status:
        _forget_failures(call, webhook)
    _take(webhook, wanted)
    call.store.update(webhook)
    call.store.after_commit.append(lambda: _kept.forget(call.tenant_id))
    return out(webhook, call.now)


def delete(call: Call, webhook_id: str) -> None:
    """End it. Raises NotFound, VersionMismatch."""
    webhook = load(call, webhook_id)
    call.check_version(webhook, {})
    call.store.delete(webhook)
    call.store.remove(WebhookHealth.key_of(call.tenant_id, webhook.id))
    call.store.after_commit.append(lambda: _kept.forget(call.tenant_id))


def rotate(call: Call, webhook_id: str) -> WebhookShown:
    """A new secret; the one before counts for a while, an older one no more. Raises NotFound, VersionMismatch."""
    webhook = load(call, webhook_id)
    call.check_version(webhook, {})
    secret = new_secret()
    old = {**webhook.secrets[0], "until": (call.now + OLD_SECRET_COUNTS).isoformat()}
    webhook.secrets = [_sealed(call, secret), old]
    call.store.update(webhook)
    return WebhookShown(**out(webhook, call.now).model_dump(), secret=secret)


def load(call: Call, webhook_id: str) -> Webhook:
    """One webhook in the caller's scope. Raises NotFound."""
    webhook = call.store.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook


def disable(store: Store, webhook: Webhook, reason: str) -> None:
    """Stage that nothing more is sent to it, until somebody switches it on again."""
    webhook.status, webhook.reason = DISABLED, reason
    store.update(webhook, verb="disabled")
    store.after_commit.append(lambda: _kept.forget(store.boundary))


def of_tenant(store: Store) -> tuple[Webhook, ...]:
    """A tenant's webhooks, as they were a few seconds ago at most."""

    def read() -> tuple[str, tuple[Webhook, ...]]:
        found, _ = store.query(keys.by_kind(store.boundary, WEBHOOK.name), index="gsi1", limit=2 * MOST_WEBHOOKS)
        return store.boundary, tuple(each for each in found if isinstance(each, Webhook))

    return _kept.recall((settings().table_prefix, store.boundary), read) or ()


def secrets_of(webhook: Webhook, keyring: Keyring, tenant: str, now: datetime) -> list[str]:
    """The secrets that count now, newest first."""
    fernet = keyring.fernet(_PURPOSE, tenant)
    return [fernet.decrypt(each["sealed"]).decode() for each in webhook.secrets if _counts(each, now)]


def within(webhook: Webhook, user: Principal) -> Principal:
    """The subscriber: the webhook's user, and if a key made it no more than that key held."""
    if webhook.scopes is None:
        return user
    held = frozenset(webhook.scopes)
    grants = tuple(Grant(each.permissions & held, each.reach) for each in user.grants)
    return Principal(user.kind, user.id, user.tenant_id, grants, user.unit_id, user.unit_path, user.user_id)


def out(webhook: Webhook, now: datetime) -> WebhookOut:
    """The wire form."""
    old = next((each["until"] for each in webhook.secrets[1:] if _counts(each, now)), None)
    return WebhookOut(
        **common(webhook),
        url=webhook.url,
        events=webhook.events,
        description=webhook.description,
        content=webhook.content,  # type: ignore[arg-type] # stored as text, checked by the model
        state=webhook.status,  # type: ignore[arg-type] # the same
        disabled_reason=webhook.reason,
        user_id=webhook.user_id,
        old_secret_until=datetime.fromisoformat(old) if old else None,
    )


_PATCHED: Final = frozenset(WebhookIn.model_fields)


def _check(call: Call, body: WebhookIn) -> None:
    """What a name resolves to is looked at when it is called: it can change the minute after."""
    faults = []
    try:
        target_of(body.url, allow_local=settings().stage == "local")
    except AddressRefusedError:
        text = Text(
            "An https URL on the public Internet, without user or fragment", "须为公网 https 地址，不含用户名和片段"
        )
        faults.append(FieldError("/url", "url_refused", text))
    text = Text("There is no such event type", "没有该事件类型")
    unknown = unknown_events(body.events, call.catalogue)
    faults += [FieldError(f"/events/{position}", "unknown_event", text) for position in unknown]
    if faults:
        raise Invalid(errors=tuple(faults))


def _forget_failures(call: Call, webhook: Webhook) -> None:
    health = call.store.get_item(WebhookHealth, WebhookHealth.key_of(call.tenant_id, webhook.id))
    if health is not None and health.failing_since is not None:
        health.failing_since = None
        call.store.put(health)


def _take(webhook: Webhook, body: WebhookIn) -> None:
    webhook.url, webhook.events, webhook.content = body.url, list(dict.fromkeys(body.events)), body.content
    webhook.description = body.description or None
    if body.state != webhook.status:
        webhook.status = body.state
        webhook.reason = BY_HAND if body.state == DISABLED else None


def _subscribe(call: Call, webhook: Webhook) -> None:
    by_key = call.principal.kind is PrincipalKind.API_KEY
    webhook.user_id = call.principal.user_id or call.principal.id
    webhook.scopes = sorted(call.principal.permissions()) if by_key else None


def _sealed(call: Call, secret: str) -> dict[str, Any]:
    fernet = call.keyring.fernet(_PURPOSE, call.tenant_id)
    return {"sealed": fernet.encrypt(secret.encode()).decode(), "until": None}


def _counts(secret: dict[str, Any], now: datetime) -> bool:
    return secret["until"] is None or datetime.fromisoformat(secret["until"]) > now
