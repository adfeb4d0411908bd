"""`python -m infra.package [--output build/deployment.zip]`: the bundle that is every function's code (make package).

It holds app.py, chalicelib/, tenants/ and modules/ as they lie in the working tree, chalice's runtime, and what
requirements.txt names. No AWS account, region or network is asked for beyond what pip is configured to use.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from infra.packaging.errors import PackageError
from infra.packaging.finish import Finished, finish
from infra.packaging.packing import architecture, pack, runtime
from infra.packaging.rooms import list_rooms
from infra.packaging.source import export

ROOT: Final = Path(__file__).resolve().parents[1]
MB: Final = 1_000_000
MOST_BYTES: Final = 20 * MB  # quality.md, Budgets
SHOWN: Final = 8  # of the biggest packages


def build(output: Path, say: Callable[[str], None], root: Path = ROOT) -> Finished:
    """Make the bundle of the working tree at ``root``; ``say`` gets a line for each step.

    Raises PackageError, with what to do, when it can't be made or breaks its budget.
    """
    with tempfile.TemporaryDirectory(prefix="switchboard-package-") as name:
        project, work = Path(name) / "project", Path(name) / "bundle"
        project.mkdir()
        export(root, project)
        list_rooms(project)
        say(f"packing with chalice for {runtime()} on {architecture(project)}; pip fetches the libraries …")
        packed = pack(project)
        say(f"finishing {packed.stat().st_size / MB:.1f} MB: what no function needs out, byte code in …")
        done = finish(packed, work, output)
    if done.size > MOST_BYTES:
        message = (
            f"{output} has {done.size / MB:.1f} MB, and the budget is {MOST_BYTES / MB:.0f} (quality.md). The biggest: "
            f"{_biggest(done)}."
        )
        raise PackageError(message)
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """Package, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "deployment.zip", help="the zip to write")
    output: Path = parser.parse_args(arguments).output
    try:
        done = build(output, _say)
    except PackageError as error:
        sys.stderr.write(f"package: {error}\n")
        return 1
    for service, places in done.services.items():
        _say(f"AWS service {service}: {', '.join(places)}")
    _say(f"the biggest: {_biggest(done)}")
    _say(
        f"{output}: {done.size / MB:.1f} MB (chalice's: {done.size_before / MB:.1f}), unpacked "
        f"{done.unpacked_size / MB:.1f} MB, {done.files_out} files left out"
    )
    _say(f"sha256 {hashlib.sha256(output.read_bytes()).hexdigest()}")
    return 0


def _say(line: str) -> None:
    print(f"package: {line}", flush=True)


def _biggest(done: Finished) -> str:
    return ", ".join(f"{name} {size / MB:.2f}" for name, size in done.packages.most_common(SHOWN))


if __name__ == "__main__":
    sys.exit(main())
