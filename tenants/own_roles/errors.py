"""What roles can be refused for."""

from collections.abc import Iterable, Mapping
from typing import Final

from chalicelib.modules import Text
from chalicelib.problems import AlreadyExists, FieldError, Invalid, StateConflict
from tenants.own_roles.rules import PermissionFault

_FAULTS: Final[Mapping[PermissionFault, Text]] = {
    PermissionFault.UNKNOWN: Text("There is no such permission", "没有该权限"),
    PermissionFault.NOT_YOURS: Text(
        "You don't hold this for the whole tenant yourself", "您自己没有全租户范围的此权限"
    ),
}


def unknown_role(pointer: str = "/role") -> Invalid:
    """Neither a built-in role nor one of the tenant's own."""
    text = Text("There is no such role: GET /v1/roles lists them.", "没有该角色：可通过 GET /v1/roles 查看。")
    return Invalid(errors=(FieldError(pointer, "unknown_role", text),))


def beyond_yours(lacking: Iterable[str], reach: str, pointer: str = "/role") -> Invalid:
    """More than the giver holds."""
    names = list(lacking)
    text = Text(
        f"You can't give what you don't hold: {', '.join(names)} with the reach «{reach}».",
        f"不能授予您自己没有的权限：{'、'.join(names)}（范围 {reach}）。",
    )
    return Invalid(errors=(FieldError(pointer, "beyond_yours", text),))


def bad_permissions(faults: Iterable[tuple[int, PermissionFault]]) -> Invalid:
    """Permissions that the role can't hold, each by its place."""
    return Invalid(errors=tuple(FieldError(f"/permissions/{at}", str(each), _FAULTS[each]) for at, each in faults))


def name_taken() -> AlreadyExists:
    """A built-in role, or another one of the tenant's, is called so."""
    return AlreadyExists(Text("There is a role of this name already.", "已有同名角色。"), key="name")


def built_in_stays() -> StateConflict:
    """Built-in roles are the product's."""
    return StateConflict(Text("A built-in role can't be changed or deleted.", "内置角色不能修改或删除。"))


def too_many(most: int) -> StateConflict:
    """The plan has so many own roles and no more."""
    return StateConflict(
        Text(
            f"Your plan has {most} roles of your own: delete one, or change the plan of a subscription.",
            f"当前套餐最多可建 {most} 个自定义角色：请删除一个，或升级套餐。",
        ),
        limit=most,
    )


def in_use(user_id: str) -> StateConflict:
    """Somebody has it."""
    return StateConflict(
        Text(
            f"Users have this role ({user_id}, perhaps others): give them another one first.",
            f"仍有用户使用该角色（如 {user_id}）：请先为其更换角色。",
        ),
        user_id=user_id,
    )
