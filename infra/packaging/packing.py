"""chalice's packager, with our folders beside its own, and strict about what it could not get.

It needs neither a region nor an account: only the zip is made here, no template and no deployment. pip is the one
configured on this machine.
"""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalice.deploy.packager import (
    DependencyBuilder,
    LambdaDeploymentPackager,
    MissingDependencyError,
    NoSuchPackageError,
    PackageDownloadError,
)
from chalice.utils import UI, OSUtils

from infra.packaging.errors import PackageError
from infra.packaging.source import files_below

BESIDE_CHALICELIB: Final = ("tenants", "modules")
OFFLINE: Final = "Without a network, name a wheel folder: PIP_NO_INDEX=1 PIP_FIND_LINKS=/path make package"


class _Packager(LambdaDeploymentPackager):
    """Packs app.py, chalicelib/ and requirements.txt as chalice does, and what we have beside them."""

    def _iter_app_filenames(self, project_dir: str) -> Iterator[tuple[str, str]]:
        yield from super()._iter_app_filenames(project_dir)
        for name in BESIDE_CHALICELIB:
            for file in files_below(Path(project_dir) / name):
                yield str(file), file.relative_to(project_dir).as_posix()

    def _build_python_dependencies(
        self, python_version: str, requirements_filepath: str, site_packages_dir: str
    ) -> None:
        # chalice's own only writes a note when a wheel is missing, and packs a bundle that dies at its first import.
        abi = self._RUNTIME_TO_ABI[python_version]
        self._dependency_builder.build_site_packages(abi, requirements_filepath, site_packages_dir)


def runtime() -> str:
    """The Lambda runtime, which is the interpreter that packages: its byte code goes in.

    Raises PackageError when chalice knows no such runtime.
    """
    found = f"python{sys.version_info.major}.{sys.version_info.minor}"
    known = LambdaDeploymentPackager._RUNTIME_TO_ABI  # noqa: SLF001 - chalice names its runtimes nowhere else
    if found not in known:
        message = f"This is {found}, and chalice packs for {', '.join(known)}. Make .venv with one of them: make clean."
        raise PackageError(message)
    return found


def architecture(project: Path) -> str:
    """What .chalice/config.json deploys to, ``x86_64`` or ``arm64``."""
    config = json.loads((project / ".chalice/config.json").read_text(encoding="utf-8"))
    return str(config.get("lambda_architecture", "x86_64"))


def pack(project: Path) -> Path:
    """Pack a clean copy of the product; answer the zip. Raises PackageError when pip can't get what is required."""
    files, nowhere = OSUtils(), io.StringIO()  # chalice's «Creating deployment package.» is ours to say
    wheels = DependencyBuilder(files, architecture=architecture(project))
    packager = _Packager(files, wheels, UI(out=nowhere, err=nowhere), architecture(project))
    try:
        return Path(packager.create_deployment_package(str(project), runtime()))
    except MissingDependencyError as error:
        missing = ", ".join(sorted(each.identifier for each in error.missing))
        message = f"No wheel for {runtime()} on Lambda's Linux was found, and none could be built: {missing}."
        raise PackageError(message) from error
    except NoSuchPackageError as error:
        message = f"pip finds no version that fits: {error}. {OFFLINE}"
        raise PackageError(message) from error
    except PackageDownloadError as error:
        message = f"pip could not download what requirements.txt names:\n{error}\n{OFFLINE}"
        raise PackageError(message) from error
