"""API keys: made by people, shown once, revoked at once."""

from datetime import UTC, datetime

from chalicelib.access.api_keys import mint, stored_form
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import read_as
from chalicelib.web.results import Listed
from chalicelib.web.wire import common
from tenants.api_keys.records import ApiKey, ApiKeyUse, use_of
from tenants.api_keys.rules import LONGEST_LIFE, ScopeFault, expiry, scope_faults
from tenants.api_keys.schemas import ApiKeyIn, ApiKeyOut, ApiKeyShown
from tenants.directory import forget_when_done

_FAULTS = {
    ScopeFault.UNKNOWN: Text("There is no such permission", "没有该权限"),
    ScopeFault.NOT_FOR_KEYS: Text("A key can't hold this: it could reach credentials", "密钥不能持有此权限"),
    ScopeFault.NOT_YOURS: Text("You don't hold this yourself", "您自己没有该权限"),
}


def create(call: Call, body: ApiKeyIn) -> ApiKeyShown:
    """A new key of the calling user. Raises Invalid for scopes that it can't hold and an end out of range."""
    faults = scope_faults(body.scopes, call.catalogue.permissions(), call.principal.permissions())
    if faults:
        raise Invalid(errors=tuple(FieldError(f"/scopes/{at}", str(fault), _FAULTS[fault]) for at, fault in faults))
    key, text = issue(call, body.name, sorted(set(body.scopes)), call.principal.user_id or "", body.expires_at)
    return shown_once(key, text)


def issue(call: Call, name: str, scopes: list[str], user_id: str, until: datetime | None) -> tuple[ApiKey, str]:
    """Stage a new key; returns the record and the key itself, which is nowhere stored. Raises Invalid."""
    expires_at = expiry(until, call.now)
    if expires_at is None:
        days = LONGEST_LIFE.days
        text = Text(f"In the future, at most {days} days from now", f"须为将来的时间，且不超过 {days} 天")
        raise Invalid(errors=(FieldError("/expires_at", "out_of_range", text),))
    text_of_key = mint(call.tenant_id)
    key = ApiKey.fresh(
        call.now,
        name=name,
        user_id=user_id,
        scopes=scopes,
        expires_at=expires_at.astimezone(UTC),
        hashed=stored_form(call.keyring, text_of_key),
    )
    call.store.create(key)
    return key, text_of_key


def page(call: Call, query: ListQuery) -> Listed[ApiKeyOut]:
    """The tenant's keys, each with its last use, in two round trips."""
    found = list_records(call.store, ApiKey, query)
    uses = call.store.fetch(use_of(call.tenant_id, each.id) for each in found.items) if found.items else {}
    shown = [_out(each, uses[use_of(call.tenant_id, each.id)]) for each in found.items]
    return Listed(shown, found.next_position, found.truncated)


def get(call: Call, key_id: str) -> ApiKeyOut:
    """One key. Raises NotFound."""
    return _out(_load(call, key_id), call.store.fetch([at := use_of(call.tenant_id, key_id)])[at])


def revoke(call: Call, key_id: str) -> None:
    """End a key: at once on this process, within 5 s everywhere. Raises NotFound, VersionMismatch."""
    key = _load(call, key_id)
    call.check_version(key, {})
    call.store.delete(key)
    call.store.remove(use_of(call.tenant_id, key_id))
    forget_when_done(call, call.tenant_id)


def shown_once(key: ApiKey, text_of_key: str) -> ApiKeyShown:
    """The answer that shows a new key."""
    return ApiKeyShown(**_out(key, None).model_dump(), api_key=text_of_key)


def _load(call: Call, key_id: str) -> ApiKey:
    key = call.store.get(ApiKey, key_id)
    if key is None:
        raise NotFound
    return key


def _out(key: ApiKey, use: dict[str, dict[str, object]] | None) -> ApiKeyOut:
    used = read_as(ApiKeyUse, use)
    return ApiKeyOut(
        **common(key),
        name=key.name,
        user_id=key.user_id,
        scopes=key.scopes,
        expires_at=key.expires_at,
        last_used_at=used.at if used else None,
    )
