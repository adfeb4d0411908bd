"""What can be wrong with a month's figures."""

from chalicelib.modules import Text
from chalicelib.problems import Conflict, FieldError, Invalid, NotFound
from modules.contacts.usage.rules import OlderThanKnownError


class OlderFigures(Conflict):
    """What is known is younger than what a source says, and different."""

    code, title = "older_figures", Text("Younger figures are known", "已有更新的数据")


def older(refused: OlderThanKnownError) -> OlderFigures:
    """Which figures are known as of when."""
    names, at = ", ".join(refused.names), refused.known.isoformat(timespec="seconds")
    text = Text(f"{names}: known as of {at}, which is later.", f"{names}：已有截至 {at} 的较新数据。")
    return OlderFigures(text)


def no_figures() -> Invalid:
    """A new month says at least one figure."""
    text = Text("Say at least one figure.", "请至少提供一项数据。")
    return Invalid(errors=(FieldError("", "no_figures", text),))


def other_currency(at: str = "") -> Invalid:
    """All amounts of a month are in one currency."""
    text = Text("All amounts of a month are in one currency.", "同一月份的金额必须使用同一币种。")
    return Invalid(errors=(FieldError(at, "other_currency", text),))


def unbegun_month() -> Invalid:
    """A month that has not begun."""
    return _still_to_come("/month")


def word_of_tomorrow() -> Invalid:
    """What is said as of an instant that is still to come would refuse every word until then."""
    return _still_to_come("/as_of")


def _still_to_come(pointer: str) -> Invalid:
    return Invalid(errors=(FieldError(pointer, "in_the_future", Text("This is still to come.", "尚未到来。")),))


def one_of_both() -> Invalid:
    """A month is a line's or an account's."""
    text = Text("Name a line or an account, or neither.", "请仅指定线路或账户之一，或都不指定。")
    return Invalid(errors=(FieldError("/account", "two_holders", text),))


def one_key() -> Invalid:
    """A customer is found by one key."""
    text = Text(
        "Give exactly one of contact_id, external_id, msisdn and line_id, or account alone.",
        "请仅提供 contact_id、external_id、msisdn、line_id 之一，或单独提供 account。",
    )
    return Invalid(errors=(FieldError("/key", "one_key", text),))


def unknown_line() -> Invalid:
    """The line is none of this customer's."""
    text = Text("This customer has no such line.", "该客户没有此线路。")
    return Invalid(errors=(FieldError("/line_id", "unknown_reference", text),))


def unknown_customer() -> NotFound:
    """Nobody is found by the key, or nobody whom this caller may see."""
    return NotFound(Text("No customer is found by this key.", "找不到该键对应的客户。"))


def held_by_another() -> Invalid:
    """The number has its present holder since a later month only."""
    text = Text(
        "The line has begun after this month: the number was another's.", "线路在该月之后才启用：号码当时不属于此客户。"
    )
    return Invalid(errors=(FieldError("/msisdn", "held_by_another", text),))


def backwards() -> Invalid:
    """A period begins before it ends."""
    return Invalid(errors=(FieldError("/query/to", "backwards", Text("Not before from.", "不得早于 from。")),))
