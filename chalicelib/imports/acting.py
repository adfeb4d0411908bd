"""What happens with one row: find its record, decide by the mode, and let the module's use case stage the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.call import Call
from chalicelib.imports.plan import Finding, Parsed, Plan
from chalicelib.imports.target import ImportTarget
from chalicelib.imports.undo import written
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Problem, RecordTooLarge
from chalicelib.store.errors import ClaimTakenError, StoreBusyError
from chalicelib.store.keys import Key
from chalicelib.store.records import Item
from chalicelib.store.store import MAX_RECORD
from chalicelib.web.execute import as_problem
from chalicelib.web.parsing import field_errors

# What makes a record too large is either in the row or was there before; smaller rows of new records can't.
_WORTH_A_LOOK: Final = 8 * 1024


NO_RECORD: Final = "not_found"
THERE_ALREADY: Final = "already_exists"


class Fate(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class AgainError(Exception):
    """This row works on what an earlier one has staged: it goes into the next transaction."""


@dataclass(frozen=True, slots=True)
class Done:
    """A row's fate, what it has found on the way, and how many actions it takes, its group's closing with them.

    ``undo`` says what was before, for the records that can be put back to it.
    """

    fate: Fate
    errors: tuple[Finding, ...] = ()
    actions: int = 0
    undo: Mapping[str, Any] | None = None


class Acting:
    """Acts on the rows of one transaction, in the order of the file."""

    def __init__(self, call: Call, target: ImportTarget, plan: Plan) -> None:
        self.call, self.target, self.plan = call, target, plan
        self._seen: set[str] = set()
        self._found: set[Key] = set()
        self._groups: dict[str, list[Any]] = {}
        self._touched: set[tuple[str | None, Key]] = set()

    def act(self, parsed: Parsed, size: int) -> Done:
        """Stage what the row (of ``size`` bytes) asks for, or say why not; then nothing of it is staged.

        Raises AgainError, and the store's errors.
        """
        if parsed.errors:
            return Done(Fate.REJECTED, tuple(parsed.errors))
        identity = self.target.told_apart_by(self.plan.key, parsed.values)
        if identity is not None and identity in self._seen:
            raise AgainError
        mark = self.call.store.mark()
        try:
            before, fate, made = self._stage(parsed.values)
            actions, touched = self.call.store.staged_since(mark)
            large = size > _WORTH_A_LOOK or fate is Fate.UPDATED
            if large and self.call.store.largest_since(mark) > MAX_RECORD:
                raise RecordTooLarge
        except (Problem, ValidationError, ClaimTakenError) as error:
            self.call.store.back_to(mark)
            return Done(Fate.REJECTED, self._refused(error))
        if touched & self._touched:
            self.call.store.back_to(mark)
            raise AgainError
        self._touched |= touched
        if identity is not None:
            self._seen.add(identity)
        if actions:
            actions += self._grouped(parsed.values, made)
        return Done(fate, actions=actions, undo=self._undo(before, made) if actions else None)

    def take_back(self, parsed: Parsed) -> None:
        """The row that has acted last is not part of the transaction."""
        if self.target.closing:
            group = self.target.closing.group(parsed.values)
            self._groups[group].pop()
            if not self._groups[group]:
                del self._groups[group]

    def close(self) -> None:
        """Stage what the transaction's rows stage together: nothing comes behind it."""
        for group, made in self._groups.items():
            assert self.target.closing  # noqa: S101 - else there are no groups
            self.target.closing.close(self.call, group, made)

    def _grouped(self, values: Mapping[str, Any], made: Any) -> int:
        """Note the row in its group; how many actions that adds to the transaction."""
        if self.target.closing is None:
            return 0
        group = self.target.closing.group(values)
        new = group not in self._groups
        self._groups.setdefault(group, []).append(made)
        return self.target.closing.actions if new else 0

    def _undo(self, before: Mapping[str, Any] | None, made: Any) -> Mapping[str, Any] | None:
        undoing = self.target.undoing
        return written(self.call.store, made, before, undoing.written(made)) if undoing else None

    def _stage(self, values: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Fate, Any]:
        """Stage the row's change; the fields as they were, what became of the row, and the record."""
        plan, acting = self.plan, self.target.acting
        name, system = plan.key, plan.system
        found = acting.find(self.call, name, system, values) if name else None
        if found is None:
            if plan.mode == "update":
                text = Text("There is no such record to update.", "没有可更新的记录。")
                raise _refusal(NO_RECORD, name, text)
            return None, Fate.CREATED, acting.create(self.call, name, system, values)
        if plan.mode == "create":
            text = Text("There is such a record already.", "该记录已存在。")
            raise _refusal(THERE_ALREADY, name, text)
        self._once(found)
        mark = self.call.store.mark()
        before = dict(self.target.undoing.written(found)) if self.target.undoing else None
        made = acting.change(self.call, found, system, values)
        return before, (Fate.UPDATED if self.call.store.mark() != mark else Fate.UNCHANGED), made

    def _once(self, found: Item) -> None:
        """Two keys may find one record: it is changed once a transaction."""
        place = found.stands_at()
        if place in self._found:
            raise AgainError
        self._found.add(place)

    def _refused(self, error: Exception) -> tuple[Finding, ...]:
        if isinstance(error, ValidationError):
            return tuple(self.plan.located(each) for each in field_errors(error))
        problem = as_problem(error, self.call.store.scope)
        if not isinstance(problem, Problem):
            raise error
        if any(each.code in self.target.not_yet for each in problem.errors):
            # Declared by this job, and this process looks at definitions that are a second old: run again.
            reason = "own fields not heard of yet"
            raise StoreBusyError(reason) from error
        if problem.errors:
            return tuple(self.plan.located(each) for each in problem.errors)
        return (Finding(self.plan.column_of(self.plan.key) if self.plan.key else None, problem.code, problem.detail),)


def _refusal(code: str, key: str | None, text: Text) -> "RowRefused":
    return RowRefused(errors=(FieldError(f"/{(key or '').replace('.', '/')}", code, text),))


class RowRefused(Problem):
    """The mode says no to a row."""

    status, code, title = 422, "row_refused", Text("The row is refused", "该行被拒绝")


def read_ahead(call: Call, target: ImportTarget, plan: Plan, parsed: list[Parsed]) -> None:
    """Fetch what the rows are about to read, in as few round trips as it takes."""
    if plan.key is None:
        return
    rows = [each.values for each in parsed if not each.errors]
    if rows:
        target.acting.read_ahead(call, plan.key, plan.system, rows)
