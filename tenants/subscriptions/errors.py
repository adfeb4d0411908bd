"""What switching modules can be refused for."""

from collections.abc import Iterable

from chalicelib.modules import Text
from chalicelib.problems import Conflict, FieldError, Invalid, StateConflict


class DependencyMissing(Conflict):
    """The module needs others, which are not enabled for all of that time."""

    code, title = "dependency_missing", Text("Other modules are needed first", "需要先启用其他模块")


class DependencyInUse(Conflict):
    """Enabled modules need this one."""

    code, title = "dependency_in_use", Text("Other enabled modules need this one", "其他已启用的模块依赖此模块")


class TrialUsed(Conflict):
    """A module is tried once."""

    code, title = "trial_used", Text("This module has been tried already", "该模块已试用过")


def missing(module: str, needed: Iterable[str]) -> DependencyMissing:
    """The refusal that names what is needed, first things first, and how to enable all of it."""
    names = list(needed)
    listed = ", ".join(names)
    text = Text(
        f"{module} needs {listed} for all of that time. Add ?with_dependencies=true to enable them too.",
        f"{module} 在此期间需要 {listed}。加上 ?with_dependencies=true 可一并启用。",
    )
    return DependencyMissing(text, module=module, missing=names)


def in_use(module: str, users: Iterable[str]) -> DependencyInUse:
    """The refusal that names what would break."""
    names = list(users)
    listed = ", ".join(names)
    text = Text(
        f"{listed} would break without {module}: end them first, or let them end no later.",
        f"停用 {module} 会影响 {listed}：请先停用它们，或让它们不晚于此时结束。",
    )
    return DependencyInUse(text, module=module, needed_by=names)


def trial_used(module: str) -> TrialUsed:
    """The refusal of a second trial."""
    return TrialUsed(
        Text(f"{module} has been tried already: subscribe to it without a trial.", f"{module} 已试用过：请直接订阅。"),
        module=module,
    )


def being_purged(module: str) -> StateConflict:
    """The refusal to begin again among what is being deleted."""
    text = Text(
        f"The data of {module} is being deleted, since it was off for so long. Try again in some minutes.",
        f"{module} 停用过久，其数据正在清除，请稍后再试。",
    )
    return StateConflict(text, module=module)


def always_on(module: str) -> StateConflict:
    """The refusal to switch what every tenant has."""
    return StateConflict(Text(f"{module} is always on.", f"{module} 始终启用。"), module=module)


def refused(detail: Text, field: str, code: str) -> Invalid:
    """One value that makes no sense."""
    return Invalid(errors=(FieldError(f"/{field}", code, detail),))
