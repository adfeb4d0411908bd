"""The one typed settings object. Nobody else reads the environment (tests/house holds that)."""

from functools import lru_cache

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What one deployment is told from outside; every default is for a developer's machine.

    Raises ``pydantic.ValidationError`` at start when something required is missing, so a
    misconfigured function dies at its first breath and not in the middle of a request.
    """

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_", extra="ignore", frozen=True)

    stage: str = "dev"
    units: str = Field(default="all", description="comma list of the units this process serves, or 'all'")
    region: str = Field(default="eu-west-1", validation_alias=AliasChoices("AWS_DEFAULT_REGION", "AWS_REGION"))
    dynamodb_endpoint: str | None = Field(default=None, validation_alias="DYNAMODB_ENDPOINT")
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

    def serves(self, unit: str) -> bool:
        """Whether this process serves the unit."""
        return self.units == "all" or unit in self.units.split(",")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once at first use (never at import: stack-facts 4)."""
    return Settings()
