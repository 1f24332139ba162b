"""A night's read and a walk over versions see the same bars of the store."""

from datetime import timedelta

import psycopg
import pytest

from kernel.days import end_of
from kernel.db.market import VERSION_SCHEMA, bar_versions
from signals_svc.adapters.market import MarketPrices
from signals_svc.domain.features import features_on
from signals_svc.domain.series import LOOKBACK_DAYS
from tests.signals_svc.conftest import LAST_DAY, Desk
from tests.signals_svc.market_builder import FIRST_DAY

CORRECTED = LAST_DAY - timedelta(days=30)  # a day with a bar
CORRECTED_ON = LAST_DAY - timedelta(days=10)


@pytest.fixture
def corrected(market: Desk) -> Desk:
    """A bar of the climber that a late sale changed twenty days after its day."""
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(
            "insert into market.prices_daily_history select card_id, grade_code, day, kind,"
            " known_at, %s, open_cents, high_cents, low_cents, close_cents, volume, 'late sale'"
            " from market.prices_daily where card_id = 'card-0' and day = %s",
            (end_of(CORRECTED_ON), CORRECTED),
        )
        changed = connection.execute(
            "update market.prices_daily set low_cents = 5, close_cents = 5, known_at = %s"
            " where card_id = 'card-0' and day = %s",
            (end_of(CORRECTED_ON), CORRECTED),
        )
        assert changed.rowcount == 1
    return market


@pytest.mark.parametrize("ago", [0, 9, 10, 11, 29, 30, 31, 200])
def test_a_nights_read_and_a_walk_over_versions_agree(corrected: Desk, ago: int) -> None:
    day = LAST_DAY - timedelta(days=ago)
    with psycopg.connect(corrected.urls.signals_svc) as connection:
        prices = MarketPrices(connection)
        night = features_on(prices.known(as_of=day, lookback_days=LOOKBACK_DAYS), {}, day)
        walk = features_on(prices.versions(first=FIRST_DAY, last=LAST_DAY), {}, day)
    assert night.instruments == walk.instruments
    for name in night.raw:
        assert night.raw[name].tobytes() == walk.raw[name].tobytes(), name


def test_versions_carry_when_they_stood(corrected: Desk) -> None:
    with psycopg.connect(corrected.urls.api_gw) as connection:
        frame = bar_versions(
            connection, as_of=end_of(LAST_DAY), first=CORRECTED, last=CORRECTED
        ).filter(card_id="card-0")
    assert dict(frame.schema) == dict(VERSION_SCHEMA)
    assert frame["superseded_at"].to_list() == [end_of(CORRECTED_ON), None]
    assert frame["known_at"].to_list() == [end_of(CORRECTED), end_of(CORRECTED_ON)]
