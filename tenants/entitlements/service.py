"""The module catalogue with a tenant's state of it, and the whole evaluated snapshot."""

from collections.abc import Iterable
from typing import Any

from chalicelib.access.principal import Decision
from chalicelib.call import Call
from chalicelib.modules import Feature, Manifest, Meter, Permission
from chalicelib.problems import NotFound
from chalicelib.web.results import Listed
from tenants.directory import directory_of
from tenants.entitlements.derived import sentence
from tenants.entitlements.rules import Asked, Snapshot, decide, explain
from tenants.entitlements.schemas import EntitlementOut, FeatureOut, MeterOut, ModuleOut, PermissionOut, StepOut
from tenants.lifecycle.records import Tenant, shelf
from tenants.schemas import BothLanguages
from tenants.standing import snapshot_of, viewer_of


def catalogue(call: Call) -> Listed[ModuleOut]:
    """Every module of the deployment, with this tenant's state of each."""
    snapshot = _snapshot(call)
    return Listed([_module_out(call, snapshot, manifest) for manifest in call.catalogue])


def module(call: Call, name: str) -> ModuleOut:
    """One module. Raises NotFound."""
    manifest = call.catalogue.get(name)
    if manifest is None:
        raise NotFound
    return _module_out(call, _snapshot(call), manifest)


def entitlements(call: Call, explained: str | None) -> Listed[EntitlementOut]:
    """Every decision with its step; or one, ``module`` or ``module.feature``, with all that each step has said."""
    snapshot, asked = _snapshot(call), _asked(call)
    if explained is not None:
        name, _, feature = explained.partition(".")
        decision, steps = explain(call.catalogue, snapshot, asked, name, feature or None)
        told = [
            StepOut(step=str(each.step), outcome=each.outcome, said=each.said, text=BothLanguages.of(sentence(each)))
            for each in steps
        ]
        return Listed([_out(name, feature or None, decision, told)])
    return Listed(
        [
            _out(name, feature, decide(call.catalogue, snapshot, asked, name, feature), None)
            for name, feature in _everything(call.catalogue)
        ]
    )


def _everything(manifests: Iterable[Manifest]) -> Iterable[tuple[str, str | None]]:
    for manifest in manifests:
        yield manifest.name, None
        yield from ((manifest.name, each.name) for each in manifest.features)


def _asked(call: Call) -> Asked:
    return Asked(call.now, directory_of(call).switches(), viewer_of(call.principal))


def _snapshot(call: Call) -> Snapshot:
    items = list(call.store.query_all(shelf(call.tenant_id)))
    tenant = next((each for each in items if isinstance(each, Tenant)), None)
    if tenant is None:
        raise NotFound
    return snapshot_of(tenant, items)


def _said(decision: Decision) -> dict[str, Any]:
    return {
        "enabled": decision.enabled,
        "reason": decision.reason,
        "decided_by": str(decision.decided_by),
        "read_only": decision.read_only,
        "until": decision.until,
    }


def _out(name: str, feature: str | None, decision: Decision, steps: list[StepOut] | None) -> EntitlementOut:
    whole = f"{name}.{feature}" if feature else name
    return EntitlementOut(name=whole, module=name, feature=feature, **_said(decision), steps=steps)


def _titled(each: Permission | Feature | Meter) -> dict[str, Any]:
    return {"name": each.name, "titles": BothLanguages.of(each.titles)}


def _module_out(call: Call, snapshot: Snapshot, manifest: Manifest) -> ModuleOut:
    known, asked = call.catalogue, _asked(call)
    return ModuleOut(
        name=manifest.name,
        titles=BothLanguages.of(manifest.titles),
        module_version=manifest.version,
        always_on=manifest.always_on,
        requires=list(manifest.requires),
        needed_by=list(known.required_by(manifest.name)),
        permissions=[PermissionOut(**_titled(each)) for each in manifest.permissions],
        meters=[MeterOut(**_titled(each), unit=each.unit) for each in manifest.meters],
        features=[
            FeatureOut(
                **_titled(each),
                default=each.default,
                **_said(decide(known, snapshot, asked, manifest.name, each.name)),
            )
            for each in manifest.features
        ],
        plan=snapshot.plan_of(manifest.name, call.now),
        **_said(decide(known, snapshot, asked, manifest.name)),
    )
