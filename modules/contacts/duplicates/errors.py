"""What can be said against a new contact."""

from chalicelib.modules import Text
from chalicelib.problems import Conflict, StateConflict


class PossibleDuplicates(Conflict):
    code = "possible_duplicates"
    title = Text("There seems to be such a contact already", "可能已存在相同客户")


class LinkageMissing(StateConflict):
    code = "linkage_missing"
    title = Text("This worker has no record linkage: install requirements-batch.txt", "此工作进程未安装记录链接组件")


def closed(status: str) -> StateConflict:
    """It is open no more."""
    return StateConflict(Text(f"This cluster is {status}.", f"该重复组当前状态为 {status}。"))
