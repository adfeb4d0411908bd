"""Doors into another module's table, as the manifests allow them (architecture.md, «The module contract»)."""

from dataclasses import replace

from chalicelib.modules import Catalogue, Manifest
from chalicelib.store.errors import BoundaryError
from chalicelib.store.store import Store


def readable(manifest: Manifest) -> set[str]:
    """The kinds of a module that those who require it may read."""
    return {kind.name for kind in manifest.kinds if kind.reads}


def read_totals(catalogue: Catalogue, store: Store, module: str) -> Store:
    """A door to what a module has counted, for its own totals (chalicelib/counters/reading.py) and nothing else.

    Raises BoundaryError for a module that the store's own unit does not require.
    """
    return replace(read_beside(catalogue, store, module), kinds=frozenset({"cell"}), writes=frozenset())


def read_beside(catalogue: Catalogue, store: Store, module: str) -> Store:
    """A door to read what a module that the store's own unit requires lets others read.

    Raises BoundaryError for any other module.
    """
    manifest, other = catalogue.get(store.unit), catalogue.get(module)
    if manifest is None or other is None or module not in {*manifest.requires, *manifest.optional_requires}:
        message = f"{store.unit} does not require {module}"
        raise BoundaryError(message)
    return store.beside(module, (), reads=readable(other))
