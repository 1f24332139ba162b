"""A table's data contract: who owns it, its columns, how fresh, how good, how long. No I/O."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Clause(BaseModel):
    """A piece of a contract; an unknown key is an error, not a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Freshness(Clause):
    """How old the newest row of a run may be, by source; other sources bring history and may."""

    column: str
    max_age_days: Mapping[str, int]


class Volume(Clause):
    """Rows of a night against the median night of the trailing month, as factors of it."""

    fewest: float = Field(ge=0)
    most: float = Field(gt=1)
    least_nights: int = Field(7, ge=1, description="fewer nights are no month to compare with")
    least_rows: int = Field(50, ge=1, description="below this median chance alone moves the rows")


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


class Contract(Clause):
    """What readers of one table may rely on. Column types are PostgreSQL's own words."""

    table: str
    owner: str
    about: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    units: Mapping[str, str] = {}
    freshness: Freshness | None = None
    fresh_by: str = ""
    retention: str
    volume: Volume | None = None
    drift: Drift | None = None
    quality: tuple[Quality, ...] = ()
