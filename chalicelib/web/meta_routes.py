"""The routes about the API itself: its OpenAPI document and the pages that show it."""

from collections.abc import Iterator

from chalicelib.access.needs import Public
from chalicelib.after_write import resolve
from chalicelib.call import Call
from chalicelib.problems import NotFound
from chalicelib.web import docs
from chalicelib.web.additions import Additions
from chalicelib.web.results import Plain
from chalicelib.web.routes import Routes

routes = Routes("core")
READABLE = Public("who thinks of integrating reads first")


@routes.get("/openapi.json", needs=READABLE, in_suspension=True)
def get_openapi_document(call: Call) -> Plain:
    """Read this document.

    With a tenant's credential it holds what this tenant has enabled, and its custom fields; without one everything.
    """
    if call.contract is None:
        raise NotFound
    text, etag = call.contract.document(call.standing, tuple(_added(call)))
    return Plain(text, "application/json", {"Cache-Control": "private, no-cache", "ETag": etag})


def _added(call: Call) -> Iterator[Additions]:
    """What the caller's tenant has added to the parts of the modules that it has enabled."""
    for manifest in call.catalogue if call.standing else ():
        if manifest.adds and call.tenant.decide(manifest.name).enabled:
            yield resolve(manifest.adds)(call)


@routes.get("/docs", version="", needs=READABLE, in_suspension=True, produces=("text/html",))
def show_docs(call: Call) -> Plain:
    """Read this document as a page on which requests can be tried."""
    if call.contract is None:
        raise NotFound
    return docs.page(call.contract.server_url)


@routes.get(
    "/docs/{asset}",
    version="",
    needs=READABLE,
    in_suspension=True,
    produces=("text/css", "text/javascript", "image/svg+xml"),
)
def get_docs_asset(call: Call, asset: str) -> Plain:
    """Get a file of the docs page."""
    del call
    return docs.asset(asset)
