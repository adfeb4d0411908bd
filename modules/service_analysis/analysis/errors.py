"""What can be wrong with a question for figures."""

from chalicelib.modules import Text
from chalicelib.problems import InvalidParameter, TotalNotAvailable


class NoSuchFigures(InvalidParameter):
    """What is asked for fits the parameters one by one, and no figures are kept for it."""

    code, title = "no_such_figures", Text("There are no such figures", "没有这样的统计")


def no_totals() -> TotalNotAvailable:
    """Whoever sees nothing but their own requests has no totals."""
    return TotalNotAvailable(
        Text("There are figures for org units, not for one's own requests.", "统计仅按组织提供，不含“仅本人”范围。")
    )


def no_day(text: str) -> NoSuchFigures:
    """A month or day that the calendar has not."""
    return NoSuchFigures(Text(f"There is no {text[:10]}.", f"不存在的日期：{text[:10]}。"))


def backwards() -> NoSuchFigures:
    """A period that ends before it begins."""
    return NoSuchFigures(Text("«from» is not after «to».", "from 不能晚于 to。"))


def too_long(most: int, unit: Text) -> NoSuchFigures:
    """More periods than one answer has."""
    return NoSuchFigures(Text(f"At most {most} {unit.en} at once.", f"一次最多 {most} 个{unit.zh}。"))


def no_dimension(known: tuple[str, ...]) -> NoSuchFigures:
    """``over`` names what is no dimension, or one twice."""
    names = ", ".join(known)
    return NoSuchFigures(
        Text(f"over: none, one or two of {names}.", f"over：可取以下零至两项：{names}。"), allowed=list(known)
    )


def too_many_dimensions() -> NoSuchFigures:
    """More dimensions than cells are kept for."""
    return NoSuchFigures(
        Text("Figures are over two dimensions at most, filters included.", "统计最多涉及两个维度（含筛选）。")
    )


def only_by_month() -> NoSuchFigures:
    """Two dimensions, and comparisons, are by month alone."""
    return NoSuchFigures(
        Text("Two dimensions and comparisons are by month: by=month.", "两个维度及对比仅支持按月：by=month。")
    )


def no_figure(known: tuple[str, ...]) -> NoSuchFigures:
    """``show`` names what is no figure."""
    names = ", ".join(known)
    return NoSuchFigures(Text(f"show: any of {names}.", f"show：可取 {names}。"), allowed=list(known))


def too_many_rows(most: int) -> NoSuchFigures:
    """More values than one answer holds."""
    return NoSuchFigures(
        Text(
            f"These are more than {most} rows: take a shorter period, a smaller depth or a branch.",
            f"结果超过 {most} 行：请缩短期间、降低层级或限定分支。",
        )
    )
