"""What can be wrong with a decision."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid


def in_the_future() -> Invalid:
    """Nobody has decided yet what they will decide tomorrow."""
    return _wrong("/decided_at", "in_the_future", Text("Not later than now.", "不得晚于当前时间。"))


def over_before_it_began() -> Invalid:
    """A consent is over after it was given."""
    return _wrong("/expires_at", "before_start", Text("Not before decided_at.", "不得早于 decided_at。"))


def unknown_file() -> Invalid:
    """The evidence is a file that the caller has."""
    return _wrong("/evidence_file_id", "unknown_reference", Text("There is no such file.", "没有这样的文件。"))


def which_contact() -> Invalid:
    """A batch's operation names its contact in one way."""
    text = Text("Give contact_id or external_id.", "请提供 contact_id 或 external_id 之一。")
    return _wrong("/contact_id", "two_holders", text)


def _wrong(field: str, code: str, detail: Text) -> Invalid:
    return Invalid(errors=(FieldError(field, code, detail),))
