"""One record as somebody may read it now, without a request: what its own GET route would answer to him."""

import re
from collections.abc import Iterable
from typing import Any, Final

from chalicelib.access.gate import Knock, let_in
from chalicelib.access.principal import Principal
from chalicelib.background import Background
from chalicelib.call import Call
from chalicelib.modules import Kind
from chalicelib.problems import Problem
from chalicelib.store import keys
from chalicelib.store.records import EventItem
from chalicelib.web.render import document_of
from chalicelib.web.routes import Route

_VARIABLE: Final = re.compile(r"{(\w+)}")


def shown_kind(background: Background, event: EventItem) -> Kind | None:
    """The kind of the event's record, if the API shows such records one by one."""
    manifest = background.catalogue.get(str(event.unit))
    name = str(event.type).partition(".")[0]
    found = next((each for each in manifest.kinds if each.name == name), None) if manifest else None
    return found if found is not None and found.shown_at else None


def route_of(kind: Kind, routes: Iterable[Route]) -> Route:
    """The route that shows one record of the kind. Raises LookupError when its manifest names another."""
    for each in routes:
        if each.method == "GET" and each.path == kind.shown_at:
            return each
    raise LookupError(kind.shown_at)


def read_as(background: Background, principal: Principal, event: EventItem, route: Route) -> dict[str, Any] | None:
    """The event's record as ``principal`` reads it through ``route`` now; None when he can't, or it is gone.

    The steps are those of a request: tenant, module, feature, permission, data scope, masking.
    """
    knock = Knock(route.needs, route.module, route.feature, changes=False, authorization="")
    tenant = principal.tenant_id
    *outer, own = _VARIABLE.findall(route.path)
    values = dict.fromkeys(outer, keys.root_id(event.place[0])) | {own: str(event.subject)}
    try:
        passage = let_in(background.directory, principal, knock)
        call = Call(
            principal=passage.principal,
            store=background.store(route.module, tenant, principal.id, str(event.id), passage.scope),
            catalogue=background.catalogue,
            keyring=background.keyring,
            request_id=str(event.id),
            locale=passage.standing.locale if passage.standing else "en",
            now=background.clock(),
            directory=background.directory,
            standing=passage.standing,
        )
        return document_of(call, route.function(call, **values))
    except Problem:
        return None
