"""A certificate is refused where a run saw the future, or depends on where the data begin."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from backtest_engine.assumptions import Assumptions
from backtest_svc.ports import Prices
from backtest_svc.usecases.verify_rule import Certificate, NotWarm, SeesTheFuture, verify_rule
from kernel.days import end_of
from kernel.db.market import BAR_SCHEMA, VERSION_SCHEMA
from tests.backtest_svc.conftest import RULE, bars

FIRST, LAST = date(2025, 3, 1), date(2025, 8, 15)


class Kept:
    """Port Prices on rows in memory."""

    def __init__(self) -> None:
        rows = pl.DataFrame([bar.row() for bar in bars()], schema=_as_written(), orient="row")
        never = pl.lit(None, pl.Datetime("us", "UTC"))
        self.rows = rows.with_columns(superseded_at=never).select(*VERSION_SCHEMA)

    def versions(self, *, first: date, last: date, as_of: datetime) -> pl.DataFrame:
        return self.rows.filter(pl.col("day").is_between(first, last), pl.col("known_at") <= as_of)

    def sets(self) -> Mapping[str, str]:
        return {}


class Backdated(Kept):
    """Tells every bar as of four days before it happened."""

    def versions(self, *, first: date, last: date, as_of: datetime) -> pl.DataFrame:
        earlier = pl.col("day", "known_at") - timedelta(days=4)
        return super().versions(first=first, last=last, as_of=as_of).with_columns(earlier)


class Forgetful(Kept):
    """Tells other prices where it is asked for more of the past."""

    def versions(self, *, first: date, last: date, as_of: datetime) -> pl.DataFrame:
        found = super().versions(first=first, last=last, as_of=as_of)
        known = pl.col("open_cents")
        return found.with_columns(open_cents=known * 2 if first < date(2024, 1, 1) else known)


def _as_written() -> dict[str, pl.DataType]:
    names = ("card_id", "grade_code", "day", "kind", "open_cents", "high_cents", "low_cents")
    return {name: BAR_SCHEMA[name] for name in (*names, "close_cents", "volume", "known_at")}  # type: ignore[misc]


def verified(prices: Prices) -> Certificate:
    return verify_rule(
        prices,
        RULE,
        first=FIRST,
        last=LAST,
        as_of=end_of(LAST),
        asked=Assumptions(10_000.0),
        cuts=3,
    )


def test_an_honest_store_gets_its_certificate() -> None:
    told = verified(Kept())
    assert told.cuts == (date(2025, 4, 11), date(2025, 5, 23), date(2025, 7, 4))
    assert told.cells > 1_000


def test_a_store_that_backdates_is_found_out_with_cell_and_day() -> None:
    with pytest.raises(SeesTheFuture) as found:
        verified(Backdated())
    assert found.value.cut == date(2025, 4, 11)
    assert found.value.cell.day <= found.value.cut
    assert "in the whole run, and" in str(found.value)


def test_a_run_that_depends_on_where_data_begin_is_found_out() -> None:
    with pytest.raises(NotWarm, match="with 400 more days of data before"):
        verified(Forgetful())
