"""A night from the dirty set to signals in PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import psycopg

from kernel.days import end_of, start_of
from signals_svc.jobs.table import build_every_night, infer_every_night
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import Bar, mark, write_bars

EVERYTHING = [(card, "psa10") for card in CARDS]
STORED = (
    "select card_id, horizon_days, asof_ts, model_version, action, conviction, utility, reasons,"
    " features, fingerprint from signals.signals order by card_id, horizon_days, asof_ts"
)


def actions(desk: Desk, as_of: date, horizon: int = 90) -> dict[object, object]:
    rows = desk.rows(
        "select card_id, action from signals.signals where asof_ts = %s and horizon_days = %s",
        end_of(as_of),
        horizon,
    )
    return {row["card_id"]: row["action"] for row in rows}


def test_a_night_turns_dirty_instruments_into_signals_of_every_horizon(market: Desk) -> None:
    mark(market.urls, EVERYTHING, LAST_DAY)
    built, inferred = market.night()
    assert built == {"nights": 1, "instruments": 12, "rows": 12, "without_price": 0, "waiting": 0}
    assert inferred["signals"] == {"BUY": 1, "HOLD": 10, "SELL": 1}
    found = actions(market, LAST_DAY)
    assert (found["card-0"], found["card-1"]) == ("BUY", "SELL")
    assert len(market.rows("select from signals.signals")) == 36
    assert len(market.rows("select from signals.forecasts")) == 36
    assert market.rows("select from market.dirty") == []
    assert market.rows("select from signals.inference_queue") == []
    assert market.rows("select from signals.flips") == []


def test_building_features_alone_clears_nothing(market: Desk) -> None:
    mark(market.urls, EVERYTHING[:2], LAST_DAY)
    build_every_night(market.workshop, now=NOW)
    assert len(market.rows("select from market.dirty")) == 2
    assert market.rows("select from signals.signals") == []


def test_work_marked_again_between_building_and_inferring_stays(market: Desk) -> None:
    mark(market.urls, EVERYTHING[:2], LAST_DAY)
    build_every_night(market.workshop, now=NOW)
    mark(market.urls, EVERYTHING[:1], LAST_DAY)
    inferred = infer_every_night(market.workshop, now=NOW)
    assert inferred["cleared"] == 1
    assert market.rows("select card_id, generation from market.dirty") == [
        {"card_id": "card-0", "generation": 2}
    ]
    market.night()
    assert market.rows("select from market.dirty") == []


def test_the_same_night_again_writes_the_same_bytes_and_no_flip(market: Desk) -> None:
    mark(market.urls, EVERYTHING, LAST_DAY)
    market.night()
    first = market.rows(STORED)
    known_at = market.rows("select max(known_at) as moment from signals.signals")
    mark(market.urls, EVERYTHING, LAST_DAY)
    built, inferred = market.night()
    assert (built["rows"], inferred["flips"]) == (0, 0)
    assert market.rows(STORED) == first
    assert market.rows("select max(known_at) as moment from signals.signals") == known_at


def test_every_night_is_judged_by_what_was_known_at_its_end(market: Desk) -> None:
    earlier = LAST_DAY - timedelta(days=60)
    mark(market.urls, EVERYTHING, earlier)
    market.night()
    before = market.rows(STORED)
    # Learned a day too late for that night: the climber had crashed.
    late = Bar("card-0", "psa10", earlier - timedelta(days=1), 10, known_at=end_of(LAST_DAY))
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(
            "delete from market.prices_daily where card_id = 'card-0' and day = %s", (late.day,)
        )
    write_bars(market.urls, [late])
    mark(market.urls, EVERYTHING[1:], earlier)
    market.night()
    assert market.rows(STORED) == before


def test_a_standing_signal_is_judged_every_night_and_ends_when_its_prices_do(market: Desk) -> None:
    mark(market.urls, EVERYTHING, LAST_DAY)
    market.night()
    silent = LAST_DAY + timedelta(days=61)
    fresh = [Bar("card-2", "psa10", silent, 10_000)]
    write_bars(market.urls, fresh)
    mark(market.urls, [("card-2", "psa10")], silent)
    built, inferred = market.night()
    assert built["instruments"] == 3
    assert actions(market, silent) == {"card-0": "HOLD", "card-1": "HOLD", "card-2": "HOLD"}
    reasons = market.rows(
        "select reasons->0->>'code' as code from signals.signals"
        " where card_id = 'card-0' and asof_ts = %s",
        end_of(silent),
    )
    assert {row["code"] for row in reasons} == {"illiquid"}
    flips = market.rows(
        "select card_id, from_action, to_action from signals.flips where horizon_days = 90"
        " order by card_id"
    )
    assert flips == [
        {"card_id": "card-0", "from_action": "BUY", "to_action": "HOLD"},
        {"card_id": "card-1", "from_action": "SELL", "to_action": "HOLD"},
    ]
    assert inferred["flips"] == len(market.rows("select from signals.flips"))


def test_a_standing_signal_whose_prices_were_all_revoked_is_withdrawn(market: Desk) -> None:
    mark(market.urls, EVERYTHING, LAST_DAY)
    market.night()
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute("delete from market.prices_daily where card_id = 'card-0'")
        connection.execute("delete from market.prices_daily where card_id = 'card-1'")
    tomorrow = LAST_DAY + timedelta(days=1)
    mark(market.urls, [("card-0", "psa10")], tomorrow)
    built, _ = market.night()
    assert built["without_price"] == built["instruments"] == 2
    rows = market.rows(
        "select action, reasons->0->>'code' as code, conviction from signals.signals"
        " where card_id = 'card-0' and horizon_days = 90 and asof_ts = %s",
        end_of(tomorrow),
    )
    assert rows == [{"action": "HOLD", "code": "no_prices", "conviction": 0}]


def test_a_night_is_left_until_its_hour_has_come(market: Desk) -> None:
    mark(market.urls, EVERYTHING[:2], LAST_DAY)
    tomorrow = start_of(LAST_DAY + timedelta(days=1))
    built = build_every_night(market.workshop, now=tomorrow + timedelta(minutes=119))
    assert (built["nights"], built["waiting"]) == (0, 2)
    built = build_every_night(market.workshop, now=tomorrow + timedelta(minutes=120))
    assert (built["nights"], built["waiting"]) == (1, 0)


def test_nights_are_worked_oldest_first_so_that_hysteresis_sees_the_one_before(
    market: Desk,
) -> None:
    nights = [LAST_DAY - timedelta(days=n) for n in (0, 30)]
    for night in nights:
        mark(market.urls, EVERYTHING[:1], night)
    _, inferred = market.night()
    assert inferred["nights"] == 2
    assert inferred["last_night"] == LAST_DAY.isoformat()
    previous = market.rows(
        "select features->>'previous' as previous from signals.signals"
        " where horizon_days = 90 order by asof_ts"
    )
    assert [row["previous"] for row in previous] == [None, "BUY"]


def test_latest_features_are_never_replaced_by_older_ones(market: Desk) -> None:
    for night in (LAST_DAY, LAST_DAY - timedelta(days=30)):
        mark(market.urls, EVERYTHING[:1], night)
        market.night()
    latest = market.rows("select asof_ts from signals.features_latest")
    assert latest == [{"asof_ts": end_of(LAST_DAY)}]
    assert len(market.rows("select from signals.features_daily")) >= 2


def test_a_signal_names_its_frozen_inputs(market: Desk) -> None:
    mark(market.urls, EVERYTHING[:1], LAST_DAY)
    market.night(now=datetime(2026, 11, 1, tzinfo=UTC))
    (row,) = market.rows(
        "select s.features->>'snapshot' as snapshot, f.fingerprint, s.model_version"
        " from signals.signals s join signals.features_daily f using (card_id, grade_code)"
        " where s.horizon_days = 90"
    )
    assert row["snapshot"] == row["fingerprint"]
    assert row["model_version"] == "ewma-1"


def test_an_instrument_whose_prices_disagree_is_held_until_they_agree(market: Desk) -> None:
    mark(market.urls, EVERYTHING, LAST_DAY - timedelta(days=1))
    market.night()
    assert actions(market, LAST_DAY - timedelta(days=1))["card-0"] == "BUY"
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(
            "insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence,"
            " detail) values ('card-0', 'psa10', 'sources', %s, 4.5, 2, '{}')",
            (LAST_DAY,),
        )
    mark(market.urls, EVERYTHING, LAST_DAY)
    _, inferred = market.night()
    assert inferred["flips"] == 3
    assert actions(market, LAST_DAY)["card-0"] == "HOLD"
    assert market.rows(
        "select conviction::float8 as conviction, reasons -> 0 ->> 'code' as code,"
        " jsonb_array_length(reasons) as reasons from signals.signals"
        " where card_id = 'card-0' and asof_ts = %s and horizon_days = 90",
        end_of(LAST_DAY),
    ) == [{"conviction": 0.0, "code": "divergence", "reasons": 1}]

    # Taken back for that very day, it is judged by its prices again.
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(
            "update market.divergences set closed_at = now(), closed_as_of = %s", (LAST_DAY,)
        )
    mark(market.urls, EVERYTHING, LAST_DAY)
    market.night()
    assert "BUY" in [
        row["action"]
        for row in market.rows(
            "select action from signals.signals where card_id = 'card-0' and asof_ts = %s"
            " and horizon_days = 90 order by known_at",
            end_of(LAST_DAY),
        )
    ]


def test_a_night_made_again_sees_the_flags_that_were_known_when_the_next_was_told(
    market: Desk,
) -> None:
    """A flag raised later on what the night had, and one taken back later, change nothing."""
    nights = LAST_DAY - timedelta(days=1), LAST_DAY
    flag = (
        "insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence, detail)"
        " values (%s, 'psa10', 'sources', %s, 4.5, 2, '{}')"
    )
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(flag, ("card-1", nights[0]))
    for night in nights:
        mark(market.urls, EVERYTHING, night)
        market.night()
    told = actions(market, nights[0])
    assert (told["card-0"], told["card-1"]) == ("BUY", "HOLD")
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(flag, ("card-0", nights[0]))
        connection.execute(
            "update market.divergences set closed_at = now(), closed_as_of = %s"
            " where card_id = 'card-1'",
            (nights[0],),
        )
    said = market.rows(STORED)
    mark(market.urls, EVERYTHING, nights[0])
    market.night()
    assert market.rows(STORED) == said
