"""What a decision's words mean, for people."""

from typing import Final

from chalicelib.modules import Text
from tenants.entitlements.rules import Explained, Step

_STEPS: Final = {
    Step.KILL_SWITCH: Text("Kill switch of the platform", "平台总开关"),
    Step.TENANT_STATE: Text("State of the tenant", "租户状态"),
    Step.MODULE_SUBSCRIPTION: Text("Subscription of the module", "模块订阅"),
    Step.TENANT_OVERRIDE: Text("The tenant's own switch", "租户自设开关"),
    Step.PLAN: Text("Plan", "套餐"),
    Step.CATALOGUE_DEFAULT: Text("Default of the catalogue", "目录默认值"),
}
_SAID: Final = {
    "none": Text("nothing", "无"),
    "killed": Text("switched off for all tenants", "已对所有租户停用"),
    "requirement_killed": Text("a module that it needs is switched off for all tenants", "其依赖模块已对所有租户停用"),
    "read_only": Text("only to be read, for all tenants", "对所有租户只读"),
    "active": Text("active", "有效"),
    "suspended": Text("suspended; what that blocks is blocked for everything", "已暂停；相应限制对全部功能生效"),
    "offboarding": Text("leaving: read-only", "退租中：只读"),
    "always_on": Text("always on", "始终启用"),
    "not_subscribed": Text("not subscribed", "未订阅"),
    "scheduled": Text("subscribed, to begin later", "已订阅，尚未开始"),
    "trial": Text("on trial", "试用中"),
    "activating": Text("catching up after a pause", "正在补齐停用期间的数据"),
    "grace": Text("lapsed: read-only until its grace ends", "已到期：宽限期内只读"),
    "off": Text("switched off", "已停用"),
    "unknown_plan": Text("of a plan that does not exist", "套餐不存在"),
    "requirement_off": Text("a module that it needs is off", "其依赖模块已停用"),
    "overridden": Text("switched by an admin", "由管理员设定"),
    "for_others": Text(
        "there are switches, but for other roles or org units, or expired", "有开关，但针对其他角色或机构，或已过期"
    ),
    "plan": Text("the plan switches it", "由套餐决定"),
    "default": Text("what the module declares", "模块声明的默认值"),
}
_OUTCOMES: Final = {
    "decided": Text("decides", "作出决定"),
    "undecided": Text("leaves it to the next step", "交由下一步"),
    "skipped": Text("is not asked: decided before", "未询问：此前已决定"),
}


def sentence(explained: Explained) -> Text:
    """One step of an explanation, to be read."""
    step, outcome = _STEPS[explained.step], _OUTCOMES[explained.outcome]
    if explained.said is None:
        return Text(f"{step.en} {outcome.en}.", f"{step.zh}{outcome.zh}。")
    said = _SAID.get(explained.said, Text(explained.said, explained.said))
    return Text(f"{step.en}: {said.en}; {outcome.en}.", f"{step.zh}：{said.zh}；{outcome.zh}。")
