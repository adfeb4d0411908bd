"""What an import refuses a file for."""

from chalicelib.modules import Text
from chalicelib.problems import Problem, StateConflict


class UnreadableError(ValueError):
    """A file that can't be read as what it seems to be: what is wrong, what to do, and what of the request says so."""

    def __init__(self, detail: Text, *, pointer: str = "/file_id", code: str = "unreadable_file") -> None:
        super().__init__(detail.en)
        self.detail, self.pointer, self.code = detail, pointer, code


class RevertExpired(StateConflict):
    """What was before an import is not kept any more."""

    code, title = "revert_expired", Text("An import can be reverted within 7 days", "导入仅可在 7 天内撤销")


class AlreadyReverted(StateConflict):
    """An import is taken back once."""

    code, title = "already_reverted", Text("This import is being reverted, or has been", "该导入正在撤销或已撤销")


class UnreadableFile(Problem):
    """A file whose beginning could be read, and the rest not: its job fails with this."""

    status, code, title = 422, "unreadable_file", Text("The file can't be read", "无法读取该文件")
