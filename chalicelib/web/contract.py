"""The API's own description as this process publishes it: whole, or cut to what a tenant has enabled."""

import hashlib
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any, Final

from chalicelib.access.principal import Standing
from chalicelib.modules import Catalogue
from chalicelib.web.additions import Additions
from chalicelib.web.render import to_json
from chalicelib.web.routes import Route

# Tenants that have enabled the same share one text (about half a megabyte); most have one of a few plans.
KEPT: Final = 8


class ApiContract:
    """Made at start, filled at the first request: building the document is no part of a cold start."""

    def __init__(self, routes: Iterable[Route], catalogue: Catalogue, server_url: str) -> None:
        self._given = routes
        self.catalogue = catalogue
        self.server_url = server_url.rstrip("/")
        self._text = lru_cache(maxsize=KEPT)(self._cut)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All routes of all modules."""
        return tuple(self._given)

    @cached_property
    def whole(self) -> dict[str, Any]:
        """The document of all routes of all modules, whichever of them this process serves."""
        from chalicelib.web.openapi import openapi_document  # noqa: PLC0415 - only when the document is asked for

        return openapi_document(self.routes, self.catalogue, self.server_url)

    def document(self, standing: Standing | None, added: tuple[Additions, ...] = ()) -> tuple[str, str]:
        """The OpenAPI document as JSON text, and its ETag: what the tenant has enabled; everything for None.

        ``added`` is what the tenant has added itself.
        """
        shown = frozenset(route.operation_id for route in self.routes if self._shows(route, standing))
        return self._text(shown, added)

    def _shows(self, route: Route, standing: Standing | None) -> bool:
        if standing is None:
            return True
        manifest = self.catalogue.get(route.module)
        always = manifest is not None and manifest.always_on
        if not always and not standing.decide(route.module).enabled:
            return False
        return route.feature is None or standing.decide(route.module, route.feature).enabled

    def _cut(self, operations: frozenset[str], added: tuple[Additions, ...]) -> tuple[str, str]:
        from chalicelib.web.openapi import document_with  # noqa: PLC0415 - as above
        from chalicelib.web.openapi_additions import with_additions  # noqa: PLC0415 - as above

        text = to_json(with_additions(document_with(self.whole, operations), added))
        return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
