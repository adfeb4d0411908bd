"""What requirements.txt brings and no function needs, each rule with its reason.

Paths are from the bundle's root, as fnmatch reads them: ``*`` crosses folders. A rule that matches nothing fails the
build: then a library has changed, and somebody has to look again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from infra.packaging.errors import PackageError

AWS_DATA: Final = "botocore/data"


@dataclass(frozen=True, slots=True)
class Rule:
    """Files that stay out, but for those that match ``keep``."""

    out: tuple[str, ...]
    reason: str
    keep: tuple[str, ...] = ()

    def takes(self, path: str) -> bool:
        """Whether the file stays out."""
        return _matches(path, self.out) and not _matches(path, self.keep)


RULES: Final = (
    Rule(
        ("swagger_ui/*",),
        "/docs serves these two files and nothing of the package's Python, which drags a template engine along",
        keep=(
            "swagger_ui/static/swagger-ui.css",
            "swagger_ui/static/swagger-ui-bundle.js",
            "swagger_ui/static/LICENSE",
        ),
    ),
    Rule(("test/*",), "swagger-ui-py's own tests, which it installs as a package of everybody's"),
    Rule(
        ("jinja2[/-]*", "markupsafe[/-]*", "packaging[/-]*", "yaml/*", "_yaml/*", "pyyaml-*"),
        "only swagger-ui-py's Python asks for them",
    ),
    Rule(
        ("dns/*", "dnspython-*"),
        "email-validator imports it to ask DNS about a domain, which no request of ours may wait for; pydantic's "
        "EmailStr never does",
    ),
    Rule(
        ("aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",),
        "a second Swagger UI, of a router of its own",
    ),
    Rule(
        ("aws_lambda_powertools/event_handler/*", "aws_lambda_powertools/utilities/*"),
        "of Powertools the house takes the Logger (docs/decisions/0012), which reads messages by jmespath_utils",
        keep=("aws_lambda_powertools/utilities/*__init__.*", "aws_lambda_powertools/utilities/jmespath_utils/*"),
    ),
    Rule(("boto3/data/*", "boto3/examples/*"), "boto3.resource, which the house bans, and documentation"),
    Rule((f"{AWS_DATA}/*/examples-1.json",), "botocore's documentation of its clients"),
    Rule(("dateutil/zoneinfo/*.tar.gz",), "time zones come from tzdata; botocore takes from dateutil its parser alone"),
    Rule(("urllib3/contrib/emscripten/*.js",), "for Python in a browser"),
    Rule(("*.pyi", "*/py.typed"), "for type checkers"),
    Rule(("*.h", "*.c", "*.pxd", "pycparser/*.cfg"), "for compilers"),
    Rule(
        ("*.dist-info/RECORD", "*.dist-info/WHEEL", "*.dist-info/top_level.txt", "*.dist-info/zip-safe"),
        "for installers. METADATA and entry_points.txt stay: pydantic, python-ulid and vulnerability scanners read "
        "them; licences stay because they must",
    ),
)


def unused(paths: Collection[str], services: Iterable[str], rules: Iterable[Rule] = RULES) -> set[str]:
    """Which of a bundle's files stay out, given the services that the product calls.

    Raises PackageError when a rule matches nothing, or when botocore does not know a service.
    """
    found: set[str] = set()
    for rule in rules:
        taken = {path for path in paths if rule.takes(path)}
        if not taken:
            message = (
                f"Nothing in the bundle matches {', '.join(rule.out)} any more: look at infra/packaging/unused.py."
            )
            raise PackageError(message)
        found |= taken
    return found | _other_services(paths, frozenset(services))


def _other_services(paths: Iterable[str], kept: frozenset[str]) -> set[str]:
    """The descriptions of services that nobody calls; botocore's general files (endpoints, partitions, …) stay."""
    inside = [path for path in paths if path.startswith(f"{AWS_DATA}/") and path.count("/") > AWS_DATA.count("/") + 1]
    described = {path: path.split("/")[2] for path in inside}
    if unknown := kept - set(described.values()):
        message = f"botocore describes no service {', '.join(sorted(unknown))}, which the code asks for."
        raise PackageError(message)
    return {path for path, service in described.items() if service not in kept}


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
