"""From chalice's zip to ours: what nobody needs out, byte code in, the same bytes from the same input.

Measured (stack-facts.md 2 and 4): half the size, and a start in less than half the CPU time, mostly by the byte code. A
function's disk is read-only, and chalice's zip dates all of 1980, so byte code that is checked by date is never used:
ours is bound to the source's hash and not checked.
"""

import compileall
import gzip
import json
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from infra.packaging.errors import PackageError
from infra.packaging.services import used_services
from infra.packaging.source import FOLDERS, files_below
from infra.packaging.unused import AWS_DATA, unused

LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold; chalice takes it too
READABLE: Final = 0o644 << 16  # for everybody: a function runs as another user than the one who unpacks


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of it. Sizes in bytes; ``packages`` the zipped size by top-level name."""

    services: dict[str, list[str]]
    files_out: int
    size_before: int
    size: int
    unpacked_size: int
    packages: Counter[str]


def finish(packed: Path, work: Path, output: Path) -> Finished:
    """Write the finished bundle to ``output``, by way of the empty directory ``work``.

    Raises PackageError when the code or a library is not as the rules expect.
    """
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(work)
    own = [work / "app.py", *(file for name in FOLDERS for file in files_below(work / name) if file.suffix == ".py")]
    services = used_services(work, own)
    out = unused([file.relative_to(work).as_posix() for file in files_below(work)], services)
    for path in out:
        (work / path).unlink()
    _trim_endpoints(work / AWS_DATA, services)
    _compile(work)
    packages = _write(work, output)
    unpacked = sum(file.stat().st_size for file in files_below(work))
    return Finished(services, len(out), packed.stat().st_size, output.stat().st_size, unpacked, packages)


def _trim_endpoints(data: Path, services: Iterable[str]) -> None:
    """Leave the endpoints of the services in use: botocore parses the whole file, 1.25 MB, for its first client."""
    wanted = {_endpoint_prefix(data / service) for service in services}
    file = data / "endpoints.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for partition in document["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in wanted}
    file.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


def _endpoint_prefix(service: Path) -> str:
    """The service's name in endpoints.json, which is not always botocore's (``streams.dynamodb``)."""
    newest = max(service.glob("*/service-2.json.gz"))  # folders are dates
    return str(json.loads(gzip.decompress(newest.read_bytes()))["metadata"]["endpointPrefix"])


def _compile(work: Path) -> None:
    if not compileall.compile_dir(
        work, quiet=2, force=True, stripdir=str(work), invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    ):
        message = "A file of the bundle does not compile: python -m compileall shows which."
        raise PackageError(message)


def _write(work: Path, output: Path) -> Counter[str]:
    """Zip the directory; the result depends on names and contents alone. Answers the zipped size by top-level name."""
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f"{output.name}.{os.getpid()}")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files_below(work):
            entry = zipfile.ZipInfo(file.relative_to(work).as_posix(), LONG_AGO)
            entry.external_attr = READABLE
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)
        sizes: Counter[str] = Counter()
        for each in archive.infolist():
            sizes[each.filename.partition("/")[0]] += each.compress_size
    shutil.move(unfinished, output)
    return sizes
