"""Issuers: one tenant's each, told to the gate by the platform's registry."""

from typing import Final

from chalicelib.access.addresses import AddressRefusedError, target_of
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.settings import settings
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.keys import Key
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.records import Item
from chalicelib.web.results import Listed
from chalicelib.web.wire import common
from tenants.directory import forget_when_done, issuer_key
from tenants.issuers.errors import IssuerTaken
from tenants.issuers.records import RegisteredIssuer
from tenants.issuers.schemas import IssuerIn, IssuerOut
from tenants.lifecycle.records import RegistryEntry

# A tenant has its own people's, and perhaps those of a company that it took over.
MOST_ISSUERS: Final = 5


def register(call: Call, body: IssuerIn) -> IssuerOut:
    """A new issuer of the tenant. Raises Invalid for a URL that may not be called, IssuerTaken, StateConflict."""
    _check(body)
    at = keys.by_kind(call.tenant_id, RegisteredIssuer.KIND.name)
    if len(call.store.query(at, index="gsi1", limit=MOST_ISSUERS)[0]) == MOST_ISSUERS:
        raise StateConflict(
            Text(f"A tenant has at most {MOST_ISSUERS} issuers.", f"每个租户最多 {MOST_ISSUERS} 个签发方。")
        )
    issuer = RegisteredIssuer.fresh(
        call.now, url=body.url, jwks_url=body.jwks_url, type=body.type, audience=body.audience
    )
    _enter(call, issuer_key(body.url), issuer)
    call.store.create(issuer)
    forget_when_done(call, call.tenant_id)
    return _out(issuer)


def page(call: Call, query: ListQuery) -> Listed[IssuerOut]:
    """The tenant's issuers."""
    found = list_records(call.store, RegisteredIssuer, query)
    return Listed([_out(each) for each in found.items], found.next_position, found.truncated)


def get(call: Call, issuer_id: str) -> IssuerOut:
    """One issuer. Raises NotFound."""
    return _out(_load(call, issuer_id))


def delete(call: Call, issuer_id: str) -> None:
    """End an issuer: at once on this process, within 5 s everywhere. Raises NotFound, VersionMismatch."""
    issuer = _load(call, issuer_id)
    call.check_version(issuer, {})
    key = issuer_key(issuer.url)
    mine = Item.pk.does_not_exist() | (RegistryEntry.record == issuer.id)
    call.store.platform().add(Action(key, condition=mine))
    call.store.delete(issuer)
    forget_when_done(call, call.tenant_id)


def _enter(call: Call, key: Key, issuer: RegisteredIssuer) -> None:
    registry = call.store.platform()
    if issuer.url == settings().platform_issuer or registry.get_item(RegistryEntry, key) is not None:
        raise IssuerTaken
    said = {"jwks_url": issuer.jwks_url, "kind": issuer.type, "audience": issuer.audience}
    entry = RegistryEntry(tenant=call.tenant_id, record=issuer.id, detail=said)
    # Whoever was faster since that read has it: the use case runs again, and finds it taken.
    registry.put(entry.put_at(key), Action(key, condition=Item.pk.does_not_exist()))


def _check(body: IssuerIn) -> None:
    """What the names resolve to is looked at when the keys are fetched: it can change the minute after."""
    faults = []
    for name, url in (("url", body.url), ("jwks_url", body.jwks_url)):
        try:
            target_of(url, allow_local=settings().stage == "local")
        except AddressRefusedError:
            text = Text(
                "An https URL on the public Internet, without user or fragment",
                "须为公网 https 地址，不含用户名和片段",
            )
            faults.append(FieldError(f"/{name}", "url_refused", text))
    if faults:
        raise Invalid(errors=tuple(faults))


def _load(call: Call, issuer_id: str) -> RegisteredIssuer:
    issuer = call.store.get(RegisteredIssuer, issuer_id)
    if issuer is None:
        raise NotFound
    return issuer


def _out(issuer: RegisteredIssuer) -> IssuerOut:
    return IssuerOut(
        **common(issuer),
        url=issuer.url,
        jwks_url=issuer.jwks_url,
        type=issuer.type,  # type: ignore[arg-type] # stored as text, checked by the model
        audience=issuer.audience,
    )
