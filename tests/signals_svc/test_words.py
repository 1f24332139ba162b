"""Signals are append-only: what was said as of a moment stays, and a later word follows it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import psycopg
import pytest
from structlog.testing import capture_logs

from kernel.days import end_of
from kernel.db.session import job_transaction
from signals_svc.adapters.models import Models
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.costs import Costs
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.ports.models import (
    ClassifierLoader,
    Decision,
    RegisteredModel,
    ServingModel,
)
from signals_svc.settings import SignalsSettings
from tests.signals_svc.conftest import LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import Bar, mark, write_bars
from tests.signals_svc.trees_to_read import TREES_READ, StillContests, register_trees_to_read

CLIMBER = [("card-0", "psa10")]
YESTERDAY = LAST_DAY - timedelta(days=1)
LATER = NOW + timedelta(hours=2)
WORD = """
select action, model_version, known_at, signal_id from signals.signals
where card_id = 'card-0' and horizon_days = 90 and known_at <= %s
order by asof_ts desc, known_at desc, signal_id desc limit 1
"""
WORDS = """
select signal_id, card_id, horizon_days, asof_ts, known_at, action, model_version, fingerprint
from signals.signals order by signal_id
"""


@dataclass(frozen=True)
class Says:
    """A classifier that says the same of everything."""

    version: str
    chances_of_each: tuple[float, float, float]
    reads: str = TREES_READ
    horizon_days: int = 90
    break_even: float = Costs().break_even
    conviction: ConvictionMap = field(default_factory=ConvictionMap)

    def chances(self, inputs: Singles) -> Floats:
        return np.tile(self.chances_of_each, (len(inputs), 1))

    def moved(self, inputs: Singles) -> Floats:
        return np.zeros(inputs.shape)


class Shelf:
    """Port ClassifierLoader: every registered version leans to SELL."""

    def load(self, model: ServingModel) -> Says:
        return Says(model.version, (0.1, 0.2, 0.7))


def with_classifiers(desk: Desk, loader: ClassifierLoader) -> Desk:
    loaders = desk.workshop.loaders._replace(classifiers=loader, baselines=StillContests())
    return replace(desk, workshop=replace(desk.workshop, loaders=loaders))


@pytest.fixture
def desk_with_shelf(market: Desk) -> Desk:
    return with_classifiers(market, Shelf())


def promote(
    version: str, *, trained_through: datetime, now: datetime, features: str = FEATURE_VERSION
) -> None:
    register_trees_to_read()
    model = ServingModel(version, trained_through, features, f"classifier/{version}.zip", "0")
    with job_transaction(SignalsSettings().database_url) as connection:
        models = Models(connection)
        models.register("classifier", RegisteredModel(model, {"accepted": True}), now=now)
        models.decide(version, Decision("production", "test"), now=now)


def replace_close(desk: Desk, cents: int) -> None:
    """The climber's bar of the last day, as if it had always been so."""
    with psycopg.connect(desk.urls.ingestion) as connection:
        connection.execute(
            "delete from market.prices_daily where card_id = 'card-0' and day = %s", (LAST_DAY,)
        )
    write_bars(desk.urls, [Bar("card-0", "psa10", LAST_DAY, cents)])


def judge_again(desk: Desk, now: datetime) -> None:
    mark(desk.urls, CLIMBER, LAST_DAY)
    desk.night(now)


def test_a_read_as_of_a_moment_answers_with_what_was_said_by_then(desk_with_shelf: Desk) -> None:
    desk = desk_with_shelf
    judge_again(desk, NOW)
    (first,) = desk.rows(WORD, NOW)
    assert (first["action"], first["model_version"]) == ("BUY", "ewma-1")
    assert first["known_at"] == end_of(LAST_DAY)
    promote("gbdt-1", trained_through=end_of(LAST_DAY), now=NOW)
    judge_again(desk, LATER)
    assert desk.rows(WORD, LATER - timedelta(seconds=1)) == [first]
    (second,) = desk.rows(WORD, LATER)
    assert (second["action"], second["model_version"]) == ("HOLD", "ewma-1+gbdt-1")
    assert second["known_at"] == LATER


