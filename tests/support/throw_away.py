"""A throw-away module with a route of every form, for tests of what is derived from declarations."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from chalicelib.access.crypto import Keyring
from chalicelib.access.gate import Gate
from chalicelib.access.jwks import FetchError, JwksCache
from chalicelib.access.limits import Rate
from chalicelib.access.needs import Link, ProviderSignature, Public
from chalicelib.access.principal import Decision, Directory, Grant, Principal, PrincipalKind, Reach
from chalicelib.call import Call
from chalicelib.clock import utc_now
from chalicelib.modules import (
    EQUALITY,
    RANGE,
    WORDS,
    ByIndex,
    Catalogue,
    Feature,
    Filter,
    Index,
    Kind,
    Listing,
    Manifest,
    OneOf,
    Permission,
    Text,
)
from chalicelib.problems import AmbiguousKey, NotFound
from chalicelib.settings import Settings
from chalicelib.store.lists import ListQuery
from chalicelib.web.app import Application
from chalicelib.web.results import Created, Listed, Patch, Plain, Upserted
from chalicelib.web.routes import Route, Routes
from tests.support.limits import unhurried

SECRET = "A" * 43 + "="
CREATED_AT = datetime.fromisoformat("2026-03-01T08:00:00+00:00")


class Size(StrEnum):
    """How big an animal is."""

    SMALL = "small"
    LARGE = "large"


class Collar(BaseModel):
    """What an animal wears."""

    model_config = ConfigDict(extra="forbid")

    colour: str = Field(max_length=20)
    number: str | None = Field(default=None, pattern="^[0-9]{4}$")
    charms: dict[str, Annotated[str, Field(max_length=40)]] = {}


class Rope(BaseModel):
    """Holds an animal by length."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["rope"]
    metres: int = Field(ge=1, le=50)


class Fence(BaseModel):
    """Holds an animal by place."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["fence"]
    place: str = Field(max_length=100)


class AnimalIn(BaseModel):
    """An animal as a caller describes it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80, examples=["Bella"])
    size: Size = Size.SMALL
    chip: str = Field(pattern="^[0-9]{15}$", examples=["276098106000001"])
    collar: Collar | None = None
    held_by: Annotated[Rope | Fence, Field(discriminator="kind")] | None = None
    nicknames: list[Collar] = Field(default=[], max_length=5)


class AnimalOut(AnimalIn):
    """An animal."""

    model_config = ConfigDict(extra="ignore")

    id: str
    version: int
    created_at: datetime


class Feeding(BaseModel):
    """What was eaten."""

    model_config = ConfigDict(extra="forbid")

    grams: int = Field(ge=1, le=5000)
    food: str = Field(max_length=40)


