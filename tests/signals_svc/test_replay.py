"""A past that is walked through again says what its nights would have said, and nothing later."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest

from kernel.days import end_of
from kernel.ids import CardId, Instrument
from signals_svc.domain.bars import bars_of
from signals_svc.domain.cross_section import CardFacts
from signals_svc.domain.decision import Policy
from signals_svc.domain.features import features_on
from signals_svc.domain.forecast import HORIZONS
from signals_svc.domain.judgement import Actions, judge
from signals_svc.domain.replay import decision_days
from signals_svc.domain.signal import Signal
from signals_svc.domain.snapshot import freeze, thaw
from signals_svc.domain.spoken import fixed_forecast
from signals_svc.jobs.past import replay_past, score_signals
from signals_svc.usecases.learn import History
from signals_svc.usecases.replay import Replay, walk
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk, small_market
from tests.signals_svc.market_builder import frame, seed_cards, write_bars
from tests.signals_svc.test_baselines import training
from tests.signals_svc.test_point_in_time import forget_and_invent
from tests.signals_svc.test_training import TODAY

__all__ = ["training"]
CATALOG = {CardId(card): CardFacts("set0", date(2023, 1, 1)) for card in CARDS}
WEEKS = 12


def walked(bars: pl.DataFrame, *, weeks: int = WEEKS, last: date = LAST_DAY) -> pl.DataFrame:
    history = History(last, bars_of(bars), CATALOG)
    past = Replay(history, None, Policy(), HORIZONS, lambda _: set())
    return pl.concat([night.rows for night in walk(past, decision_days(last, weeks))])


def judged(bars: pl.DataFrame) -> list[Signal]:
    """The same weeks by the rules of the night, one after another."""
    versions = bars_of(bars)
    previous: Actions = {}
    found: list[Signal] = []
    for day in decision_days(LAST_DAY, WEEKS):
        features = features_on(versions, CATALOG, day)
        snapshot = thaw(day, freeze(features, np.arange(len(features.instruments))))
        spoken = {one: fixed_forecast("ewma", snapshot.raw, one) for one in HORIZONS}
        said = judge(snapshot, spoken=spoken, voice=None, previous=previous, policy=Policy())
        previous = {(one.instrument, one.horizon_days): one.action for one in said}
        found += said
    return found


def test_a_walk_says_what_the_nights_would_have_said() -> None:
    bars = frame(small_market())
    rows = walked(bars)
    expected = [one for one in judged(bars) if one.reasons[0].code != "illiquid"]
    assert len(rows) == len(expected) > 12 * 3 * (WEEKS - 1)
    acted = set(rows["action"].to_list())
    assert acted == {"BUY", "HOLD", "SELL"}, "all three are compared"
    keyed = {(one.asof_ts, one.horizon_days, one.instrument): one for one in expected}
    for row in rows.iter_rows(named=True):
        one = keyed.pop(
            (row["asof_ts"], row["horizon_days"], Instrument(row["card_id"], row["grade_code"]))
        )
        for name in ("action", "model_version", "price_cents", "series"):
            assert row[name] == getattr(one, name)
        for name in ("conviction", "expected_return", "utility"):
            assert row[name] == pytest.approx(getattr(one, name), abs=1e-6)
    assert keyed == {}


def test_noise_for_everything_learned_later_changes_no_earlier_week() -> None:
    truth = frame(small_market()).with_columns(superseded_at=pl.lit(None, pl.Datetime("us", "UTC")))
    moment = end_of(decision_days(LAST_DAY, WEEKS)[5])
    other = forget_and_invent(truth, moment, seed=4)
    before = pl.col("asof_ts") <= moment
    assert walked(truth).filter(before).equals(walked(other).filter(before))
    assert not walked(truth).equals(walked(other)), "the noise is there"


@pytest.fixture
def shop(market: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    return market.renewed()


def counted(desk: Desk, table: str) -> int:
    (row,) = desk.rows(f"select count(*) as n from signals.{table}")
    return int(str(row["n"]))


def test_a_replay_is_stored_apart_and_enters_nothing_that_was_said(shop: Desk) -> None:
    found = replay_past(shop.workshop, LAST_DAY, weeks=WEEKS, now=NOW)
    assert (found["weeks"], found["there_already"], found["speaks"]) == (WEEKS, 0, "ewma-1")
    assert counted(shop, "replayed") == found["rows"]
    assert counted(shop, "replayed") > 12 * WEEKS
    for table in ("signals", "forecasts", "flips", "features_daily", "features_latest"):
        assert counted(shop, table) == 0, table
    replayed = shop.rows("select distinct replayed from signals.claims")
    assert replayed == [{"replayed": True}]


def test_a_replay_again_adds_only_the_weeks_that_are_new(shop: Desk) -> None:
    replay_past(shop.workshop, LAST_DAY - timedelta(days=7), weeks=4, now=NOW)
    before = shop.rows("select * from signals.replayed order by signal_id")
    found = replay_past(shop.workshop, LAST_DAY, weeks=4, now=NOW)
    assert (found["weeks"], found["there_already"]) == (1, 3)
    after = shop.rows("select * from signals.replayed order by signal_id")
    assert after[: len(before)] == before


def test_a_replay_and_what_was_said_never_share_an_id(shop: Desk) -> None:
    from tests.signals_svc.market_builder import mark

    replay_past(shop.workshop, LAST_DAY, weeks=2, now=NOW)
    mark(shop.urls, [(card, "psa10") for card in CARDS], LAST_DAY)
    shop.night()
    (row,) = shop.rows("select count(*) as n, count(distinct signal_id) as ids from signals.claims")
    assert row["n"] == row["ids"]


def test_what_a_replay_said_is_scored_as_of_the_walk(shop: Desk) -> None:
    replay_past(shop.workshop, LAST_DAY, weeks=WEEKS, now=NOW)
    found = score_signals(shop.workshop, LAST_DAY)
    assert counted(shop, "scores") > found["no_exit"]  # type: ignore[operator]
    rows: list[dict[str, Any]] = shop.rows(
        "select c.asof_ts, v.after_days, v.known_at from signals.scores v"
        " join signals.claims c using (signal_id)"
    )
    assert all(
        row["known_at"] >= row["asof_ts"] + timedelta(days=row["after_days"]) for row in rows
    )


def test_who_speaks_in_a_replay_learned_nothing_after_its_first_day(
    training: Desk,
) -> None:
    weeks = 2
    found = replay_past(training.workshop, TODAY, weeks=weeks, now=NOW)
    first = decision_days(TODAY, weeks)[0]
    assert str(found["speaks"]).startswith(f"trees-{first:%Y%m%d}-"), found
    assert found["best_90_d"] == "lightgbm"
    (row,) = training.rows(
        "select max(m.trained_through) as learned, min(r.asof_ts) as first"
        " from signals.replayed r join signals.models m using (model_version)"
    )
    assert row["learned"] == row["first"] == end_of(first)
    stage = training.rows(
        "select stage from signals.promotions where model_version = %s order by promotion_id",
        found["speaks"],
    )
    assert {one["stage"] for one in stage} == {"staging"}, "no night listens to it"


def test_what_a_model_may_learn_is_what_was_known_on_the_first_day(training: Desk) -> None:
    """The same version comes out, whatever became known later."""
    first = replay_past(training.workshop, TODAY - timedelta(days=7), weeks=1, now=NOW)
    seed_cards(training.urls, ("new",))
    bars = small_market()[:40]
    late = [type(bar)("new", "raw", bar.day, bar.cents, known_at=end_of(TODAY)) for bar in bars]
    write_bars(training.urls, late)
    again = replay_past(training.workshop, TODAY, weeks=2, now=NOW)
    assert str(again["speaks"]).startswith("trees-")
    assert again["speaks"] == first["speaks"]


def test_instruments_that_were_disbelieved_then_say_nothing_then(shop: Desk) -> None:
    """Whoever was flagged by then; a flag that was raised later changes no earlier week."""
    weeks = decision_days(LAST_DAY, 4)
    flag = (
        "insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence, detail,"
        " opened_at, closed_at, closed_as_of)"
        " values (%s, 'psa10', 'sources', %s, 3, 2, '{}', %s, %s, %s)"
    )
    told = end_of(weeks[0]) + timedelta(hours=2)
    with psycopg.connect(shop.urls.ingestion) as connection:
        connection.execute(flag, ("card-2", weeks[0], told, end_of(weeks[2]), weeks[2]))
    replay_past(shop.workshop, LAST_DAY, weeks=4, now=NOW)
    rows = shop.rows("select distinct asof_ts from signals.replayed where card_id = 'card-2'")
    assert {row["asof_ts"] for row in rows} == {
        end_of(weeks[0]),
        end_of(weeks[2]),
        end_of(weeks[3]),
    }
