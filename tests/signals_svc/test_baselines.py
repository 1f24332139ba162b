"""Simple forecasts hold a contest, and the best one speaks where nobody has earned a horizon."""

from datetime import timedelta

import numpy as np
import pytest

from kernel.days import end_of
from kernel.errors import Conflict, Rejected
from kernel.lake import Lake as LakeStore
from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles
from signals_svc.domain.baseline_artifact import baseline_artifact_of
from signals_svc.domain.baselines import TREES
from signals_svc.domain.contest import HorizonContest, hold_contest
from signals_svc.domain.decisions import Decisions
from signals_svc.domain.measures import Measure
from signals_svc.jobs.table import change_stage, train_baselines
from signals_svc.usecases.promote import Asked
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import NOW, Desk
from tests.signals_svc.market_builder import FIRST_DAY, mark, seed_cards, write_bars
from tests.signals_svc.test_training import CARDS, TODAY, planted

INSTRUMENTS = [(card, "raw") for card in CARDS]
TOLD = """
select distinct on (card_id, horizon_days) card_id, horizon_days, model_version,
  expected_return::float8 as expected, fingerprint
from signals.signals where asof_ts = %s
order by card_id, horizon_days, known_at desc, signal_id desc
"""


@pytest.fixture
def training(desk: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    seed_cards(desk.urls, CARDS)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    mark(desk.urls, INSTRUMENTS, TODAY)
    made = desk.renewed()
    made.night()
    return made


def test_trees_that_win_the_contest_speak_from_the_next_run_on(training: Desk, lake: Lake) -> None:
    held = train_baselines(training.workshop, TODAY, now=NOW)
    version = str(held["model_version"])
    assert str(held["best_90_d"]).startswith("lightgbm (pinball lightgbm 0."), held
    assert held["marked"] == len(CARDS)
    _, inferred = training.night()
    assert inferred["model_version"] == version
    told = training.rows(TOLD, end_of(TODAY))
    quarter = [row for row in told if row["horizon_days"] == 90]
    assert {row["model_version"] for row in quarter} == {version}
    stored = training.rows(
        "select count(*) as rows from signals.forecasts where asof_ts = %s and model_version = %s"
        " and horizon_days = 90 and q10 < q50 and q50 < q90",
        end_of(TODAY),
        version,
    )
    assert stored == [{"rows": len(CARDS)}]

    mark(training.urls, INSTRUMENTS, TODAY)
    training.night()
    assert training.rows(TOLD, end_of(TODAY)) == told, "the same night gives the same bytes"
    again = train_baselines(training.workshop, TODAY, now=NOW)
    assert (again["model_version"], again["new"], again["marked"]) == (version, False, 0)

    early = TODAY - timedelta(days=30)
    mark(training.urls, INSTRUMENTS, early)
    _, inferred = training.night()
    assert inferred["model_version"] == "ewma-1", "a contest says nothing of days before it"

    store = LakeStore(lake.bucket_prefix)
    assert "90 days lightgbm" in store.get("models", f"baseline/{version}.html").decode()
    assert f"{version}-skill.svg" in store.get("models", f"baseline/{version}.md").decode()
    assert store.get("models", f"baseline/{version}-skill.svg").startswith(b"<svg")
    body = store.get("models", f"baseline/{version}.zip")
    assert baseline_artifact_of(version, body).to_bytes() == body
    store.put("models", f"baseline/{version}.zip", body[:-1] + b"x")
    mark(training.urls, INSTRUMENTS, TODAY)
    with pytest.raises(Rejected, match="checksum"):
        training.night()
    change_stage(training.workshop, version, Asked("retired"), now=NOW)
    _, inferred = training.night()
    assert inferred["model_version"] == "ewma-1"


def test_a_contest_waits_in_staging_while_a_figure_of_everybody_is_out_of_its_bounds(
    training: Desk,
) -> None:
    def measured(failed: float, minutes: int) -> None:
        figure = Measure("expectations_failed", "", "broken", failed, most=0.0, pauses=True)
        with training.workshop.stores() as stores:
            at = NOW + timedelta(minutes=minutes)
            stores.monitoring.keep([figure], as_of=TODAY, now=at)

    measured(2.0, 0)
    held = train_baselines(training.workshop, TODAY, now=NOW)
    version = str(held["model_version"])
    assert (held["new"], held["marked"]) == (True, 0)
    (newest,) = training.rows("select * from signals.promotions order by promotion_id desc limit 1")
    assert (newest["model_version"], newest["stage"]) == (version, "staging")
    assert "paused: expectations_failed 2, bounds 0" in str(newest["reason"])
    with pytest.raises(Conflict, match=r"paused until .* expectations_failed 2"):
        change_stage(training.workshop, version, Asked(), now=NOW)
    measured(0.0, 1)
    assert change_stage(training.workshop, version, Asked(), now=NOW)["stage"] == "production"


def test_too_short_a_history_holds_no_contest(training: Desk) -> None:
    held = train_baselines(training.workshop, FIRST_DAY + timedelta(days=300), now=NOW)
    assert held["model_version"] is None
    assert "too few to learn from some and test on others" in str(held["outcome"])
    assert training.rows("select from signals.models where family = 'baseline'") == []


ROWS = 40 * 30  # thirty instruments on each of forty weeks
DAYS = np.repeat(np.arange(0, 40 * 7, 7), 30)
SLOTS = np.tile(np.arange(30), 40)


def contest(*, bounce: float, moves: float) -> HorizonContest:
    """The trees know how far off the last print lies and how the price will move, times these."""
    rng = np.random.default_rng(8)
    off, ahead = rng.normal(0.0, 0.1, (2, ROWS))
    outcomes = off + ahead + rng.normal(0.0, 0.05, ROWS)
    outcomes[::7] = np.nan
    known = bounce * off + moves * ahead
    said = {
        name: np.stack([middle - 0.1, middle, middle + 0.1], axis=1)
        for name, middle in (("naive", np.zeros(ROWS)), (TREES, known), ("drift", ahead * -1.0))
    }
    return hold_contest(Decisions(DAYS, SLOTS, 30), said, outcomes, off, least_bought_ic=0.0)


def test_the_least_loss_wins_whatever_the_rows_without_an_outcome_say() -> None:
    held = contest(bounce=1.0, moves=0.5)
    assert (held.best, held.rows) == (TREES, ROWS - -(-ROWS // 7))
    assert held.pinball[TREES] < held.pinball["naive"] < held.pinball["drift"]
    assert held.words.startswith(f"{TREES} (pinball {TREES} 0.0")


def test_trees_that_only_know_that_odd_prints_come_back_may_not_speak() -> None:
    held = contest(bounce=1.0, moves=0.0)
    assert held.pinball[TREES] < held.pinball["naive"], "they forecast best,"
    assert held.best == "naive", "and nobody could buy at what they start from"
    assert held.words.startswith(f"naive ({TREES} may not speak, pinball")


def test_exported_trees_say_what_the_trained_ones_say_also_where_values_are_missing() -> None:
    rng = np.random.default_rng(11)
    inputs = rng.standard_normal((3000, 9)).astype(np.float32)
    inputs[rng.random(inputs.shape) < 0.2] = np.nan
    units = np.nan_to_num(inputs[:, 0]) + rng.standard_normal(3000)
    trees = LightGbmQuantiles().fit(inputs, units)
    graphs = trees.to_onnx()
    assert trees.parity(graphs, inputs[:1000]) <= 1e-5
    assert LightGbmQuantiles().fit(inputs, units).to_onnx() == graphs
