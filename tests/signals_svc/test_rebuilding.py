"""Features of a range of days in the store: the same rows as night by night, kept once."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from kernel.days import end_of
from signals_svc.jobs.table import build_every_night, build_range, jobs
from signals_svc.usecases.rebuild_features import NoSuchRange
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import mark

FIRST = LAST_DAY - timedelta(days=3)
STORED = (
    "select card_id, grade_code, day, feature_version, raw::text, normalized::text, fingerprint"
    " from signals.features_daily order by day, card_id, grade_code"
)


def test_a_range_in_the_store_is_what_single_nights_wrote(market: Desk) -> None:
    for night in (FIRST + timedelta(days=n) for n in range(4)):
        mark(market.urls, [(card, "psa10") for card in CARDS], night)
    build_every_night(market.workshop, now=NOW)
    nights = market.rows(STORED)
    assert len(nights) == 4 * len(CARDS)
    again = build_range(market.workshop, FIRST, LAST_DAY, now=NOW)
    assert again == {"days": 4, "instrument_days": 48, "rows": 0}
    assert market.rows(STORED) == nights


def test_a_range_keeps_its_newest_day_as_the_latest_features(market: Desk) -> None:
    built = build_range(market.workshop, FIRST, LAST_DAY, now=NOW)
    assert built["rows"] == 48
    latest = market.rows("select distinct asof_ts from signals.features_latest")
    assert latest == [{"asof_ts": end_of(LAST_DAY)}]
    build_range(market.workshop, FIRST, FIRST, now=NOW)
    assert market.rows("select distinct asof_ts from signals.features_latest") == latest


@pytest.mark.parametrize(("first", "last"), [(LAST_DAY, FIRST), (FIRST, NOW.date())])
def test_a_range_backwards_or_into_a_day_that_is_not_over_is_refused(
    market: Desk, first: object, last: object
) -> None:
    with pytest.raises(NoSuchRange, match="a day that is over"):
        build_range(market.workshop, first, last, now=NOW)  # type: ignore[arg-type]


def test_half_a_range_is_a_usage_error(market: Desk) -> None:
    words = ["build_features", "--from", "2026-01-01"]
    told = CliRunner().invoke(jobs(lambda: market.workshop), words)
    assert told.exit_code == 2
    assert "both --from and --to" in told.output
