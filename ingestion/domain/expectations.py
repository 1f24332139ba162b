"""What a run's rows have to look like before their table is touched: a suite from a contract."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import polars as pl

from ingestion.domain.contracts import Contract
from kernel.days import start_of
from kernel.expectations import Expectation

# A column that suites are given beside the table's own: the logarithm of each price over what the
# same instrument cost in the months before; null where it has no such price.
OVER_USUAL = "log_over_usual"


# Of a source that usually tells as many rows, none at all is no chance.
MISSED_FROM = 10


@dataclass(frozen=True)
class Nights:
    """Rows of one table that earlier runs of a source had, and the day of the newest run."""

    rows: Sequence[int]
    last: date | None
    what: str = "loads of the trailing month"

    @property
    def any_rows(self) -> bool:
        """Whether the source has told anything for the table."""
        return any(self.rows)


NO_NIGHTS = Nights([], None)


def suite_for(
    contract: Contract,
    frame: pl.DataFrame,
    *,
    columns: Sequence[str],
    source: str,
    day: date,
    nights: Nights = NO_NIGHTS,
    day_is_over: bool = True,
    fresh: bool = True,
) -> list[Expectation]:
    """Every expectation of the contract on the rows of one source and run day.

    `columns` are those the frame has to have. A day that goes on may have few rows yet; of a table
    that the source tells now and then (`fresh` false) no rows are no stale rows.
    """
    return [
        Expectation(
            "expect_table_columns_to_match_set",
            {"column_set": list(columns), "exact_match": True},
            "a column that came or went overnight is another schema",
        ),
        *(Expectation(one.expect, dict(one.with_), one.why) for one in contract.quality),
        *(_fresh(contract, source, day) if fresh else []),
        *_volume(contract, day, nights, day_is_over=day_is_over),
        *_drift(contract, frame),
    ]


def _fresh(contract: Contract, source: str, day: date) -> list[Expectation]:
    fresh = contract.freshness
    if fresh is None or source not in fresh.max_age_days:
        return []
    age = fresh.max_age_days[source]
    oldest = start_of(day - timedelta(days=age)).replace(tzinfo=None)
    return [
        Expectation(
            "expect_column_max_to_be_between",
            {"column": fresh.column, "min_value": oldest},
            f"the newest row of {source} is at most {age} days older than the run",
        )
    ]


def _volume(
    contract: Contract, day: date, nights: Nights, *, day_is_over: bool
) -> list[Expectation]:
    volume = contract.volume
    if volume is None or len(nights.rows) < volume.least_nights or nights.last is None:
        return []
    usual = median(nights.rows)
    if usual < MISSED_FROM:
        return []
    # A run after missed nights makes up for them, and may bring as many nights more.
    made_up = max(1, (day - nights.last).days // volume.every_days)
    bounds = {
        "min_value": math.floor(usual * volume.fewest),
        "max_value": math.ceil(usual * volume.most * made_up),
    }
    if usual < volume.least_rows:
        bounds = {"min_value": 1}
    if not day_is_over:
        bounds["min_value"] = 0
    why = f"the median of the {len(nights.rows)} {nights.what} has {usual:g} rows"
    return [Expectation("expect_table_row_count_to_be_between", bounds, why)]


def _drift(contract: Contract, frame: pl.DataFrame) -> list[Expectation]:
    drift = contract.drift
    if (
        drift is None
        or OVER_USUAL not in frame.columns
        or frame.get_column(OVER_USUAL).count() < drift.least_rows
    ):
        return []
    return [
        Expectation(
            "expect_column_median_to_be_between",
            {"column": OVER_USUAL, "min_value": -drift.most_log, "max_value": drift.most_log},
            "prices of a whole night rarely move so far at once: a currency or unit was misread",
        )
    ]
