"""What can be wrong with a category."""

from chalicelib.access.placing import unknown_reference
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid, StateConflict


def unknown_category() -> Invalid:
    """The tenant has no such category, or has retired it."""
    detail = Text(
        "There is no such category: GET /v1/service/categories lists them.",
        "没有该类别：GET /v1/service/categories 可列出全部类别。",
    )
    return unknown_reference("category", detail)


def no_parent() -> Invalid:
    """The path's parent is no category."""
    return unknown_reference("path", Text("Create the category above it first.", "请先创建其上级类别。"))


def path_stays() -> Invalid:
    """Requests and figures name a category by its path."""
    detail = Text("A category's path stays: retire it and create another.", "类别路径不可更改：请停用后另建。")
    return Invalid(errors=(FieldError("/path", "immutable", detail),))


def too_many(most: int) -> StateConflict:
    """So many categories are read for each new request."""
    return StateConflict(Text(f"A tenant has at most {most} categories.", f"每个租户最多 {most} 个类别。"))
