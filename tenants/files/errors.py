"""What completing an upload can be refused for."""

from typing import Final

from chalicelib.modules import Text
from chalicelib.problems import Conflict

SHOWN: Final = 1000  # numbers of missing parts in one answer: as many URLs as one call signs


class PartsMissing(Conflict):
    """Some parts have not come, or not in their size."""

    code, title = "parts_missing", Text("Parts of the file are missing", "文件的部分分片缺失")


def missing(numbers: tuple[int, ...]) -> PartsMissing:
    """The refusal that names the parts to send (again)."""
    text = Text(
        f"{len(numbers)} parts have not come, or not in their declared size: send them and complete again.",
        f"{len(numbers)} 个分片未收到或大小不符：请重新发送后再完成。",
    )
    return PartsMissing(text, missing=list(numbers[:SHOWN]), missing_total=len(numbers))
