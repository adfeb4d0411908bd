"""What the product finds in its environment when it runs here. Set before the product is imported."""

import base64
import json
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.engine import REGION
from infra.local.errors import LocalError
from infra.local.issuer import AUDIENCE, MOUNT
from infra.local.private_files import read_json, write_private_json

OPERATOR = "operator"  # the subject of the platform's operator at the local issuer
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Options:
    """What the user can choose: PORT, DATA, DYNAMODB_ENDPOINT and SWITCHBOARD_DEMO."""

    port: int
    data: Path
    endpoint: str | None
    demo: bool = True

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Options":
        """From the environment, with defaults. Raises LocalError for a PORT or a SWITCHBOARD_DEMO that is none."""
        text = environ.get("PORT") or "8000"
        if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
            message = f"PORT={text} is not a port number (0 to {HIGHEST_PORT}; 0 takes any that is free)."
            raise LocalError(message)
        data = Path(environ.get("DATA") or ".data").expanduser()
        demo = environ.get("SWITCHBOARD_DEMO") or "on"
        if demo not in {"on", "off"}:
            message = f"SWITCHBOARD_DEMO={demo} is neither on nor off (off: no demo tenants are made)."
            raise LocalError(message)
        return cls(int(text), data, environ.get("DYNAMODB_ENDPOINT") or None, demo == "on")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is made once per data directory and must not change after."""

    secret_keys: tuple[str, ...]
    demo_password: str
    issuer: str

    @classmethod
    def load(cls, data_dir: Path, base_url: str) -> "Secrets":
        """From `secrets.json`, made if missing.

        The local issuer keeps the name of its first start: people are bound to (issuer, subject), and another PORT
        must not make strangers of them.
        """
        path = data_dir / "secrets.json"
        found = read_json(path)
        if found is None:
            key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()  # the form of a Fernet key
            found = {
                "secret_keys": [key],
                "demo_password": secrets.token_urlsafe(9),
                "issuer": f"{base_url}{MOUNT}",
            }
            write_private_json(path, found)
        try:
            return cls(tuple(found["secret_keys"]), str(found["demo_password"]), str(found["issuer"]))
        except (KeyError, TypeError) as error:
            message = f"{path} is damaged. Put it back from a copy, or start afresh with another DATA."
            raise LocalError(message) from error


def set_store(environ: MutableMapping[str, str], endpoint: str, access_key_id: str, *, own_engine: bool) -> None:
    """Point the AWS clients at the engine.

    With our own engine all is set whatever was there: its database belongs to key id and region together, and the
    user's own AWS account must not be touched. With another endpoint the user's settings win.
    """
    ours = {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": access_key_id, "AWS_SECRET_ACCESS_KEY": "local"}
    environ["DYNAMODB_ENDPOINT"] = endpoint
    if own_engine:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_REGION"):
            environ.pop(name, None)
        environ.update(ours)
    else:
        environ.setdefault("AWS_DEFAULT_REGION", REGION)
        if not {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & environ.keys():
            environ.update(ours | {"AWS_DEFAULT_REGION": environ["AWS_DEFAULT_REGION"]})
    environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")  # else a client without a key waits for a cloud that isn't
    for name in ("NO_PROXY", "no_proxy"):  # botocore and urllib would send local calls through a company's proxy
        environ[name] = ",".join(filter(None, [environ.get(name), "localhost", "127.0.0.1"]))


def set_product(environ: MutableMapping[str, str], base_url: str, kept: Secrets, data_dir: Path) -> None:
    """The product's own settings. Files stay on this machine, whatever bucket the user has elsewhere."""
    environ.update(
        {
            "SWITCHBOARD_STAGE": "local",
            "SWITCHBOARD_PUBLIC_URL": base_url,
            "SWITCHBOARD_SECRET_KEYS": json.dumps(kept.secret_keys),
            "SWITCHBOARD_PLATFORM_ISSUER": kept.issuer,
            "SWITCHBOARD_PLATFORM_JWKS_URL": f"{base_url}{MOUNT}/jwks",
            "SWITCHBOARD_PLATFORM_AUDIENCE": AUDIENCE,
            "SWITCHBOARD_PLATFORM_OPERATORS": json.dumps([OPERATOR]),
            "SWITCHBOARD_FILES_BUCKET": "",
            "SWITCHBOARD_FILES_DIR": str(data_dir / "files"),
        }
    )
