"""Tenants on the wire."""

from datetime import datetime
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, EmailStr, Field, StringConstraints, model_validator

from chalicelib.modules import Text
from chalicelib.problems import ValueRefused
from chalicelib.web.wire import Body, Resource, Shown, common
from tenants.lifecycle.records import Tenant
from tenants.lifecycle.rules import TenantState
from tenants.offboarding.records import Offboarding
from tenants.schemas import Name, Reason

_MODULES = 100  # far more than there are


def _phone_region(code: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - 20 ms, and only operators need it

    if code not in SUPPORTED_REGIONS:
        raise ValueRefused(Text("No region whose phone numbers are known", "没有该地区的电话号码规则"))
    return code


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:  # OSError: a folder of the database («America»)
        text = Text("No IANA time zone (Asia/Shanghai)", "不是有效的 IANA 时区（Asia/Shanghai）")
        raise ValueRefused(text) from error
    return name


_BLOCKS: Final = ("block_sign_in", "block_changes", "block_billing")
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
PhoneRegion = Annotated[Region, AfterValidator(_phone_region)]
Locale = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""BCP 47."""
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_zone)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""
ModuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class FirstAdmin(Body):
    """Who gets the first invitation."""

    name: Name
    email: EmailStr


class TenantIn(Body):
    """A new tenant."""

    name: Name
    region: Region
    default_phone_region: PhoneRegion
    locale: Locale
    time_zone: TimeZone
    currency: Currency
    admin: FirstAdmin
    modules: list[ModuleName] = Field(default=[], max_length=_MODULES, description="modules to start with")


class SuspensionIn(Body):
    """What a suspension blocks; at least one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"properties": {name: {"const": True}}, "required": [name]} for name in _BLOCKS],
            "examples": [{"block_changes": True, "reason": "Bills of March are open"}],
        }
    )

    block_sign_in: bool = Field(default=False, description="nobody and no key gets in")
    block_changes: bool = Field(default=False, description="read-only")
    block_billing: bool = Field(default=False, description="nothing is billed")
    reason: Reason

    @model_validator(mode="after")
    def _blocks_something(self) -> Self:
        if not (self.block_sign_in or self.block_changes or self.block_billing):
            raise ValueRefused(Text("A suspension blocks at least one thing", "暂停时至少要限制一项"))
        return self


_SETTINGS: Final = ("region", "default_phone_region", "locale", "time_zone", "currency")


class SettingsOut(Shown):
    """What a tenant works with."""

    region: str
    default_phone_region: str
    locale: str
    time_zone: str
    currency: str


class SuspensionOut(Shown):
    """The three switches of a suspension, and why it was made."""

    block_sign_in: bool
    block_changes: bool
    block_billing: bool
    reason: str | None


class PauseOut(Shown):
    """When nothing is billed: from an instant on, until before another; null: it lasts."""

    since: datetime
    until: datetime | None


class OffboardingOut(Shown):
    """How a tenant leaves: until when it can read and take its data along (GET …/export)."""

    id: str
    reason: str | None
    since: datetime
    erase_after: datetime = Field(description="then the data is erased, unless an export that was asked for is lacking")
    failure: str | None = Field(description="why the erasure has failed; POST …/erase tries again")


class TenantOut(Resource):
    """A tenant. Of one that is being erased neither name nor settings are left."""

    name: str | None
    state: TenantState
    settings: SettingsOut | None
    suspension: SuspensionOut | None
    billing_pauses: list[PauseOut]
    offboarding: OffboardingOut | None


class InvitationOut(Shown):
    """A link that is shown once: POST …/invitations/{link}/api-key and …/invitations/{link}/sign-in take it."""

    link: str
    expires_at: datetime


class OnboardedOut(TenantOut):
    """A new tenant with the invitation of its first admin."""

    admin_user_id: str
    invitation: InvitationOut


def tenant_out(tenant: Tenant, leaving: Offboarding | None) -> TenantOut:
    """The wire form of a tenant, and of how it leaves."""
    suspension = SuspensionOut(
        block_sign_in=bool(tenant.block_sign_in),
        block_changes=bool(tenant.block_changes),
        block_billing=bool(tenant.block_billing),
        reason=tenant.reason,
    )
    suspended = tenant.lifecycle is TenantState.SUSPENDED
    return TenantOut(
        **common(tenant),
        name=tenant.name,
        state=tenant.lifecycle,
        settings=None if tenant.erasing else SettingsOut(**{name: getattr(tenant, name) for name in _SETTINGS}),
        suspension=suspension if suspended else None,
        billing_pauses=[PauseOut(since=since, until=until) for since, until in tenant.billing_pauses or []],
        offboarding=_offboarding_out(leaving) if leaving else None,
    )


def _offboarding_out(leaving: Offboarding) -> OffboardingOut:
    return OffboardingOut(
        id=leaving.id,
        reason=leaving.reason,
        since=leaving.created_at,
        erase_after=leaving.erase_after,
        failure=leaving.failure,
    )
