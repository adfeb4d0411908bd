"""What onboarding can be refused for."""

from collections.abc import Iterable

from chalicelib.modules import Text
from chalicelib.problems import Conflict, FieldError, Invalid, StateConflict
from tenants.lifecycle.rules import TenantState


class TenantNameTaken(Conflict):
    """Another tenant of this deployment is called so."""

    code, title = "tenant_name_taken", Text("Another tenant has this name", "该名称已被其他租户使用")


def unknown_modules(names: Iterable[str], wanted: list[str]) -> Invalid:
    """The refusal of modules that are not in the catalogue, by their place in the list."""
    text = Text("There is no such module, or it needs no subscription", "没有该模块，或该模块无需订阅")
    return Invalid(errors=tuple(FieldError(f"/modules/{wanted.index(name)}", "unknown_module", text) for name in names))


def not_from(state: TenantState) -> StateConflict:
    """The refusal of a transition that the state does not allow."""
    text = Text(f"The tenant is {state}.", f"租户当前状态为 {state}。")
    return StateConflict(text, state=str(state))
