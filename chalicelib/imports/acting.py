"""What happens with one row: find its record, decide by the mode, and let the module's use case stage the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from chalicelib.call import Call
from chalicelib.imports.plan import Finding, Parsed, Plan
from chalicelib.imports.target import ImportTarget
from chalicelib.modules import Text
from chalicelib.problems import FieldError, Problem, RecordTooLarge
from chalicelib.store.errors import ClaimTakenError, StoreBusyError
from chalicelib.store.keys import Key
from chalicelib.store.records import Record
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
    """A row's fate, what it has found on the way, and how many actions it has staged."""

    fate: Fate
    errors: tuple[Finding, ...] = ()
    actions: int = 0


class Acting:
    """Acts on the rows of one transaction, in the order of the file."""

    def __init__(self, call: Call, target: ImportTarget, plan: Plan) -> None:
        self.call, self.target, self.plan = call, target, plan
        self._seen: set[str] = set()
        self._touched: set[tuple[str | None, Key]] = set()

    def act(self, parsed: Parsed, size: int) -> Done:
        """Stage what the row (of ``size`` bytes) asks for, or say why not; then nothing of it is staged.

        Raises AgainError, and the store's errors.
        """
        if parsed.errors:
            return Done(Fate.REJECTED, tuple(parsed.errors))
        key = str(parsed.values[self.plan.key]) if self.plan.key else None
        if key is not None and key in self._seen:
            raise AgainError
        mark = self.call.store.mark()
        try:
            fate = self._stage(key, parsed.values)
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
        if key is not None:
            self._seen.add(key)
        return Done(fate, actions=actions)

    def _stage(self, key: str | None, values: Mapping[str, Any]) -> Fate:
        plan, acting = self.plan, self.target.acting
        name, system = plan.key, plan.system
        found = acting.find(self.call, name, system, key) if name and key is not None else None
        if found is None:
            if plan.mode == "update":
                text = Text("There is no such record to update.", "没有可更新的记录。")
                raise _refusal(NO_RECORD, name, text)
            acting.create(self.call, name, system, values)
            return Fate.CREATED
        if plan.mode == "create":
            text = Text("There is such a record already.", "该记录已存在。")
            raise _refusal(THERE_ALREADY, name, text)
        self._once(found)
        mark = self.call.store.mark()
        acting.change(self.call, found, system, values)
        return Fate.UPDATED if self.call.store.mark() != mark else Fate.UNCHANGED

    def _once(self, found: Record) -> None:
        """Two keys may find one record: it is changed once a transaction."""
        if found.id in self._seen:
            raise AgainError
        self._seen.add(found.id)

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
    values = [str(each.values[plan.key]) for each in parsed if not each.errors]
    if values:
        target.acting.read_ahead(call.store, plan.key, plan.system, values)
