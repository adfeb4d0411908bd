"""What can be wrong with a custom field."""

from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, InvalidParameter, StateConflict


def too_many(most: int) -> StateConflict:
    """An entity has so many fields that are written."""
    return StateConflict(
        Text(
            f"There are {most} fields already: archive one that is written no more.",
            f"已有 {most} 个字段：请先归档不再使用的字段。",
        )
    )


def immutable(field: str) -> Invalid:
    """Values hang on how the field was made."""
    detail = Text("Values hang on it: define a new field instead.", "已有取值依赖它：请另建字段。")
    return Invalid(errors=(FieldError(f"/{field}", "immutable", detail),))


def options_do_not_fit() -> Invalid:
    """Choices have options, and nothing else has."""
    detail = Text("enum and multi_enum have options, other types have none.", "仅 enum 与 multi_enum 需要 options。")
    return Invalid(errors=(FieldError("/options", "options", detail),))


def references_do_not_fit() -> Invalid:
    """A reference says what it refers to, and nothing else does."""
    detail = Text("A reference says what it refers to, other types do not.", "仅 reference 需要说明引用对象。")
    return Invalid(errors=(FieldError("/references", "references", detail),))


def name_is_an_operator() -> Invalid:
    """custom.in would be read as the operator «in» of «custom»."""
    detail = Text("A field called like an operator can't be filtered by.", "与运算符同名的字段不能用于筛选。")
    return Invalid(errors=(FieldError("/filterable", "operator", detail),))


def not_filterable(name: str, known: list[str]) -> InvalidParameter:
    """Lists are filtered by what is declared so."""
    listed = ", ".join(known) or "-"
    return InvalidParameter(
        Text(
            f"There is no filter {name[:80]!r}: no such custom field is declared filterable. Filterable: {listed}.",
            f"没有筛选条件 {name[:80]!r}：没有声明为可筛选的同名自定义字段。可筛选：{listed}。",
        ),
        allowed=known,
    )


def nothing_there(name: str, of: str | None) -> FieldError:
    """What a value refers to is not there, or not for this caller: the same answer."""
    detail = Text(f"There is no such {of}.", f"不存在所引用的对象（{of}）。")
    return FieldError(f"/custom/{name}", "unknown_reference", detail)
