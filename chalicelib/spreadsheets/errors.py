"""What is wrong with a workbook."""

from chalicelib.modules import Text

_SAVE: Text = Text("Save it as CSV (UTF-8) and send that.", "请另存为 CSV（UTF-8）后重新上传。")


class WorkbookError(ValueError):
    """A workbook that can't be read, or is beyond what we read: what is wrong, and what to do."""

    def __init__(self, what: Text, then: Text = _SAVE) -> None:
        super().__init__(what.en)
        self.detail = Text(f"{what.en} {then.en}", f"{what.zh}{then.zh}")


class NoSuchSheetError(WorkbookError):
    """There is no sheet of that name, or none that can be seen."""


def corrupt() -> WorkbookError:
    """What is broken somewhere: where does not help anybody who has the file and not its inside."""
    return WorkbookError(
        Text("This XLSX file is damaged.", "该 XLSX 文件已损坏。"),
        Text("Open it, save it again, and send that.", "请打开后重新保存，再上传。"),
    )
