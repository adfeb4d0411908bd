"""style.md: median file ≤ 100 lines, none above 400."""

from pathlib import Path
from statistics import median

import pytest

from tests.house import source

MOST = 400
MEDIAN = 100


def too_long(path: Path, text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{path}: {lines} lines"] if lines > MOST else []


def test_no_source_file_is_longer_than_a_reader_can_hold():
    found = source.run(too_long)
    assert not found, source.report(
        found,
        "files that grow because everything is put where something like it already is",
        f"give each noun a folder of its own with the same rooms; {MOST} lines at most",
    )


def test_the_median_source_file_is_short():
    lengths = [len((source.ROOT / file).read_text(encoding="utf-8").splitlines()) for file in source.files()]
    middle = median(lengths or [0])
    assert middle <= MEDIAN, source.report(
        [f"the median of {len(lengths)} files is {middle} lines"],
        "a house in which every file is nearly too long",
        f"split by noun and room until the median is {MEDIAN} or less",
    )


@pytest.mark.parametrize(("lines", "findings"), [(MOST, 0), (MOST + 1, 1)])
def test_the_limit_itself_is_allowed(lines, findings):
    assert len(too_long(Path("modules/x/service.py"), "pass\n" * lines)) == findings
