"""A table's data contract: who owns it, its columns, how fresh, how good, how long. No I/O."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Clause(BaseModel):
    """A piece of a contract; an unknown key is an error, not a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Freshness(Clause):
    """How old the newest row of a run may be, by source; other sources bring history and may."""

    column: str
    max_age_days: Mapping[str, int]


class Volume(Clause):
    """Rows of a run against the median run of the trailing month, as factors of it."""

    fewest: float = Field(ge=0)
    most: float = Field(gt=1)
    every_days: int = Field(1, ge=1, description="days from one run to the next")
    least_nights: int = Field(7, ge=1, description="fewer nights are no month to compare with")
    least_rows: int = Field(
        50, ge=1, description="below this median chance alone moves the rows: then some are enough"
    )


class Drift(Clause):
    """How far the median price may lie from what the same instruments cost before."""

    column: str
    most_log: float = Field(gt=0, description="absolute natural logarithm")
    least_rows: int = Field(30, ge=1, description="fewer comparable rows say nothing")


class Quality(Clause):
    """One expectation on the table's rows, in the words of great-expectations, and its reason."""

    expect: str
    why: str
    with_: Mapping[str, Any] = Field(default={}, alias="with")


class Retention(Clause):
    """How long rows stay. `archived`: old months are put away by dag_maintenance, and come back.

    `current`: only what holds now, which can be made again from other tables or is done with.
    """

    kept: Literal["forever", "archived", "current"]
    why: str = ""


class Contract(Clause):
    """What readers of one table may rely on. Column types are PostgreSQL's own words."""

    table: str
    of_schema: Literal["market", "signals"] = Field("market", alias="schema")
    owner: str
    about: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    units: Mapping[str, str] = {}
    freshness: Freshness | None = None
    fresh_by: str = ""
    retention: Retention
    volume: Volume | None = None
    drift: Drift | None = None
    quality: tuple[Quality, ...] = ()
