"""A sequence forecaster is trained, judged, exported, registered, and speaks in the shadow."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from kernel.days import end_of
from kernel.lake import Lake as LakeStore
from signals_svc.adapters.onnx_forecaster import run_forecaster
from signals_svc.adapters.onnx_session import open_session
from signals_svc.domain.forecaster_artifact import forecaster_artifact_of
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, STEPS, WEEKS, Windows, shortened
from signals_svc.jobs.table import train_forecaster
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import NOW, Desk
from tests.signals_svc.market_builder import FIRST_DAY, mark, seed_cards, write_bars
from tests.signals_svc.test_training import CARDS, TODAY, planted


@pytest.fixture
def training(desk: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    seed_cards(desk.urls, CARDS)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    return desk.renewed()


def forecasts(desk: Desk, night: date) -> list[dict[str, object]]:
    return desk.rows(
        "select card_id, horizon_days, q10, q50, q90, fingerprint, known_at"
        " from signals.forecasts where asof_ts = %s and model_version like 'tft-%%'"
        " order by 1, 2, known_at",
        end_of(night),
    )


def test_a_forecaster_is_judged_registered_and_stored_every_night_but_served_to_nobody(
    training: Desk, lake: Lake
) -> None:
    instruments = [(card, "raw") for card in CARDS]
    mark(training.urls, instruments, TODAY)
    training.night()
    trained = train_forecaster(training.workshop, TODAY, now=NOW)
    version = str(trained["candidate"])
    assert trained["outcome"] == "in the shadow", trained
    assert "skill" in str(trained["verdict_90_d"])
    (row,) = training.rows("select * from signals.models where family = 'tft'")
    metrics: dict[str, Any] = row["metrics"]  # type: ignore[assignment] # jsonb
    assert metrics["parity"] <= 1e-5
    quarter = metrics["horizons"]["90"]
    assert quarter["skills"]["naive"]["low"] > 0.0, "the swing tells the next quarter"
    assert quarter["rank_ic"]["low"] > 0.3
    assert row["trained_through"] == end_of(TODAY)
    stages = training.rows("select stage from signals.promotions order by promotion_id")
    assert [row["stage"] for row in stages] == ["staging", "shadow"]

    mark(training.urls, instruments, TODAY)
    _, inferred = training.night()
    assert inferred["forecaster_heard"] == len(CARDS)
    assert inferred["model_version"] == "ewma-1"
    first = forecasts(training, TODAY)
    assert [row["horizon_days"] for row in first] == [7, 30, 90] * len(CARDS)
    (why,) = training.rows(
        "select body -> 'looked_at' as part from signals.explanations where card_id = 'm0'"
        " and asof_ts = %s order by known_at desc limit 1",
        end_of(TODAY),
    )
    part: dict[str, Any] = why["part"]  # type: ignore[assignment] # jsonb
    assert (part["model_version"], part["told"]) == (version, False)
    assert 0.0 < sum(part["weeks"]) <= 1.0 + 1e-4
    served = training.rows("select distinct model_version from signals.signals")
    assert served == [{"model_version": "ewma-1"}]

    mark(training.urls, instruments, TODAY)
    training.night()
    assert forecasts(training, TODAY) == first, "the same night gives the same bytes"

    early = TODAY - timedelta(days=100)
    mark(training.urls, instruments, early)
    _, inferred = training.night()
    assert inferred["forecaster_heard"] == 0, "a model must not speak of days it has learned from"

    store = LakeStore(lake.bucket_prefix)
    assert "Sequence forecaster" in store.get("models", f"forecaster/{version}.html").decode()
    body = store.get("models", f"forecaster/{version}.zip")
    assert forecaster_artifact_of(version, body).to_bytes() == body
    store.put("models", f"forecaster/{version}.zip", body[:-1] + b"x")
    mark(training.urls, instruments, TODAY)
    _, inferred = training.night()
    assert "checksum" in str(inferred["silent"]), "a shadow that cannot be read stops nobody"
    assert inferred["forecaster_heard"] == 0


def test_too_short_a_history_says_what_is_missing(training: Desk) -> None:
    trained = train_forecaster(training.workshop, FIRST_DAY + timedelta(days=300), now=NOW)
    assert trained["candidate"] is None
    assert "too few to learn from some and test on others" in str(trained["outcome"])
    assert training.rows("select from signals.models where family = 'tft'") == []


def some_windows(rows: int, seed: int) -> Windows:
    rng = np.random.default_rng(seed)
    whole = Windows(
        past=rng.standard_normal((rows, WEEKS, len(PAST))).astype(np.float32),
        ahead=rng.standard_normal((rows, STEPS, len(AHEAD))).astype(np.float32),
        fixed=rng.standard_normal((rows, len(FIXED))).astype(np.float32),
        lengths=np.full(rows, WEEKS),
        spread=np.cumsum(rng.uniform(0.01, 0.05, (rows, STEPS)), axis=1),
    )
    return shortened(whole, rng.integers(1, WEEKS + 1, rows))


def test_an_export_says_what_the_network_says_whatever_the_batch_and_the_length() -> None:
    # Here, since every worker reads every file of tests, and the frameworks take seconds.
    from signals_svc.adapters.tft_trainer import TftTrainer

    windows = some_windows(600, seed=5)
    targets = windows.past[:, 0, :1] * windows.spread
    targets[::3, 4:] = np.nan
    rows = np.arange(600)
    model = TftTrainer().fit(windows, targets, train=rows[:500], check=rows[500:])
    session = open_session(model.to_onnx(windows))
    threads = session.get_session_options()
    assert (threads.intra_op_num_threads, threads.inter_op_num_threads) == (1, 1)
    for batch in (some_windows(1000, seed=6), some_windows(1, seed=7)):
        assert np.abs(run_forecaster(session, batch) - model.answers(batch)).max() <= 1e-5
    longest_of_three = shortened(some_windows(3, seed=8), np.array([3, 1, 2]))
    told = run_forecaster(session, longest_of_three)
    assert np.abs(told - model.answers(longest_of_three)).max() <= 1e-5
    again = TftTrainer().fit(windows, targets, train=rows[:500], check=rows[500:])
    assert np.array_equal(model.answers(windows), again.answers(windows))
