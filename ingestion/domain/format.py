"""How a source's columns become prices: the mapping a user can write in YAML, checked. No I/O."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal["trade", "quote", "bar"]


class Part(BaseModel):
    """A piece of the mapping; an unknown key is an error, not a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(Part):
    """Names of the file's columns by meaning; item, price and mostly time are required."""

    item: str
    price: str
    time: str | None = None
    grade: str | None = None
    qualifier: str | None = None
    variant: str | None = None
    title: str | None = None
    currency: str | None = None
    id: str | None = None
    known: str | None = None
    seller: str | None = None
    url: str | None = None
    units: str | None = None
    high: str | None = None
    low: str | None = None


class Split(Part):
    """One column that holds two: `holo-nearmint` by `-` into finish and condition."""

    column: str
    by: str
    into: tuple[str, str]


class ItemWith(Part):
    """A second column that belongs to the item's name: `451784` and `Holofoil` by `:`."""

    column: str
    by: str


class NewItems(Part):
    """Where items that no product map knows are put by `--create-items`."""

    game: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    set: str = Field(pattern=r"^[A-Za-z0-9._]+$")
    set_name: str


class ItemMap(Part):
    """A CSV beside the data that joins the source's item names to catalog ids."""

    file: str
    item: str
    card: str
    set_in_item: str | None = Field(
        None, description="pattern whose group is the source's set in an item's name"
    )

    @field_validator("set_in_item")
    @classmethod
    def _one_group(cls, pattern: str | None) -> str | None:
        if pattern is not None and re.compile(pattern).groups != 1:
            raise ValueError("set_in_item needs one group, the source's name of the set")
        return pattern


class DatedGrade(Part):
    """A grade whose meaning changed: `until` is the first day it no longer holds."""

    until: date
    before: str
    after: str


class Format(Part):
    """A column mapping. `source` is the name under which its prices stand in the tables."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    products_of: str | None = Field(None, description="whose product map, if not its own")
    kind: Kind
    columns: Columns
    split: Split | None = None
    unpivot: Mapping[str, str] = Field(
        default={},
        description="several prices a row: column -> variant; columns.price and columns.variant"
        " name what they become",
    )
    item_with: ItemWith | None = None
    item_is: Literal["product", "card_id", "listed"] = Field(
        description="product: by the product map; card_id: catalog id; listed: by item_map"
    )
    item_map: ItemMap | None = None
    new_items: NewItems | None = None
    variants: Mapping[str, str] = Field(
        default={}, description="source's variant -> ours; an empty one is the default printing"
    )
    price_in: Literal["dollars", "cents"] = "dollars"
    currency: str = "USD"
    rows_without_price: Literal["refused", "none"] = Field(
        "refused", description="none: a guide's blank is no figure and no fault"
    )
    time_is: Literal["day", "moment", "run_day"] = Field(
        "day", description="run_day: the rows have no time; they speak of the day of the run"
    )
    zone: Literal["UTC"] | None = Field(None, description="of moments written without a zone")
    known: Literal["at_time", "end_of_month", "column"] = "at_time"
    grade: str | None = Field(None, description="one grade for every row, when no column tells")
    grade_company: str | None = Field(None, description="bare numbers are grades of this company")
    grades: Mapping[str, str | DatedGrade] = {}
    keep: tuple[str, ...] = Field(default=(), description="further columns, kept in meta")

    @model_validator(mode="after")
    def _agree(self) -> "Format":
        if (self.columns.time is None) != (self.time_is == "run_day"):
            raise ValueError("give columns.time, or time_is: run_day where no column tells it")
        if (self.columns.grade is None) == (self.grade is None):
            raise ValueError("give either columns.grade or one grade for every row, not both")
        if (self.item_is == "listed") != (self.item_map is not None):
            raise ValueError("item_is: listed goes together with item_map")
        if (self.known == "column") != (self.columns.known is not None):
            raise ValueError("known: column goes together with columns.known")
        if (self.variants or self.unpivot) and self.columns.variant is None:
            raise ValueError("variants and unpivot need columns.variant")
        if self.kind != "bar" and (self.columns.units or self.columns.high or self.columns.low):
            raise ValueError("units, high and low belong to kind: bar")
        return self

    @property
    def mapped_as(self) -> str:
        """The source whose product map says what an item is."""
        return self.products_of or self.source

    def needed_columns(self) -> list[str]:
        """The columns a file must have: those that a split or unpivot makes are made of others."""
        named = [name for name in self.columns.model_dump().values() if name is not None]
        second = [self.item_with.column] if self.item_with else []
        wanted = list(dict.fromkeys([*named, *second, *self.keep]))
        if self.unpivot:
            made = (self.columns.price, self.columns.variant)
            wanted = [*(name for name in wanted if name not in made), *self.unpivot]
        if self.split is None:
            return wanted
        rest = [name for name in wanted if name not in self.split.into]
        return [*rest, self.split.column]
