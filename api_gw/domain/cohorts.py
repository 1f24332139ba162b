"""What moved the forecasts of a set's cards, by liquidity, as a night told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Cohort:
    """Cards of one tier, and what moved what one model said of them, on average."""

    tier: str
    part: str
    model_version: str
    instruments: int
    known_at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True)
class CohortsOfSet:
    """Of the newest night that told of the set; `asof_ts` is its end."""

    set_id: str
    horizon_days: int
    asof_ts: datetime
    cohorts: Sequence[Cohort]
