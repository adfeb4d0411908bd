"""File names and content types as they may stand in a header: what a caller typed never becomes markup or a path."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST_NAME: Final = 255  # what file systems take (NAME_MAX), here in characters
UNNAMED: Final = "file"
OCTETS: Final = "application/octet-stream"
# Data that a browser does not run, whatever is in it. All else is served as octets: a stored page or script must not
# come alive under our own origin (OWASP, Unrestricted File Upload).
INERT: Final = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/x-ndjson",
        "application/zip",
        "image/jpeg",
        "image/png",
        "text/csv",
        "text/plain",
    }
)
CONTENT_TYPE: Final = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,126}/[A-Za-z0-9][A-Za-z0-9._+-]{0,126}$"

# Control characters, and those that turn the direction of writing: «exe.vsc» must not be shown as «csv.exe».
_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RESERVED: Final = re.compile(r'[:*?"<>|]')
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9._ -]")


def clean_name(name: str) -> str:
    """A file's name as we keep it: no directories, no hidden or reserved characters, 1 to 255 characters."""
    last = re.split(r"[/\\]", _HIDDEN.sub("", unicodedata.normalize("NFC", name)))[-1]
    return _RESERVED.sub("_", last).strip(" .")[:LONGEST_NAME] or UNNAMED


def disposition(name: str) -> str:
    """The Content-Disposition that makes a browser save the file (RFC 6266; the real name as RFC 8187 writes it)."""
    clean = clean_name(name)
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", clean).encode("ascii", "replace").decode())
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def served_type(content_type: str) -> str:
    """The type under which a stored file is served: its own when that is harmless, else octets."""
    return content_type.lower() if content_type.lower() in INERT else OCTETS
