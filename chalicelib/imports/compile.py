"""From what a caller asked for to a plan: checked against the file's columns and the module's fields. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.imports.date_columns import DatesFound
from chalicelib.imports.dates import ISO, TIME
from chalicelib.imports.plan import Plan, PlannedColumn, is_own, meaning_of, own_meaning
from chalicelib.imports.schemas import Column, ImportPlan
from chalicelib.imports.suggest import CUSTOM, Suggestion
from chalicelib.imports.target import ImportTarget, OwnField
from chalicelib.imports.values import DATED, CellRefused, FieldType
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Invalid


def compiled(
    target: ImportTarget,
    columns: Sequence[str],
    wanted: ImportPlan,
    own: Sequence[OwnField],
    *,
    system: str,
    currency: str,
) -> Plan:
    """The plan. Raises Invalid with a pointer for each thing that does not go together."""
    errors: list[FieldError] = []
    planned: list[PlannedColumn] = []
    given: dict[str, str] = {}
    for name, column in wanted.mapping.items():
        at = f"/mapping/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in columns:
            detail = Text(f"The file has no column {name!r}.", f"文件中没有列 {name!r}。")
            errors.append(FieldError(at, "unknown_column", detail))
        elif column.field is not None:
            if column.field in given:
                detail = Text(
                    f"{given[column.field]!r} fills this field already.", f"该字段已由 {given[column.field]!r} 填充。"
                )
                errors.append(FieldError(f"{at}/field", "field_taken", detail))
            given[column.field] = name
            made = _planned(target, columns.index(name), name, column, own)
            if isinstance(made, PlannedColumn):
                planned.append(made)
            else:
                errors.append(FieldError(at + made[0], made[1], made[2]))
    constants: dict[str, Any] = {}
    for name, cell in wanted.constants.items():
        found = _constant(target, name, cell, own, given, currency)
        if isinstance(found, FieldError):
            errors.append(found)
        else:
            constants[name] = found.value
    errors += _key_errors(target, wanted, {*given, *constants})
    errors += [_no_date_of(name, given[name]) for name in given if _lacks_date(target, name, {*given, *constants})]
    if errors:
        raise Invalid(errors=tuple(errors))
    return Plan(tuple(planned), wanted.mode, wanted.key, system, currency, constants, instants=target.instants)


def _lacks_date(target: ImportTarget, name: str, given: Collection[str]) -> bool:
    known = target.field(name)
    return known is not None and known.type is FieldType.TIME and name.removesuffix(TIME) not in given


def _no_date_of(name: str, column: str) -> FieldError:
    date = name.removesuffix(TIME)
    detail = Text(f"No column is mapped to {date}, whose time this is.", f"没有列映射到该时刻所属的 {date}。")
    return FieldError(f"/mapping/{column.replace('~', '~0').replace('/', '~1')}/field", "date_missing", detail)


@dataclass(frozen=True, slots=True)
class _Constant:
    """Told from a FieldError, whatever the value is."""

    value: Any


def _constant(
    target: ImportTarget, name: str, cell: str, own: Sequence[OwnField], given: Mapping[str, str], currency: str
) -> _Constant | FieldError:
    at = f"/constants/{name.replace('~', '~0').replace('/', '~1')}"
    known = target.field(name)
    there = next((each for each in own if CUSTOM + each.name == name), None)
    if known is None and there is None:
        return FieldError(at, "unknown_field", Text(f"There is no field {name!r}.", f"没有字段 {name!r}。"))
    if name in given:
        detail = Text(f"{given[name]!r} fills this field already.", f"该字段已由 {given[name]!r} 填充。")
        return FieldError(at, "field_taken", detail)
    meaning = meaning_of(known, {}) if known else own_meaning(there, {}) if there else None
    assert meaning  # noqa: S101 - one of both is there
    try:
        return _Constant(meaning.value(cell.strip(), currency))
    except CellRefused as refused:
        return FieldError(at, refused.code, refused.detail)


def _planned(
    target: ImportTarget, place: int, name: str, column: Column, own: Sequence[OwnField]
) -> PlannedColumn | tuple[str, str, Text]:
    wanted = column.field or ""
    if not is_own(wanted):
        known = target.field(wanted)
        if known is None:
            names = ", ".join(each.name for each in target.fields)
            return "/field", "unknown_field", Text(f"No such field. Fields: {names}.", f"没有该字段。可用：{names}。")
        for word in column.values.values():
            if known.words and word not in known.words:
                words = ", ".join(known.words)
                return "/values", "unknown_value", Text(f"{wanted} takes: {words}.", f"{wanted} 可取：{words}。")
        if _dated_in_vain(known.type, column):
            return _NO_DATES
        form, swapped = column.date_form or ISO, column.day_month_swapped
        meaning = meaning_of(known, column.values, form, swapped=swapped)
        return PlannedColumn(place, name, wanted, meaning, column.warn_if_negative)
    return _planned_own(place, name, wanted, column, own)


def _planned_own(
    place: int, name: str, wanted: str, column: Column, own: Sequence[OwnField]
) -> PlannedColumn | tuple[str, str, Text]:
    there = next((each for each in own if CUSTOM + each.name == wanted), None)
    if there is None and column.new is None:
        text = Text("No custom field is so named: give `new` to declare it.", "没有该自定义字段：请用 new 声明。")
        return "/field", "unknown_custom_field", text
    field = there or _declared(wanted, column)
    if (field.type in {FieldType.ENUM, FieldType.MULTI_ENUM}) != bool(field.options):
        return "/new/options", "options", Text("An enum has options, other types have none.", "仅 enum 需要 options。")
    if _dated_in_vain(field.type, column):
        return _NO_DATES
    form, swapped = column.date_form or ISO, column.day_month_swapped
    meaning = own_meaning(field, column.values, form, swapped=swapped)
    return PlannedColumn(place, name, wanted, meaning, column.warn_if_negative, new=there is None)


_NO_DATES: Final = ("/date_form", "no_dates", Text("This field holds no date.", "该字段不是日期。"))


def _dated_in_vain(kind: FieldType, column: Column) -> bool:
    return (column.date_form is not None or column.day_month_swapped) and kind not in DATED


def _declared(wanted: str, column: Column) -> OwnField:
    new = column.new
    assert new is not None  # noqa: S101 - the caller has looked
    kind, options = FieldType(new.type), tuple(new.options)
    return OwnField(wanted.removeprefix(CUSTOM), kind, options, new.title, column.warn_if_negative)


def new_fields(mapping: Mapping[str, Column], plan: Plan) -> list[OwnField]:
    """The own fields that the plan needs and the tenant has not."""
    return [_declared(each.field, mapping[each.column]) for each in plan.columns if each.new]


def _key_errors(target: ImportTarget, wanted: ImportPlan, given: Collection[str]) -> list[FieldError]:
    if wanted.key is None:
        if wanted.mode == "create":
            return []
        text = Text(f"{wanted.mode} needs a key: {', '.join(target.keys)}.", f"{wanted.mode} 需要匹配字段。")
        return [FieldError("/key", "missing", text)]
    if wanted.key not in target.keys:
        names = ", ".join(target.keys)
        return [FieldError("/key", "unknown_key", Text(f"A key is one of: {names}.", f"匹配字段可用：{names}。"))]
    if wanted.key not in given:
        text = Text(f"No column is mapped to {wanted.key}.", f"没有列映射到 {wanted.key}。")
        return [FieldError("/key", "unmapped_key", text)]
    return []


def key_column(target: ImportTarget, suggested: Mapping[str, Suggestion]) -> str | None:
    """The column with the best key there is."""
    filled = {each.field: name for name, each in suggested.items() if each.field}
    return next((filled[each] for each in target.keys if each in filled), None)


def as_plan(
    target: ImportTarget, suggested: Mapping[str, Suggestion], dates: Mapping[str, DatesFound] | None = None
) -> ImportPlan:
    """The suggestions as what a caller would send: upsert by the best key there is, else create.

    Dates whose day and month are swapped, as what was found in their columns says, are put back.
    """
    filled = {each.field: name for name, each in suggested.items() if each.field}
    column = key_column(target, suggested)
    key = suggested[column].field if column else None
    swapped = {name for name, each in (dates or {}).items() if each.swap}
    mapping = {name: _suggested(each, swapped=name in swapped) for name, each in suggested.items()}
    constants = dict(target.implied(filled)) if target.implied else {}
    return ImportPlan(mode="upsert" if key else "create", key=key, mapping=mapping, constants=constants)


def _suggested(suggestion: Suggestion, *, swapped: bool) -> Column:
    new: dict[str, Any] | None = None
    if suggestion.new:
        new = {
            "type": suggestion.new.type.value,
            "options": list(suggestion.new.options),
            "title": suggestion.new.title[:200],
        }
    return Column.model_validate(
        {
            "field": suggestion.field,
            "values": dict(suggestion.values),
            "new": new,
            "warn_if_negative": suggestion.warn_if_negative,
            "date_form": None if suggestion.date_form == ISO else suggestion.date_form,
            "day_month_swapped": swapped and suggestion.date_form is not None,
        }
    )
