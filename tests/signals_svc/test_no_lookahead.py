"""The proof of no lookahead holds on an honest store, and names a cell for each kind of leak."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.cli import Summary
from kernel.days import end_of, start_of
from kernel.db.facts import facts_known
from kernel.db.market import BAR_SCHEMA, bars_as_of
from kernel.ids import Instrument
from signals_svc.adapters import market as market_adapter
from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles
from signals_svc.adapters.models import Models
from signals_svc.adapters.truncated_copy import CopyInUse
from signals_svc.app import workshop
from signals_svc.domain import features as features_module
from signals_svc.domain.arrays import Floats
from signals_svc.domain.bars import Bars
from signals_svc.domain.examples import WARM_UP_DAYS
from signals_svc.domain.features import Features
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold, forecast_folds
from signals_svc.domain.past_forecasts import PastForecasts, past_forecasts
from signals_svc.domain.series import Series, day_number, series_in_use
from signals_svc.jobs import verifying
from signals_svc.jobs.verifying import Asked, NoCopy, SeesTheFuture, prove
from signals_svc.settings import SignalsSettings
from signals_svc.usecases import forecasts_out_of_fold, learn_forecasts, verify_training
from signals_svc.usecases.rebuild_features import History
from signals_svc.usecases.verify_nights import Compared, verify_night
from stack.bootstrap.databases import MIGRATOR, SERVICES, Cluster, create_database
from tests.fixtures.postgres import TEMPLATE, drop_database
from tests.signals_svc.conftest import CARDS, DAYS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import FIRST_DAY, Bar, mark, write_bars
from tests.signals_svc.test_stages import Seers, registered
from tests.signals_svc.trees_to_read import StillContests

LATE = LAST_DAY - timedelta(days=6)
WHOLE = "select md5(string_agg(t::text, '|' order by t::text)) as bytes from {} t"

A_SET = """
with games as (insert into market.games values ('pokemon', 'Pokémon') on conflict do nothing)
insert into market.sets (set_id, game, name) values ('mine', 'pokemon', 'Mine')
"""


@pytest.fixture
def proving(market: Desk, postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The small market with late and corrected bars and facts, and an empty database for the
    copy.
    """
    name = f"{market.urls.name}_copy"
    create_database(postgres, name, owner=MIGRATOR, users=SERVICES, template=TEMPLATE)
    monkeypatch.setenv("SIGNALS_SVC_SCRATCH_DATABASE_URL", postgres.url(MIGRATOR, name))
    unsettle(market)
    tell_late(market)
    yield replace(market, workshop=workshop(SignalsSettings()))
    drop_database(postgres, name)


def unsettle(desk: Desk) -> None:
    """A bar every day of each card's last month that is known days later; others are corrected."""
    write_bars(
        desk.urls,
        [
            Bar(card, "raw", LAST_DAY - timedelta(days=n), 900 + 7 * n, known_at=late(n))
            for card in CARDS
            for n in range(120)
        ],
    )
    with psycopg.connect(desk.urls.ingestion) as connection:
        corrected = LAST_DAY - timedelta(days=30)
        connection.execute(
            "insert into market.prices_daily_history select card_id, grade_code, day, kind,"
            " known_at, %s, open_cents, high_cents, low_cents, close_cents, volume, 'late sale'"
            " from market.prices_daily where grade_code = 'psa10' and day >= %s",
            (end_of(LAST_DAY), corrected),
        )
        connection.execute(
            "update market.prices_daily set low_cents = 5, close_cents = 5, known_at = %s"
            " where grade_code = 'psa10' and day >= %s",
            (end_of(LAST_DAY), corrected),
        )


