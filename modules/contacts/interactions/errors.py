"""What can be wrong with an interaction."""

from chalicelib.modules import Text
from chalicelib.problems import AlreadyExists, AmbiguousKey, FieldError, Invalid


def not_one_key() -> Invalid:
    """An interaction of a batch names its contact by our id, or by one key."""
    detail = Text("Give contact_id, or contact with exactly one key.", "请提供 contact_id，或仅含一个键的 contact。")
    return Invalid(errors=(FieldError("/contact", "one_key", detail),))


def shared_by(ids: list[str]) -> AmbiguousKey:
    """Several contacts that the caller may see share the key."""
    return AmbiguousKey(Text("Several contacts share this key.", "多个客户共用此键值。"), ids=ids)


def told_of_another() -> AlreadyExists:
    """What the source calls so is an interaction with somebody else."""
    detail = Text("This source has told it of another contact.", "该来源编号已用于另一客户的交互记录。")
    return AlreadyExists(detail, key="source")
