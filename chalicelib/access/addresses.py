"""Which addresses of other people's choosing may be called: only what is on the public Internet (OWASP API7, SSRF).

Addresses are judged twice: as a URL spells them, when it is given, and as its name resolves, each time that it is
called. What a name resolves to is nobody's promise (DNS rebinding), so whoever connects does so to a judged address.
"""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]

LONGEST_URL: Final = 2048
_NAME: Final = re.compile(r"[a-z0-9._-]{1,253}")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1"})
# RFC 6761, 6762 and 8375, and the name that clouds give their own hosts: never a public host.
_PRIVATE_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "onion", "test", "invalid")
# IANA's special-purpose registries, what `is_global` of 3.11 lets through or tells differently from one patch release
# to the next; and the ways to write an IPv4 address inside an IPv6 one (6to4, Teredo, NAT64): nobody's web server.
_NEVER: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "100.64.0.0/10",
        "198.18.0.0/15",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


class Refusal(StrEnum):
    """Why a URL may not be called."""

    NO_URL = "not a URL"
    PARTS = "a host, and no user or fragment"
    SCHEME = "https only"
    NOT_PUBLIC = "not on the public Internet"


class AddressRefusedError(Exception):
    """The URL is none that may be called: a ``Refusal``, which quotes nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, before its name is resolved. ``host`` is lower case, ASCII, without brackets."""

    secure: bool
    host: str
    port: int
    path: str
    local: bool


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet; False for what is no address."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    known = found.is_global and not found.is_multicast and not found.is_reserved
    return known and not any(found in each for each in _NEVER if each.version == found.version)


def target_of(url: str, *, allow_local: bool) -> Target:
    """Read a URL that somebody gave. Raises AddressRefusedError.

    https only, without user or fragment, to a name or a public address in whatever spelling (``2130706433``, ``0x7f.1``
    and ``[::ffff:7f00:1]`` are 127.0.0.1). ``allow_local`` also lets http through to this machine: for local runs.
    """
    if len(url) > LONGEST_URL or any(each <= " " or each in "\\\x7f" for each in url):
        raise AddressRefusedError(Refusal.NO_URL)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except ValueError as error:  # UnicodeError is one
        raise AddressRefusedError(Refusal.NO_URL) from error
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefusedError(Refusal.PARTS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii():
        raise AddressRefusedError(Refusal.NO_URL)
    if allow_local and parts.scheme == "http" and host in _LOCAL:
        return Target(secure=False, host=host, port=port or 80, path=path, local=True)
    if parts.scheme != "https":
        raise AddressRefusedError(Refusal.SCHEME)
    if not _may_be_public(host):
        raise AddressRefusedError(Refusal.NOT_PUBLIC)
    return Target(secure=True, host=host, port=port or 443, path=path, local=False)


def checked_address(target: Target, resolve: Resolve) -> str:
    """The address to connect to, after one resolution. Raises AddressRefusedError when any of them is not public.

    Any, not each: a name that also resolves into a private network is somebody's attempt. Raises OSError when the name
    does not resolve.
    """
    found = resolve(target.host, target.port)
    allowed = _is_loopback if target.local else is_public
    if not found or not all(allowed(each) for each in found):
        raise AddressRefusedError(Refusal.NOT_PUBLIC)
    return found[0]


def resolve_by_system(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system resolves it. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _may_be_public(host: str) -> bool:
    if ":" in host:
        return is_public(host)
    if not _NAME.fullmatch(host):
        return False
    try:
        # As resolvers read numbers: decimal, octal and hexadecimal, with one to four parts (inet_aton).
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        labels = host.rstrip(".").split(".")
        # A name without a dot is of the network that we stand in; one that ends in a number is an address misspelled.
        ends_in_number = labels[-1].isdigit() or labels[-1].startswith("0x")
        private = any(f".{host.rstrip('.')}".endswith(f".{each}") for each in _PRIVATE_NAMES)
        return len(labels) > 1 and all(labels) and not ends_in_number and not private


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
