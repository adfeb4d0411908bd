"""The one typed settings object. Nobody else reads the environment (tests/house holds that)."""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# What AWS, or whoever starts an engine, names already. Every other setting is SWITCHBOARD_ and its name in capitals.
NAMED_BY_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "region": ("AWS_DEFAULT_REGION", "AWS_REGION"),
    "dynamodb_endpoint": ("DYNAMODB_ENDPOINT",),
}


class Settings(BaseModel):
    """What one deployment is told from outside; every default is for a developer's machine.

    Raises ``pydantic.ValidationError`` at start when something required is missing, so a
    misconfigured function dies at its first breath and not in the middle of a request.
    """

    # A message about a wrong secret key must not show it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    stage: str = "dev"
    units: str = Field(default="all", description="comma list of the units this process serves, or 'all'")
    region: str = "eu-west-1"
    dynamodb_endpoint: str | None = None
    table_prefix: str = "switchboard-"
    secret_keys: list[SecretStr] = Field(min_length=1, description="url-safe base64, 32 bytes each, newest first")
    public_url: str = "http://localhost:8000"
    platform_issuer: str = ""
    platform_jwks_url: str = ""
    platform_audience: str = "switchboard"
    platform_operators: list[str] = Field(default=[], description="subjects of the platform's issuer")
    cors_origins: list[str] = Field(default=["*"], description="credentials travel in a header, never in a cookie")

    jobs_queue_url: str = Field(default="", description="the SQS queue that wakes the worker; empty: this process")
    files_bucket: str = Field(default="", description="the S3 bucket of all files; wins over files_dir")
    files_dir: str = Field(default="", description="the directory of all files, on one machine")
    # S3 takes 5 TB in at most 10,000 parts; of our 8 MiB (chalicelib/files/protocol.py) those are 80 GB. 50 GB are some
    # 50 million rows of a kilobyte, more than an operator has customers; what is larger is more likely a mistake.
    files_max_bytes: int = Field(default=50 * 10**9, ge=1, le=80 * 10**9)

    # AWS retries and time-outs: two attempts of 2 s stay below the 5 s after which a commit must take a new
    # event id (architecture.md, Events); PynamoDB's own 15 s / 30 s exceed API Gateway's 29 s (stack-facts 0.2).
    connect_timeout_s: float = 1.0
    read_timeout_s: float = 2.0
    store_attempts: int = 2
    # One connection per server thread of the local gateway (32) and some for its pollers.
    pool_connections: int = 40

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """The settings that stand in ``environ``; lists are written as JSON.

        Raises ValidationError, and ValueError with the variable's name for a list that is no JSON.
        """
        given: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            variables = NAMED_BY_OTHERS.get(name, (f"SWITCHBOARD_{name.upper()}",))
            variable = next((each for each in variables if each in environ), None)
            if variable is not None:
                text = environ[variable]
                given[name] = _json(variable, text) if get_origin(field.annotation) is list else text
        return cls.model_validate(given)

    def serves(self, unit: str) -> bool:
        """Whether this process serves the unit."""
        return self.units == "all" or unit in self.units.split(",")


def _json(variable: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        message = f"{variable} is a list, written as JSON, and this is none"
        raise ValueError(message) from None  # the cause would show the text


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once at first use (never at import: stack-facts 4)."""
    return Settings.read(os.environ)
