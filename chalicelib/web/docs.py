"""The docs page and its files: Swagger UI 5 from the installed package, nothing from outside (api.md, Contract)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.modules import Text
from chalicelib.problems import NotFound
from chalicelib.web.results import Plain

_OWN: Final = Path(__file__).parent / "static"
_SCRIPT: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"
# Texts only: what is binary would have to leave Lambda as base64. False: from swagger_ui's folder.
_ASSETS: Final = {
    "swagger-ui.css": (_STYLE, False),
    "swagger-ui-bundle.js": (_SCRIPT, False),
    "start.js": (_SCRIPT, True),
    "start.css": (_STYLE, True),
    "favicon.svg": ("image/svg+xml", True),
}
_POLICY: Final = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the icons in swagger-ui.css
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
# Asked for again each time, and mostly answered with 304: an update must not meet an old script.
_HEADERS: Final = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    etag: str
    content_type: str


def page(server_url: str) -> Plain:
    """The page; ``server_url`` is the API's address, whose path all its links begin with."""
    text = (_OWN / "docs.html").read_text(encoding="utf-8").replace("{root}", urlsplit(server_url).path.rstrip("/"))
    policy = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    headers = {**_HEADERS, "ETag": _etag(text), "Content-Security-Policy": policy}
    return Plain(text, "text/html; charset=utf-8", headers)


def asset(name: str) -> Plain:
    """One of the page's files; raises NotFound for any other name."""
    if name not in _ASSETS:
        raise NotFound
    file = _file(name)
    return Plain(file.text, file.content_type, {**_HEADERS, "ETag": file.etag})


@lru_cache(maxsize=len(_ASSETS))
def _file(name: str) -> _File:
    content_type, own = _ASSETS[name]
    text = ((_OWN if own else _swagger_ui()) / name).read_text(encoding="utf-8")
    return _File(text, _etag(text), content_type)


def _swagger_ui() -> Path:
    """The package's folder; looked up and not imported, for its Python drags jinja2 and PyYAML along."""
    spec = find_spec("swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound(Text("This deployment is without the docs page.", "此部署不含文档页面。"))
    return Path(spec.submodule_search_locations[0]) / "static"


def _etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
