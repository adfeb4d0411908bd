"""Modules that are imported when something of them is first asked for."""

import importlib
from typing import Any


class Late:
    """Stands for a module that most requests never use, so that no cold start pays for it (decision 0016).

    if TYPE_CHECKING:
        from chalicelib.imports import service
    else:
        service = Late("chalicelib.imports.service")
    """

    def __init__(self, name: str) -> None:
        """Take the module's whole name."""
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """The module's attribute, as it is now; imports the module if it is not there yet."""
        return getattr(importlib.import_module(self._name), attribute)
