"""What switching modules can be refused for."""

from chalicelib.modules import Text
from chalicelib.problems import Conflict, StateConflict


class DependencyMissing(Conflict):
    """The module needs others, which are not enabled."""

    code, title = "dependency_missing", Text("Other modules are needed first", "需要先启用其他模块")


class DependencyInUse(Conflict):
    """Enabled modules need this one."""

    code, title = "dependency_in_use", Text("Other enabled modules need this one", "其他已启用的模块依赖此模块")


def missing(module: str, needed: tuple[str, ...]) -> DependencyMissing:
    """The refusal that names what is needed, first things first, and how to enable all of it."""
    names = ", ".join(needed)
    text = Text(
        f"{module} needs {names}. Add ?with_dependencies=true to enable them too.",
        f"{module} 需要 {names}。加上 ?with_dependencies=true 可一并启用。",
    )
    return DependencyMissing(text, module=module, missing=list(needed))


def in_use(module: str, users: tuple[str, ...]) -> DependencyInUse:
    """The refusal that names what would break."""
    names = ", ".join(users)
    text = Text(
        f"{names} would break without {module}: end them first.", f"停用 {module} 会影响 {names}：请先停用它们。"
    )
    return DependencyInUse(text, module=module, needed_by=list(users))


def always_on(module: str) -> StateConflict:
    """The refusal to switch what every tenant has."""
    return StateConflict(Text(f"{module} is always on.", f"{module} 始终启用。"), module=module)
