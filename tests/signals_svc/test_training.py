"""Training on small markets: a planted factor is found and promoted, pure noise is rejected."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from kernel.days import end_of
from kernel.errors import Conflict, NotFound, Rejected, Unavailable
from kernel.lake import Lake as LakeStore
from signals_svc.adapters.lightgbm_trainer import LightGbmTrainer
from signals_svc.domain.arrays import Ints, Singles
from signals_svc.domain.artifact import artifact_of
from signals_svc.domain.stages import SHADOW_NIGHTS
from signals_svc.domain.walk_forward import FOLDS
from signals_svc.jobs.table import change_stage, train_baselines, train_classifier
from signals_svc.ports.models import TrainedModel
from signals_svc.usecases.promote import Asked
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import NOW, Desk
from tests.signals_svc.market_builder import FIRST_DAY, Bar, mark, seed_cards, write_bars
from tests.signals_svc.test_stages import within_bounds

CARDS = tuple(f"m{n}" for n in range(60))
DAYS = 640
TODAY = FIRST_DAY + timedelta(days=DAYS - 1)
STEP = 5


def planted(*, share: float, seed: int) -> list[Bar]:
    """Cards that swing with a period of a year, each at its own phase, under noise.

    Height and slope of the swing tell the next 90 days; with share 0 nothing is left but noise of
    one size for all.
    """
    rng = np.random.default_rng(seed)
    days = np.arange(0, DAYS, STEP)
    bars = []
    for card in CARDS:
        phase = rng.uniform(0, 2 * np.pi)
        swing = share * 0.5 * np.sin(2 * np.pi * days / 365 + phase)
        noise = np.cumsum(0.045 * rng.standard_normal(len(days)) * (1.0 - 0.8 * share))
        prices = np.rint(10_000 * np.exp(swing + noise)).astype(int)
        bars += [
            Bar(card, "raw", FIRST_DAY + timedelta(days=int(day)), max(1, int(price)))
            for day, price in zip(days, prices, strict=True)
        ]
    return bars


@pytest.fixture
def training(desk: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    seed_cards(desk.urls, CARDS)
    return desk.renewed()


def held(desk: Desk) -> str:
    """The version of a contest as of today, which classifiers read."""
    return str(train_baselines(desk.workshop, TODAY, now=NOW)["model_version"])


def test_a_planted_factor_is_found_promoted_and_speaks_from_then_on(training: Desk) -> None:
    write_bars(training.urls, planted(share=1.0, seed=3))
    instruments = [(card, "raw") for card in CARDS]
    early, late = TODAY - timedelta(days=200), TODAY
    for night in (early, late):
        mark(training.urls, instruments, night)
    training.night()

    contest = held(training)
    trained = train_classifier(training.workshop, TODAY, now=NOW)
    assert trained["reads"] == contest
    assert trained["outcome"] == "accepted, in the shadow", trained
    version = str(trained["candidate"])
    (row,) = training.rows("select * from signals.models where family = 'classifier'")
    assert row["trained_through"] == end_of(TODAY)
    metrics: dict[str, Any] = row["metrics"]  # type: ignore[assignment] # jsonb
    assert metrics["parity"] <= 1e-5
    drawn = sum(one["rows"] for one in metrics["reliability"])
    assert drawn == metrics["folds"][-1]["rows"], "the curve is drawn on the last fold alone"
    again = train_classifier(training.workshop, TODAY, now=NOW)
    assert (again["candidate"], again["new"]) == (version, False)

    nights = [late + timedelta(days=ahead) for ahead in range(SHADOW_NIGHTS)]
    for night in nights:
        mark(training.urls, instruments, night)
        _, inferred = training.night()
        assert inferred["model_version"] == contest, "heard, and told to nobody"
    heard = training.rows(
        "select count(*) as rows, count(distinct asof_ts) as nights from signals.forecasts"
        " where model_version = %s and p_buy is not null",
        version,
    )
    assert heard == [{"rows": len(CARDS) * SHADOW_NIGHTS, "nights": SHADOW_NIGHTS}]

    within_bounds(training, nights[-1])
    change_stage(training.workshop, version, Asked("canary", 50), now=NOW)
    promoted = change_stage(training.workshop, version, Asked(actor="ann"), now=NOW)
    assert promoted == {
        "outcome": "moved",
        "model_version": version,
        "stage": "production",
        "as_of": nights[-1].isoformat(),
        "marked": len(CARDS),
    }
    again = change_stage(training.workshop, version, Asked("production"), now=NOW)
    assert (again["outcome"], again["marked"]) == ("was there already", 0)
    _, inferred = training.night()
    assert inferred["model_version"] == f"{contest}+{version}"
    spoken = training.rows(
        "select distinct horizon_days, model_version, p_buy is null as silent"
        " from signals.signals where asof_ts = %s order by 1, 2",
        end_of(nights[-1]),
    )
    assert [(r["horizon_days"], r["model_version"], r["silent"]) for r in spoken] == [
        (7, contest, True),
        (30, contest, True),
        (90, contest, True),
        (90, f"{contest}+{version}", False),
    ]
    sums = training.rows(
        "select abs(p_buy + p_hold + p_sell - 1) as off, conviction from signals.signals"
        " where p_buy is not null"
    )
    assert len(sums) == len(CARDS)
    assert all(float(str(r["off"])) < 1e-5 and 0 <= float(str(r["conviction"])) <= 1 for r in sums)

    silent_of_its_past(training, early)


def silent_of_its_past(training: Desk, early: date) -> None:
    mark(training.urls, [(card, "raw") for card in CARDS], early)
    _, inferred = training.night()
    assert inferred["model_version"] == "ewma-1", (
        "a model must not speak of days it has learned from"
    )


def test_pure_noise_is_rejected_and_cannot_be_promoted(training: Desk) -> None:
    write_bars(training.urls, planted(share=0.0, seed=4))
    held(training)
    trained = train_classifier(training.workshop, TODAY, now=NOW)
    assert trained["outcome"] == "not accepted, in the shadow", trained
    with pytest.raises(Conflict, match="stays out of production"):
        change_stage(training.workshop, str(trained["candidate"]), Asked("canary"), now=NOW)
    stages = training.rows(
        "select stage from signals.promotions where family = 'classifier' order by promotion_id"
    )
    assert [row["stage"] for row in stages] == ["staging", "shadow"]


def test_without_a_contest_as_of_the_day_there_is_nothing_to_read(training: Desk) -> None:
    write_bars(training.urls, planted(share=1.0, seed=5))
    held(training)
    early = TODAY - timedelta(days=1)
    trained = train_classifier(training.workshop, early, now=NOW)
    assert trained["candidate"] is None
    assert f"no baseline version that may speak has learned through {early}" in str(
        trained["outcome"]
    )


def test_a_market_where_everything_holds_says_what_is_missing(training: Desk) -> None:
    quiet = [replace(bar, cents=10_000 + bar.cents % 7) for bar in planted(share=0.0, seed=5)]
    write_bars(training.urls, quiet)
    held(training)
    trained = train_classifier(training.workshop, TODAY, now=NOW)
    assert trained["candidate"] is None
    assert "as-of weeks with labels are too few" in str(trained["outcome"])


@dataclass(frozen=True)
class WatchedTrainer:
    """Port Trainer: trains, and notes the sessions of the service that are open meanwhile."""

    superuser: str
    open_sessions: list[int]

    def fit(self, inputs: Singles, labels: Ints) -> TrainedModel:
        with psycopg.connect(self.superuser) as connection:
            (count,) = connection.execute(
                "select count(*) from pg_stat_activity where usename = 'signals_svc'"
                " and datname = current_database()"
            ).fetchone() or (0,)
        self.open_sessions.append(count)
        return LightGbmTrainer().fit(inputs, labels)


def test_no_transaction_waits_while_a_classifier_learns(training: Desk) -> None:
    write_bars(training.urls, planted(share=1.0, seed=3))
    held(training)
    seen: list[int] = []
    watched = replace(
        training.workshop, trainer=lambda: WatchedTrainer(training.urls.superuser, seen)
    )
    assert train_classifier(watched, TODAY, now=NOW)["outcome"] == "accepted, in the shadow"
    assert len(seen) == FOLDS + 1
    assert set(seen) == {0}


@dataclass
class Torn:
    """Port ArtifactStore: takes so many objects, then the lake is away."""

    lake: LakeStore
    takes: int

    def put(self, key: str, body: bytes) -> None:
        if not self.takes:
            raise Unavailable("S3 is away")
        self.takes -= 1
        self.lake.put("models", key, body)

    def checksum(self, key: str) -> str | None:
        return None


@pytest.mark.parametrize("takes", [0, 1, 2])  # objects: none, the artifact, its card as well
def test_a_training_that_is_cut_off_leaves_no_version_behind(
    training: Desk, lake: Lake, takes: int
) -> None:
    write_bars(training.urls, planted(share=1.0, seed=3))
    torn = Torn(LakeStore(lake.bucket_prefix), takes)
    with pytest.raises(Unavailable, match="S3 is away"):
        train_baselines(replace(training.workshop, artifacts=lambda: torn), TODAY, now=NOW)
    assert training.rows("select from signals.models where family = 'baseline'") == []
    assert training.rows("select from signals.promotions") == []
    mark(training.urls, [(card, "raw") for card in CARDS], TODAY)
    _, inferred = training.night()
    assert (inferred["model_version"], inferred["silent"]) == ("ewma-1", [])
    assert train_baselines(training.workshop, TODAY, now=NOW)["new"] is True


def test_training_without_a_day_or_a_night_asks_for_one(training: Desk) -> None:
    with pytest.raises(Rejected, match="--date"):
        train_classifier(training.workshop, None, now=NOW)


def test_an_unknown_version_is_not_promoted(training: Desk) -> None:
    with pytest.raises(NotFound, match="gbdt-none"):
        change_stage(training.workshop, "gbdt-none", Asked(), now=NOW)


def test_a_damaged_artifact_is_not_promoted_stops_what_is_told_and_can_be_rolled_back(
    training: Desk, lake: Lake
) -> None:
    write_bars(training.urls, planted(share=1.0, seed=3))
    instruments = [(card, "raw") for card in CARDS]
    contest = held(training)
    version = str(train_classifier(training.workshop, TODAY, now=NOW)["candidate"])
    store = LakeStore(lake.bucket_prefix)
    key = f"classifier/{version}.zip"
    body = store.get("models", key)
    assert artifact_of(version, body).to_bytes() == body
    for ahead in range(SHADOW_NIGHTS):
        mark(training.urls, instruments, TODAY + timedelta(days=ahead))
    training.night()
    within_bounds(training, TODAY + timedelta(days=SHADOW_NIGHTS - 1))
    assert "Signal classifier" in store.get("models", f"classifier/{version}.html").decode()
    store.put("models", key, body[:-1] + b"x")
    with pytest.raises(Rejected, match="checksum"):
        change_stage(training.workshop, version, Asked("canary"), now=NOW)
    mark(training.urls, instruments, TODAY)
    _, inferred = training.night()
    assert "checksum" in str(inferred["silent"]), "a shadow that cannot be read stops nobody"

    store.put("models", key, body)
    change_stage(training.workshop, version, Asked("canary"), now=NOW)
    store.delete("models", key)
    with pytest.raises(Rejected, match="the lake has no"):
        training.night()
    assert training.rows("select from market.dirty") != [], "the work stays for the next run"
    change_stage(training.workshop, version, Asked("retired"), now=NOW)
    _, inferred = training.night()
    assert inferred["model_version"] == contest
    assert training.rows("select from market.dirty") == []


def test_an_export_says_what_the_model_says_also_where_values_are_missing() -> None:
    rng = np.random.default_rng(11)
    inputs = rng.standard_normal((3000, 9)).astype(np.float32)
    inputs[rng.random(inputs.shape) < 0.2] = np.nan
    score = np.nan_to_num(inputs[:, 0]) + 0.5 * np.nan_to_num(inputs[:, 1])
    labels = np.digitize(score, [-0.5, 0.5]).astype(np.int64)
    model = LightGbmTrainer().fit(inputs, labels)
    onnx = model.to_onnx()
    assert model.parity(onnx, inputs[:1000]) <= 1e-5
    assert LightGbmTrainer().fit(inputs, labels).to_onnx() == onnx