def instant(text: str) -> datetime:
    """A time with its zone; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


ANIMALS = Listing(
    filters=(
        Filter("size", EQUALITY, OneOf(("small", "large"))),
        Filter("name", WORDS),
        Filter("created_at", RANGE, instant),
        Filter("chip", permission="animals:read_chips"),
    ),
    sorts=("created_at", "name"),
    indexed={"size": Index.STATE},
)
MANIFEST = Manifest(
    name="animals",
    titles=Text("Animals", "动物"),
    version="0.1.0",
    paths=("animals", "pictures", "hooks"),
    kinds=(Kind("animal", ByIndex(), "anm", ANIMALS),),
    permissions=tuple(
        Permission(f"animals:{right}", Text(right, right)) for right in ("read", "write", "delete", "read_chips")
    ),
    features=(Feature("feeding", Text("Feeding", "喂养")),),
)
CORE = Manifest(
    name="core",
    titles=Text("Platform", "平台"),
    version="0.1.0",
    paths=("openapi.json", "docs"),
    kinds=(),
    permissions=(),
    always_on=True,
)
CATALOGUE = Catalogue((CORE, MANIFEST))
ROUTES = Routes("animals")


def bella(animal_id: str = "anm_1", **changed: Any) -> AnimalOut:
    """The one animal there is."""
    values = {"id": animal_id, "version": 1, "created_at": CREATED_AT, "name": "Bella", "chip": "276098106000001"}
    return AnimalOut.model_validate(values | changed)


@ROUTES.get("/animals", needs="animals:read", listing=ANIMALS)
def list_animals(call: Call, query: ListQuery, owner: str | None = None) -> Listed[AnimalOut]:
    """List animals."""
    del call, query, owner
    return Listed([bella()])


@ROUTES.post("/animals", needs="animals:write", examples={"a cat": {"name": "Minka", "chip": "276098106000002"}})
def create_animal(call: Call, body: AnimalIn) -> Created[AnimalOut]:
    """Create an animal.

    Its chip must be new.
    """
    del call
    return Created(bella(**body.model_dump()))


@ROUTES.get("/animals/{animal_id}", needs="animals:read")
def get_animal(call: Call, animal_id: str) -> AnimalOut:
    """Get an animal."""
    del call
    if animal_id != "anm_1":
        raise NotFound
    return bella(animal_id)


@ROUTES.patch("/animals/{animal_id}", needs="animals:write")
def change_animal(call: Call, animal_id: str, body: Patch[AnimalIn]) -> AnimalOut:
    """Change an animal."""
    del call
    changed = body.apply(bella().model_dump(mode="json", exclude={"id", "version", "created_at"}))
    return bella(animal_id, **changed.model_dump())


@ROUTES.delete("/animals/{animal_id}", needs="animals:delete")
def delete_animal(call: Call, animal_id: str) -> None:
    """Delete an animal."""
    del call, animal_id


@ROUTES.put("/animals/by-chip/{chip}", needs="animals:write", refuses=(AmbiguousKey,))
def put_animal(call: Call, chip: str, body: AnimalIn) -> Upserted[AnimalOut]:
    """Create or replace the animal with this chip."""
    del call, chip
    return Upserted(bella(**body.model_dump()), created=False)


@ROUTES.post("/animals/{animal_id}/feedings", needs="animals:write", feature="feeding")
def feed_animal(call: Call, animal_id: str, body: Feeding) -> Created[Feeding]:
    """Feed an animal."""
    del call
    return Created(body, location=f"/v1/animals/{animal_id}")


@ROUTES.get(
    "/pictures/{link}", needs=Link("picture", ttl_hours=48, uses=3), feature="feeding", produces=("text/plain",)
)
def see_animal(call: Call) -> Plain:
    """See a picture of the animal that the link is for."""
    del call
    return Plain("=^.^=", "text/plain")


@ROUTES.get("/animals/sizes", needs=Public("the sizes are no secret"))
def get_sizes(call: Call) -> Feeding:
    """Get what the largest animal eats."""
    del call
    return Feeding(grams=5000, food="hay")


@ROUTES.post("/hooks/vet", needs=ProviderSignature("vet"))
def hear_of_vet(call: Call) -> None:
    """Take a report of the vet."""
    del call


class Tenant:
    """A tenant's standing in which some modules and features (``module.feature``) are off."""

    tenant_id = "tnt_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    sign_in_blocked = changes_blocked = False
    moves, tree = (), 0
    locale, time_zone, default_region, currency = "en", "UTC", "CN", "CNY"

    def __init__(self, *off: str) -> None:
        self.off = frozenset(off)

    rate = Rate(100, 400)

    @staticmethod
    def spent(module: str, meter: str, at: datetime) -> None:
        """No quota is used up."""

    def decide(self, module: str, feature: str | None = None) -> Decision:
        """Off when it is named, or when its module is."""
        names = {module, f"{module}.{feature}"}
        return Decision(enabled=not names & self.off, reason="test", decided_by="test")

    def seen_by(self, principal: Principal) -> "Tenant":
        """Everybody sees the same."""
        del principal
        return self


class Doorkeeper:
    """A control plane of one tenant, where every API key of that tenant opens everything."""

    def __init__(self, standing: Tenant) -> None:
        self.tenant = standing

    def key_holder(self, tenant_id: str, macs: Sequence[str]) -> Principal:
        """One who holds every right."""
        del macs
        return Principal(PrincipalKind.API_KEY, "key_1", tenant_id, (Grant(CATALOGUE.permissions(), Reach.ALL),))

    def standing(self, tenant_id: str) -> Tenant:
        """The tenant's standing."""
        del tenant_id
        return self.tenant

    def person(self, issuer: str, subject: str) -> None:
        """Nobody has an account."""

    def issuer(self, url: str) -> None:
        """Nobody is trusted."""


def application(tenant: Tenant, routes: Iterable[Route]) -> Application:
    """The routes behind a real gate; keys are made with ``api_keys.mint(tenant.tenant_id)``."""
    settings = Settings(secret_keys=[SecretStr(SECRET)], public_url="https://crm.example/api")
    keyring = Keyring([SECRET])
    nobody = JwksCache(_no_network, utc_now)
    gate = Gate(cast("Directory", Doorkeeper(tenant)), keyring, nobody, utc_now, unhurried())
    return Application(settings, CATALOGUE, gate, routes)


def _no_network(url: str) -> bytes:
    raise FetchError(url)
