"""Invitations: sent by whoever may, exchanged once for a first API key, and for binding a sign-in."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.access.crypto import Keyring
from chalicelib.access.errors import CredentialError
from chalicelib.access.links import LinkToken, new_nonce, sign
from chalicelib.access.needs import Link
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, NotFound, StateConflict
from chalicelib.store.commit import Action
from chalicelib.store.records import Item
from tenants.api_keys.rules import first_key_scopes
from tenants.api_keys.schemas import ApiKeyShown
from tenants.api_keys.service import issue, shown_once
from tenants.directory import directory_of, forget_when_done, sign_in_digest, sign_in_key
from tenants.invitations.schemas import FirstKeyIn, SignInIn
from tenants.lifecycle.records import RegistryEntry
from tenants.lifecycle.schemas import InvitationOut
from tenants.users.records import User
from tenants.users.rules import UserState
from tenants.users.schemas import UserOut

# A week: an invitation sent on a Friday is still good after the holidays of most places, and no longer.
INVITATION: Final = Link("invitation", ttl_hours=7 * 24, uses=1)


def invite(keyring: Keyring, tenant_id: str, user: User, now: datetime) -> InvitationOut:
    """A fresh invitation; the user's record names it as the only one that counts. The caller stores the user."""
    user.invitation = new_nonce()
    expires_at = (now + timedelta(hours=INVITATION.ttl_hours)).replace(microsecond=0)
    return invitation_of(keyring, tenant_id, user, expires_at)


def invitation_of(keyring: Keyring, tenant_id: str, user: User, expires_at: datetime) -> InvitationOut:
    """The invitation that counts, as it was shown. Raises ValueError when there is none."""
    link = sign(keyring, LinkToken(INVITATION.purpose, tenant_id, user.id, expires_at, user.invitation))
    return InvitationOut(link=link, expires_at=expires_at)


def exchange_for_key(call: Call, body: FirstKeyIn) -> ApiKeyShown:
    """The invited user's first API key, shown once.

    It may what the user's role may, but see and make no keys; inviting people it may, so that a tenant can be set up
    by curl alone (roles.NEVER_IN_A_FIRST_KEY). Raises StateConflict when it has been taken already, or when the
    invitation was sent by a key: keys never mint credentials.
    """
    user = _invited(call)
    if user.took_key:
        raise _already_used(Text("API key", "API 密钥"))
    if not user.may_take_key:
        text = Text(
            "This invitation binds a sign-in only: an API key sent it.", "该邀请由 API 密钥发出，只能用于绑定登录。"
        )
        raise StateConflict(text)
    grants = directory_of(call).grants_of(user)
    scopes = first_key_scopes(frozenset().union(*(grant.permissions for grant in grants)))
    user.api_key_issued_at = call.now
    call.store.update(user, verb="key_issued")
    key, text_of_key = issue(call, body.name, scopes, user.id, None)
    return shown_once(key, text_of_key)


def bind_sign_in(call: Call, body: SignInIn) -> UserOut:
    """Bind who the token speaks for to the invited user, who is active from then on. Binding again changes nothing.

    Raises Invalid for a token that the gate would refuse, StateConflict when the invitation was used for another
    identity, or the identity belongs to another user.
    """
    user = _invited(call)
    directory = directory_of(call)
    try:
        identity = directory.identify(body.token)
    except CredentialError as error:
        raise _token_refused() from error
    issuer = identity.issuer
    if issuer.tenant_id not in {None, call.tenant_id}:
        raise _token_refused()
    digest = sign_in_digest(issuer.url, identity.subject)
    if user.sign_in == digest:
        return UserOut.of(user)
    if user.sign_in:
        raise _already_used(Text("sign-in", "登录绑定"))
    registry = call.store.platform()
    key = sign_in_key(digest)
    held = registry.get_item(RegistryEntry, key)
    # Held by this very user: a twin of this request was faster; the commit fails, and the next run sees it done.
    if (held and held.record != user.id) or directory.is_operator(issuer.url, identity.subject):
        raise StateConflict(Text("This sign-in belongs to another user.", "该登录身份已绑定其他用户。"))
    entry = RegistryEntry(tenant=call.tenant_id, record=user.id)
    registry.put(entry.put_at(key), Action(key, condition=Item.pk.does_not_exist()))
    user.sign_in, user.status = digest, UserState.ACTIVE
    call.store.update(user, verb="sign_in_bound")
    forget_when_done(call, call.tenant_id)
    return UserOut.of(user)


def _invited(call: Call) -> User:
    """The user behind the call's link. Raises NotFound for a withdrawn invitation and a deactivated user."""
    link = call.link
    user = call.store.get(User, link.record_id) if link else None
    if link is None or user is None or user.invitation != link.nonce or not user.works:
        raise NotFound
    return user


def _already_used(what: Text) -> StateConflict:
    text = Text(f"This invitation was already used for its {what.en}.", f"该邀请已用于{what.zh}，不能重复使用。")
    return StateConflict(text)


def _token_refused() -> Invalid:
    text = Text("Not a valid access token of an issuer trusted here", "不是受信任签发方的有效访问令牌")
    return Invalid(errors=(FieldError("/token", "token_refused", text),))
