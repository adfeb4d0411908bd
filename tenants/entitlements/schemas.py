"""Modules, features and entitlements on the wire."""

from datetime import datetime
from typing import Literal

from chalicelib.web.wire import Shown
from tenants.schemas import BothLanguages


class FeatureOut(Shown):
    """A feature as it stands for the caller."""

    name: str
    titles: BothLanguages
    default: bool
    enabled: bool
    reason: str
    decided_by: str
    read_only: bool
    until: datetime | None


class PermissionOut(Shown):
    """A permission that the module brings."""

    name: str
    titles: BothLanguages


class MeterOut(Shown):
    """What the module counts for the bill."""

    name: str
    unit: str
    titles: BothLanguages


class ModuleOut(Shown):
    """A module of the catalogue, and where this tenant stands with it."""

    name: str
    titles: BothLanguages
    module_version: str
    always_on: bool
    requires: list[str]
    needed_by: list[str]
    permissions: list[PermissionOut]
    meters: list[MeterOut]
    features: list[FeatureOut]
    plan: str | None
    enabled: bool
    reason: str
    decided_by: str
    read_only: bool
    until: datetime | None


class StepOut(Shown):
    """What one step of a decision said: it decided, left it to the next ones, or was skipped since one before had."""

    step: str
    outcome: Literal["decided", "undecided", "skipped"]
    said: str | None
    text: BothLanguages


class EntitlementOut(Shown):
    """One decision for the caller: a module (``feature`` is null) or a feature, and the step that decided.

    ``read_only``: on for reading alone. ``until``: when this changes by itself, if that is known. ``steps`` are there
    when an explanation is asked for.
    """

    name: str
    module: str
    feature: str | None
    enabled: bool
    reason: str
    decided_by: str
    read_only: bool
    until: datetime | None
    steps: list[StepOut] | None