def tell_late(desk: Desk) -> None:
    """Counts, searches and moods of every third day, known up to six days later; some counts are
    corrected later still.
    """
    with psycopg.connect(desk.urls.ingestion) as connection, connection.cursor() as cursor:
        for place, card in enumerate(CARDS):
            for ago in range(0, 240, 3):
                day = LAST_DAY - timedelta(days=ago)
                known = end_of(day) + timedelta(days=(ago // 3 + place) % 7)
                counted = 1000 - 3 * ago + place
                cursor.execute(COUNTED, (card, day, counted, known))
                cursor.execute(COUNTED, (card, day, counted + 50, known + timedelta(days=9)))
                first = day - timedelta(days=27)
                cursor.execute(SEARCHED, (card, day, 10 + ago % 90, first, day, known))
                cursor.execute(FELT, (card, day, (ago % 20 - 10) / 10, known))


COUNTED = (
    "insert into market.population (card_id, grade_code, day, source, population, known_at)"
    " values (%s, 'psa10', %s, 'psa', %s, %s)"
)
SEARCHED = (
    "insert into market.search_trends (card_id, day, source, term, interest, window_first,"
    " window_last, known_at) values (%s, %s, 'searches', 'card', %s, %s, %s, %s)"
)
FELT = (
    "insert into market.sentiment_daily (card_id, day, source, posts, positive, negative, score,"
    " words, known_at) values (%s, %s, 'posts', 3, 1, 1, %s, '{}', %s)"
)


def late(ago: int) -> datetime:
    return end_of(LAST_DAY - timedelta(days=ago)) + timedelta(days=ago % 3)


def proof(desk: Desk, *, nights: int = 2, folds: int = 0, seed: int = 1) -> Summary:
    return prove(
        desk.workshop, Asked(nights, folds, 600, seed), now=start_of(LAST_DAY + timedelta(days=1))
    )


def leak(desk: Desk, **asked: int) -> str:
    """The cell that is named."""
    with pytest.raises(SeesTheFuture) as told:
        proof(desk, **asked)
    found = told.value.leak
    assert found.ours != found.truncated
    return str(told.value)


def test_an_honest_store_has_no_cell_that_differs_and_is_left_as_it_was(proving: Desk) -> None:
    mark(proving.urls, [(card, "psa10") for card in CARDS], LAST_DAY - timedelta(days=40))
    proving.night()
    tables = ("market.prices_daily", "signals.signals", "signals.features_daily", "signals.models")
    before = [proving.rows(WHOLE.format(table)) for table in tables]
    told = proof(proving, nights=4)
    assert (told["outcome"], len(told["nights"])) == ("no cell differs", 4)  # type: ignore[arg-type]
    cells: Any = told["cells_by_table"]
    assert set(cells) == {
        *("features (walked)", "windows (walked)", "features (read)", "windows (read)"),
        *("forecasts", "signals"),
    }
    assert min(cells.values()) > 0
    assert told["instruments"] in (12, 24)
    assert [proving.rows(WHOLE.format(table)) for table in tables] == before


def test_every_day_holds(proving: Desk) -> None:
    copy = proving.workshop.truncated
    assert copy is not None
    with proving.workshop.stores() as stores:
        history = History(
            stores.prices.versions(first=FIRST_DAY, last=LAST_DAY),
            stores.prices.catalog(),
            stores.prices.facts(first=FIRST_DAY, last=LAST_DAY),
        )

    @settings(max_examples=10, deadline=None)
    @given(st.integers(WARM_UP_DAYS, DAYS - 1))
    def holds(offset: int) -> None:
        night = FIRST_DAY + timedelta(days=offset)
        with proving.workshop.stores() as stores:
            found = verify_night(stores, history, copy, night, proving.workshop.speech)
        assert found.leak is None, str(found.leak)
        assert found.cells > 0

    holds()


def test_a_count_told_days_later_read_as_if_it_had_been_known_at_once_is_named(
    proving: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfiltered(
        connection: psycopg.Connection, *, as_of: datetime, first: date, last: date
    ) -> tuple[pl.DataFrame, ...]:
        told = facts_known(connection, as_of=NOW, first=first, last=last)
        early = pl.lit(start_of(first), BAR_SCHEMA["known_at"])
        return tuple(one.with_columns(known_at=early) for one in told)

    monkeypatch.setattr(market_adapter, "facts_known", unfiltered)
    assert "raw.population: " in leak(proving, nights=40)


def test_the_same_seed_draws_the_same_nights(proving: Desk) -> None:
    assert proof(proving, seed=5)["nights"] == proof(proving, seed=5)["nights"]


def test_a_close_of_the_day_itself_before_it_is_known_is_named(
    proving: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_early(bars: Bars, as_of: date, *, known_by: datetime | None = None) -> Series:
        todays = bars.day == day_number(as_of)
        believed = replace(bars, known_us=np.where(todays, 0, bars.known_us))
        return series_in_use(believed, as_of, known_by=known_by)

    monkeypatch.setattr(features_module, "series_in_use", too_early)
    # The other grade's premium comes first in the order of names.
    assert leak(proving, nights=40).startswith("features (walked), card-0:psa10, ")
    assert "raw.premium_raw: " in leak(proving, nights=40)


def test_a_scaler_fitted_on_days_to_come_is_named(
    proving: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest: Any = features_module._features

    def scaled(bars: Bars, *given: Any) -> Features:
        today: Features = honest(bars, *given)
        newest = date(1970, 1, 1) + timedelta(days=int(bars.day.max()))
        fitted = honest(bars, *given[:2], newest, end_of(newest))
        scale = float(np.nanstd(fitted.raw["momentum_30"]))
        column = today.raw["momentum_30"] / np.float32(scale)
        return replace(today, normalised=today.normalised | {"momentum_30": column})

    monkeypatch.setattr(features_module, "_features", scaled)
    assert "normalized.momentum_30" in leak(proving)


def test_a_revised_sale_read_as_if_it_had_always_been_so_is_named(
    proving: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfiltered(
        connection: psycopg.Connection, *, as_of: datetime, first: date, last: date
    ) -> pl.DataFrame:
        now = bars_as_of(connection, as_of=NOW, first=first, last=last)
        return now.with_columns(known_at=pl.lit(start_of(first), BAR_SCHEMA["known_at"]))

    monkeypatch.setattr(market_adapter, "bars_as_of", unfiltered)
    found = leak(proving, nights=40)
    assert found.startswith("features (read), card-")


def test_a_model_that_has_seen_the_outcome_of_the_night_is_named(
    proving: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaders = proving.workshop.loaders._replace(forecasters=Seers(), baselines=StillContests())
    seen = replace(proving, workshop=replace(proving.workshop, loaders=loaders))
    registered("tft-later", learned_by=LAST_DAY, family="tft")
    assert proof(seen)["outcome"] == "no cell differs"
    speakers = Models.speakers
    monkeypatch.setattr(
        Models, "speakers", lambda self, family, *, trained_by=None: speakers(self, family)
    )
    found = leak(seen)
    assert found.startswith("forecasts, card-0:psa10, ")
    assert "tft-later" in found


@pytest.fixture
def long_market(proving: Desk) -> Desk:
    """Two years more of prices, so that folds can be held out."""
    rng = np.random.default_rng(3)
    before = [
        Bar(card, grade, FIRST_DAY + timedelta(days=n), int(rng.integers(900, 1100)))
        for card in CARDS
        for grade, last in (("psa10", 0), ("raw", DAYS - 120))
        for n in range(-600, last, 5)
    ]
    write_bars(proving.urls, before)
    return proving


def test_what_a_fold_learns_from_and_says_is_the_same_without_what_came_later(
    long_market: Desk,
) -> None:
    told = proof(long_market, nights=1, folds=2)
    assert (told["outcome"], told["folds"]) == ("no cell differs", 2)
    cells: Any = told["cells_by_table"]
    assert min(cells["labels"], cells["out of fold"], cells["read by classifiers"]) > 0


def test_what_classifiers_learn_from_of_the_weeks_before_a_contest_holds_too(
    long_market: Desk,
) -> None:
    told = proof(long_market, nights=1, folds=4, seed=2)
    assert (told["outcome"], told["folds"]) == ("no cell differs", 4)


def test_no_block_of_weeks_is_verified_twice(
    long_market: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    picked = []

    def noted(*given: Any, pick: int) -> Compared:
        picked.append(pick % len(given[3].blocks))
        return Compared({}, 0, None)

    monkeypatch.setattr(verifying, "verify_training", noted)
    told = proof(long_market, nights=1, folds=40, seed=3)
    assert told["folds"] == len(picked) == len(set(picked))
    assert 2 < len(picked) < 40


def test_forecasts_in_sample_as_an_input_of_the_classifier_are_named(
    long_market: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_sample(
        examples: ForecastExamples,
        instruments: Sequence[Instrument],
        folds: list[ForecastFold],
        answers: Floats,
        trees: LightGbmQuantiles,
        *,
        horizon_days: int,
    ) -> PastForecasts:
        every = np.arange(len(examples))
        seen = ForecastFold(train=every, test=every, start_us=0)
        at = examples.horizons.index(horizon_days)
        said = forecasts_out_of_fold.trees_of_fold(examples, seen, trees, at)
        days = horizon_days
        return past_forecasts(instruments, examples.slots, examples.days, said, horizon_days=days)

    monkeypatch.setattr(verify_training, "past_of_trees", in_sample)
    found = leak(long_market, nights=1, folds=1)
    assert found.startswith("read by classifiers, card-")
    assert "read_q" in found


def test_forecasts_of_weeks_that_were_learned_from_are_named(
    long_market: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_sample(days: Any, known_us: Any) -> list[ForecastFold]:
        every = np.arange(len(days))
        return [replace(fold, train=every) for fold in forecast_folds(days, known_us)]

    monkeypatch.setattr(learn_forecasts, "forecast_folds", in_sample)
    found = leak(long_market, nights=1, folds=1)
    assert found.startswith("labels, card-0:psa10, ")


def test_predictions_looked_up_out_of_the_wrong_fold_are_named(
    long_market: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = forecasts_out_of_fold.trees_out_of_fold

    def swapped(examples: Any, folds: list[ForecastFold], trees: LightGbmQuantiles) -> Any:
        return honest(examples, [replace(one, train=one.test) for one in folds], trees)

    monkeypatch.setattr(verify_training, "trees_out_of_fold", swapped)
    assert leak(long_market, nights=1, folds=1).startswith("out of fold, card-")


def test_without_a_database_for_the_copy_the_words_say_how_to_get_one(market: Desk) -> None:
    with pytest.raises(NoCopy, match="SIGNALS_SVC_SCRATCH_DATABASE_URL"):
        proof(market)


def test_the_store_itself_is_refused_as_the_place_of_the_copy(
    market: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALS_SVC_SCRATCH_DATABASE_URL", market.urls.migrations)
    bars = "select count(*) as rows from market.prices_daily"
    before = market.rows(bars)
    with pytest.raises(CopyInUse, match="the store itself"):
        proof(market.renewed())
    assert market.rows(bars) == before


def test_a_database_with_rows_of_somebody_else_is_refused_and_keeps_them(
    proving: Desk, postgres: Cluster
) -> None:
    copy = f"{proving.urls.name}_copy"
    with psycopg.connect(postgres.url(MIGRATOR, copy)) as connection:
        connection.execute(A_SET)
    with pytest.raises(CopyInUse, match=r"rows of its own in market\.sets"):
        proof(proving)
    with psycopg.connect(postgres.url(MIGRATOR, copy)) as connection:
        assert connection.execute("select count(*) from market.sets").fetchone() == (1,)


def test_what_a_killed_proof_left_behind_is_emptied_by_the_next(
    proving: Desk, postgres: Cluster
) -> None:
    copy = proving.workshop.truncated
    assert copy is not None
    assert copy.hold(end_of(LAST_DAY)) > 0
    assert proof(proving)["outcome"] == "no cell differs"
    with psycopg.connect(postgres.url(MIGRATOR, f"{proving.urls.name}_copy")) as connection:
        left = connection.execute("select to_regclass('signals.truncated_copy')").fetchone()
        assert left == (None,)
        connection.execute(A_SET)
    with pytest.raises(CopyInUse, match="rows of its own"):
        proof(proving)
