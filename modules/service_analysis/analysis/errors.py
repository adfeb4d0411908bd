"""What can be wrong with a question for figures."""

from chalicelib.modules import Text
from chalicelib.problems import InvalidParameter, TotalNotAvailable


def no_totals() -> TotalNotAvailable:
    """Whoever sees nothing but their own requests has no totals."""
    return TotalNotAvailable(
        Text("There are figures for org units, not for one's own requests.", "统计仅按组织提供，不含“仅本人”范围。")
    )


def no_day(text: str) -> InvalidParameter:
    """A month or day that the calendar has not."""
    return InvalidParameter(Text(f"There is no {text[:10]}.", f"不存在的日期：{text[:10]}。"))


def backwards() -> InvalidParameter:
    """A period that ends before it begins."""
    return InvalidParameter(Text("«from» is not after «to».", "from 不能晚于 to。"))


def too_long(most: int, unit: Text) -> InvalidParameter:
    """More periods than one answer has."""
    return InvalidParameter(Text(f"At most {most} {unit.en} at once.", f"一次最多 {most} 个{unit.zh}。"))


def no_dimension(known: tuple[str, ...]) -> InvalidParameter:
    """``over`` names what is no dimension, or one twice."""
    names = ", ".join(known)
    return InvalidParameter(
        Text(f"over: none, one or two of {names}.", f"over：可取以下零至两项：{names}。"), allowed=list(known)
    )


def too_many_dimensions() -> InvalidParameter:
    """More dimensions than cells are kept for."""
    return InvalidParameter(
        Text("Figures are over two dimensions at most, filters included.", "统计最多涉及两个维度（含筛选）。")
    )


def only_by_month() -> InvalidParameter:
    """Two dimensions, and comparisons, are by month alone."""
    return InvalidParameter(
        Text("Two dimensions and comparisons are by month: by=month.", "两个维度及对比仅支持按月：by=month。")
    )


def no_figure(known: tuple[str, ...]) -> InvalidParameter:
    """``show`` names what is no figure."""
    names = ", ".join(known)
    return InvalidParameter(Text(f"show: any of {names}.", f"show：可取 {names}。"), allowed=list(known))


def too_many_rows(most: int) -> InvalidParameter:
    """More values than one answer holds."""
    return InvalidParameter(
        Text(
            f"These are more than {most} rows: take a shorter period, a smaller depth or a branch.",
            f"结果超过 {most} 行：请缩短期间、降低层级或限定分支。",
        )
    )
