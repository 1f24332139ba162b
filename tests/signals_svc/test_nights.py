"""A night from the dirty set to signals in PostgreSQL."""

from datetime import date

from kernel.days import end_of
from tests.signals_svc.conftest import CARDS, Desk
from tests.signals_svc.market_builder import mark


def test_a_night_turns_dirty_instruments_into_signals_of_every_horizon(
    market: Desk, last_day: date
) -> None:
    mark(market.urls, [(card, "psa10") for card in CARDS], last_day)
    built, inferred = market.night()
    assert built == {
        "nights": 1,
        "instruments": 12,
        "rows": 12,
        "without_price": 0,
        "waiting": 0,
    }
    assert inferred["instruments"] == 12
    rows = market.rows(
        "select card_id, action, asof_ts, series from signals.signals where horizon_days = 90"
        ' order by card_id collate "C"'
    )
    actions = {row["card_id"]: row["action"] for row in rows}
    assert actions["card-0"] == "BUY"
    assert actions["card-1"] == "SELL"
    assert {row["asof_ts"] for row in rows} == {end_of(last_day)}
    assert {row["series"] for row in rows} == {"trade"}
    assert len(market.rows("select from signals.signals")) == 36
    assert len(market.rows("select from signals.forecasts")) == 36
    assert market.rows("select * from market.dirty") == []
    assert market.rows("select * from signals.inference_queue") == []
