"""What units cost in money. Pure.

AWS's public on-demand list prices in US East (N. Virginia), US dollars, without free tiers, savings plans, storage or
data transfer, as known in November 2025 (they are parameters of `python -m bench`, since they change):

* DynamoDB, standard table class: aws.amazon.com/dynamodb/pricing/on-demand (halved on 1 November 2024)
* Lambda on x86: aws.amazon.com/lambda/pricing
* API Gateway, REST API, the first 333 million calls a month: aws.amazon.com/api-gateway/pricing
"""

from dataclasses import dataclass, fields
from typing import Final

MILLION: Final = 1_000_000
SECOND_MS: Final = 1000
GB_MB: Final = 1024


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, and what a function is assumed to be and to take."""

    read_units: float = 0.125  # a million read request units
    write_units: float = 0.625  # a million write request units
    gateway: float = 3.50  # a million calls
    lambda_requests: float = 0.20  # a million calls
    lambda_gb_second: float = 0.0000166667
    # Assumed, not measured: nothing here has run on AWS.
    lambda_mb: float = 512.0
    lambda_ms: float = 10.0  # a warm request's own work
    round_trip_ms: float = 5.0  # waiting for the store, which Lambda bills too

    def store(self, read_units: float, write_units: float) -> float:
        """What a million operations cost that take these units each."""
        return read_units * self.read_units + write_units * self.write_units

    def function(self, round_trips: float) -> float:
        """An estimate of what a million invocations cost that make so many round trips to the store each."""
        seconds = (self.lambda_ms + round_trips * self.round_trip_ms) / SECOND_MS
        return self.lambda_requests + MILLION * seconds * self.lambda_mb / GB_MB * self.lambda_gb_second

    def said(self) -> str:
        """All parameters, as they are given on the command line."""
        return " ".join(f"--{each.name.replace('_', '-')} {getattr(self, each.name):.10g}" for each in fields(self))
