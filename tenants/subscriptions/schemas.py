"""Modules, subscriptions, features and entitlements on the wire."""

from typing import Literal

from chalicelib.web.wire import Body, Resource, Shown
from tenants.schemas import BothLanguages, Reason


class SubscriptionIn(Body):
    """How a module is subscribed. Prices and periods come with more plans."""

    plan: Literal["basic"] = "basic"


class SubscriptionOut(Resource):
    """A module's subscription; ``also_enabled`` names the modules that this request enabled with it.

    While it is ``activating`` (after a pause in which changes passed by), ``catch_up_job`` is what it waits for.
    """

    module: str
    plan: str
    state: str
    also_enabled: list[str]
    catch_up_job: str | None


class OverrideIn(Body):
    """A switch of a feature, and why."""

    enabled: bool
    reason: Reason


class OverrideOut(Resource):
    """A tenant's switch of a feature."""

    module: str
    feature: str
    enabled: bool
    reason: str


class FeatureOut(Shown):
    """A feature as it stands for the tenant."""

    name: str
    titles: BothLanguages
    default: bool
    enabled: bool
    reason: str
    decided_by: str


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


class EntitlementOut(Shown):
    """One decision: a module (``feature`` is null) or a feature, and the step that decided."""

    name: str
    module: str
    feature: str | None
    enabled: bool
    reason: str
    decided_by: str
