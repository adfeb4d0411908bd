"""The units of the house: each has a table of its own. A new folder under modules/ is one more."""

from pathlib import Path
from typing import Final

import modules

UNITS: Final = ("core", *sorted(each.parent.name for each in Path(modules.__path__[0]).glob("*/manifest.py")))
