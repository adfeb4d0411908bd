"""What a tenant adds to the API's document: its own fields and filters, as modules say them (``Manifest.adds``)."""

from dataclasses import dataclass

from chalicelib.modules import Filter


@dataclass(frozen=True, slots=True)
class Additions:
    """Comparable, so that a document that was made for them is known again.

    ``properties`` are (component, property, JSON schema as text): what stands in a component in the property's place.
    ``filters`` are (operation id, filter).
    """

    properties: tuple[tuple[str, str, str], ...] = ()
    filters: tuple[tuple[str, Filter], ...] = ()
