"""Ids that lead elsewhere: a record that was merged into another one answers under its old id with where that is.

Asked only when a use case has found nothing, so no request pays for it that finds what it looks for.
"""

from urllib.parse import quote, urlencode

from chalicelib.call import Call
from chalicelib.modules import Catalogue, Kind
from chalicelib.problems import Merged
from chalicelib.store.following import follow
from chalicelib.web.request import Request
from chalicelib.web.routes import Route


def merging(catalogue: Catalogue, route: Route) -> dict[str, Kind]:
    """The variables of a route's path that name records which can be merged, with their kinds."""
    manifest = catalogue.get(route.module)
    kinds = {_variable(kind): kind for kind in manifest.kinds if kind.merges} if manifest else {}
    return {name: kinds[name] for name in route.path_names if name in kinds}


def leads_elsewhere(call: Call, route: Route, request: Request) -> Merged | None:
    """The redirection of a request whose path names a record that was merged into one that the caller may see."""
    for name, kind in merging(call.catalogue, route).items():
        was = request.path_values[name]
        now = follow(call.store, kind.name, was)
        if now is not None and now != was:
            query = urlencode([(key, each) for key, values in request.query.items() for each in values])
            path = "/".join(now if part == was else part for part in request.path.split("/"))
            location = quote(path, safe="/%:") + (f"?{query}" if query else "")
            return Merged(headers={"Location": location}, merged_into=now)
    return None


def _variable(kind: Kind) -> str:
    return kind.shown_at.rpartition("{")[2].removesuffix("}")