def test_a_night_that_comes_out_differently_adds_words_and_keeps_the_old(market: Desk) -> None:
    judge_again(market, NOW)
    said = market.rows(WORDS)
    forecasts = market.rows("select * from signals.forecasts order by 1, 2, 3, known_at")
    replace_close(market, 1)
    judge_again(market, LATER)
    after = market.rows(WORDS)
    assert after[: len(said)] == said
    assert {row["known_at"] for row in after[len(said) :]} == {LATER}
    assert len(after) == 2 * len(said)
    kept = "select * from signals.forecasts where known_at = asof_ts order by 1, 2, 3"
    assert market.rows(kept) == forecasts
    assert len(market.rows("select from signals.forecasts")) == 2 * len(forecasts)


def test_going_back_to_the_first_word_is_a_third_one(market: Desk) -> None:
    (before,) = market.rows(
        "select close_cents from market.prices_daily where card_id = 'card-0' and day = %s",
        LAST_DAY,
    )
    judge_again(market, NOW)
    for cents in (1, int(str(before["close_cents"]))):
        replace_close(market, cents)
        judge_again(market, LATER)
    words = market.rows(
        "select fingerprint, known_at from signals.signals where horizon_days = 90"
        " order by known_at, signal_id"
    )
    assert words[0]["fingerprint"] == words[2]["fingerprint"] != words[1]["fingerprint"]
    assert words[1]["known_at"] == LATER
    assert words[2]["known_at"] == LATER + timedelta(microseconds=1), "the newest, in any order"


def test_a_night_goes_on_from_what_was_known_at_its_end(desk_with_shelf: Desk) -> None:
    desk = desk_with_shelf
    mark(desk.urls, CLIMBER, YESTERDAY)
    desk.night(NOW)
    promote("gbdt-1", trained_through=end_of(YESTERDAY), now=NOW)
    mark(desk.urls, CLIMBER, YESTERDAY)
    desk.night(LATER)
    judge_again(desk, LATER)
    (row,) = desk.rows(
        "select features->>'previous' as previous from signals.signals"
        " where asof_ts = %s and horizon_days = 90",
        end_of(LAST_DAY),
    )
    assert row["previous"] == "BUY", "the HOLD of the promoted model came after this night"


def test_a_night_filled_in_keeps_the_model_that_could_have_spoken_then(
    desk_with_shelf: Desk,
) -> None:
    desk = desk_with_shelf
    promote("gbdt-1", trained_through=end_of(YESTERDAY), now=NOW)
    promote("gbdt-2", trained_through=end_of(LAST_DAY), now=LATER)
    for night in (YESTERDAY, LAST_DAY):
        mark(desk.urls, CLIMBER, night)
    desk.night(LATER)
    spoke = desk.rows(
        "select model_version from signals.signals where horizon_days = 90 order by asof_ts"
    )
    assert [row["model_version"] for row in spoke] == ["ewma-1+gbdt-1", "ewma-1+gbdt-2"]


def test_a_release_with_other_features_warns_and_lets_utility_decide(
    desk_with_shelf: Desk,
) -> None:
    desk = desk_with_shelf
    promote("gbdt-1", trained_through=end_of(YESTERDAY), now=NOW, features="older")
    with capture_logs() as logs:
        judge_again(desk, NOW)
    (word,) = desk.rows(WORD, NOW)
    assert (word["action"], word["model_version"]) == ("BUY", "ewma-1")
    silent = [entry for entry in logs if entry["event"] == "classifier.silent"]
    assert [(entry["model_version"], entry["wants"]) for entry in silent] == [("gbdt-1", "older")]


def test_fees_reach_convictions_and_silence_a_classifier_trained_for_others(
    desk_with_shelf: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_again(desk_with_shelf, NOW)
    monkeypatch.setenv("PRICER_BACKTESTS__DEFAULT_FEES__SELL_PCT", "0.3")
    dear = with_classifiers(desk_with_shelf.renewed(), Shelf())
    promote("gbdt-1", trained_through=end_of(YESTERDAY), now=NOW)
    with capture_logs() as logs:
        judge_again(dear, LATER)
    words = desk_with_shelf.rows(
        "select model_version, conviction from signals.signals where horizon_days = 90"
        " order by known_at"
    )
    assert [word["model_version"] for word in words] == ["ewma-1", "ewma-1"]
    assert float(str(words[1]["conviction"])) < float(str(words[0]["conviction"]))
    assert [e["model_version"] for e in logs if e["event"] == "classifier.silent"] == ["gbdt-1"]
