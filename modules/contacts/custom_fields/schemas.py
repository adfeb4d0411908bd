"""Custom fields on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.web.wire import Body, Resource, Whole

FieldType = Literal["text", "number", "money", "date", "enum", "multi_enum", "boolean", "reference"]
# Whole, so that what is stored is what was said.
Bound = Annotated[Whole, Field(ge=-(10**15), le=10**15)]
Entity = Literal["contact", "line"]
Referenced = Literal["contact", "user", "org_unit"]
Title = Annotated[str, Field(min_length=1, max_length=200)]


class CustomFieldIn(Body):
    """A field that this tenant adds to its contacts or lines. Entity, name, type and what it refers to stay."""

    entity: Entity = "contact"
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["contract_type"])
    type: FieldType = Field(examples=["enum"])
    titles: dict[Annotated[str, Field(max_length=20)], Title] = Field(
        default={}, max_length=10, description="by language: en, zh-CN", examples=[{"en": "Contract"}]
    )
    options: list[Title] = Field(
        default=[], max_length=200, description="for enum and multi_enum", examples=[["Month-to-Month", "One Year"]]
    )
    references: Referenced | None = Field(default=None, description="for reference: what its values are ids of")
    applies_to: list[Literal["individual", "organization"]] = Field(
        default=["individual", "organization"],
        min_length=1,
        max_length=2,
        description="the types of contacts that have it; of a field of lines it says nothing",
    )
    required: bool = False
    expected_minimum: Bound | None = Field(
        default=None, description="of a number or an amount: what is below it is taken, and shown by data quality"
    )
    expected_maximum: Bound | None = None
    filterable: bool = Field(default=False, description="lists and exports take the filter custom.<name>")
    archived: bool = Field(default=False, description="its values stay to be read, and are written no more")


class CustomFieldOut(Resource):
    """A custom field as everybody reads it."""

    entity: Entity
    name: str
    type: FieldType
    titles: dict[str, str]
    options: list[str]
    references: Referenced | None
    applies_to: list[Literal["individual", "organization"]]
    required: bool
    expected_minimum: Bound | None
    expected_maximum: Bound | None
    filterable: bool
    archived: bool
