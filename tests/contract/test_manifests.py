"""Manifests and code say the same: kinds, records, events, handlers and protocols."""

import importlib
import json
from types import ModuleType

import pytest

from chalicelib.changes.rewriting import kinds_that
from chalicelib.modules import (
    ByIndex,
    ByPartition,
    Catalogue,
    ComputedFrom,
    Expires,
    Kind,
    Listing,
    Manifest,
    ManifestError,
    OfPlatform,
    Permission,
    Text,
    build_catalogue,
    module_packages,
)
from chalicelib.store.records import Item, Record


@pytest.fixture(scope="module")
def catalogue():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWITCHBOARD_SECRET_KEYS", json.dumps(["A" * 43 + "="]))
        app = importlib.import_module("app")
        app.application.load()
        app._know_all_kinds()
        return app.application.catalogue


# Not the throw-away modules of tests, which stay imported in a process that has run theirs.
OURS = ("chalicelib.", "tenants.", *(f"{each.__name__}." for each in module_packages()))


def item_types(parent=Item):
    for child in parent.__subclasses__():
        if child.__module__.startswith(OURS):
            if child.kind.get_discriminator(child):
                yield child
            yield from item_types(child)


def test_item_types__every_one__is_a_declared_kind(catalogue):
    declared = {kind.name for manifest in catalogue for kind in manifest.kinds}
    stored = {cls.kind.get_discriminator(cls) for cls in item_types()}
    assert stored == declared


def test_records__every_one__names_the_kind_of_its_discriminator(catalogue):
    kinds = {kind.name: kind for manifest in catalogue for kind in manifest.kinds}
    for cls in item_types(Record):
        assert cls.KIND is kinds[cls.kind.get_discriminator(cls)]


def test_records__that_stand_in_an_org_unit__can_follow_it():
    for cls in item_types(Record):
        follows = "unit_path" in cls.get_attributes() or cls.stand_in is not Record.stand_in
        assert cls.org_unit is Record.org_unit or follows, cls


def test_records__that_move_or_are_handed_over__have_the_events_in_their_manifest(catalogue):
    said = {each for manifest in catalogue for each in manifest.events}
    for method, verb in (("org_unit", "relocated"), ("hand_over", "reassigned")):
        for _, kind in kinds_that(catalogue, method):
            assert f"{kind}.{verb}" in said


def test_records__personal_attributes__exist():
    for cls in item_types(Record):
        assert cls.KIND.personal <= set(cls.get_attributes()), cls


def test_kinds__every_one__can_be_listed_without_a_scan(catalogue):
    kinds = {kind.name: kind for manifest in catalogue for kind in manifest.kinds}
    for kind in kinds.values():
        assert isinstance(kind.listed_by, ByIndex | ByPartition | ComputedFrom | Expires | OfPlatform)
        if isinstance(kind.listed_by, ComputedFrom):
            assert kind.listed_by.kind in kinds or kind.listed_by.kind == "*"


def test_filters__every_one__reads_an_attribute_that_the_record_has():
    for cls in item_types(Record):
        for each in (cls.KIND.listing or Listing()).filters:
            assert each.attribute.partition(".")[0] in cls.get_attributes(), (cls, each.name)


def test_handlers_and_protocols__every_target__can_be_imported(catalogue):
    for manifest in catalogue:
        targets = [each.target for each in manifest.handlers] + list(manifest.implements.values())
        for target in targets:
            module, _, name = target.partition(":")
            assert callable(getattr(importlib.import_module(module), name))


CORE = Manifest("core", Text("Core", "核心"), "1", ("things",), (), (), always_on=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"paths": ("same",)}, {"paths": ("same",)}),
        ({"kinds": (Kind("same", ByIndex()),)}, {"kinds": (Kind("same", ByIndex()),)}),
        ({"kinds": (Kind("a", ByIndex(), "pre"),)}, {"kinds": (Kind("b", ByIndex(), "pre"),)}),
        ({"permissions": (Permission("other:read", Text("a", "b")),)}, {}),
        ({"requires": ("nobody",)}, {}),
        ({"requires": ("two",)}, {"requires": ("one",)}),
    ],
    ids=["path", "kind", "prefix", "permission", "requirement", "circle"],
)
def test_build_catalogue__contradiction__fails_the_build(monkeypatch, first, second):
    def manifest(name, said):
        empty = {"paths": (), "kinds": (), "permissions": ()}
        return Manifest(name=name, titles=Text(name, name), version="1", **{**empty, **said})

    packages = [ModuleType(f"modules.{name}") for name in ("one", "two")]
    rooms = {
        "modules.one.manifest": type("Room", (), {"MANIFEST": manifest("one", first)}),
        "modules.two.manifest": type("Room", (), {"MANIFEST": manifest("two", second)}),
    }
    monkeypatch.setattr("chalicelib.modules.module_packages", lambda: packages)
    monkeypatch.setattr("chalicelib.modules.importlib.import_module", rooms.__getitem__)
    with pytest.raises(ManifestError):
        build_catalogue(CORE)


def test_catalogue__requirements__come_first_and_are_known_both_ways():
    base = Manifest("base", Text("a", "b"), "1", (), (), ())
    upper = Manifest("upper", Text("a", "b"), "1", (), (), (), requires=("base",))
    top = Manifest("top", Text("a", "b"), "1", (), (), (), requires=("upper",))
    catalogue = Catalogue((base, upper, top))
    assert catalogue.requirements_of("top") == ("base", "upper")
    assert catalogue.required_by("base") == ("upper", "top")
