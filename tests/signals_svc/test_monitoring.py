"""Models are watched: what drifts, ages or misses its bounds is told, and pauses promotions."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from kernel.days import end_of
from kernel.db.session import job_transaction
from kernel.errors import Conflict, Unavailable
from kernel.lake import Lake as LakeStore
from signals_svc.adapters.models import Models
from signals_svc.adapters.monitoring import Monitoring
from signals_svc.adapters.policy_file import monitoring_policy
from signals_svc.domain.arrays import Singles
from signals_svc.domain.classifier_inputs import NAMES, classifier_inputs
from signals_svc.domain.drift import Learned, asks_for_training, drift_of
from signals_svc.domain.feature_words import FORMULAS
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.measures import Measure
from signals_svc.domain.missing_features import missing_shares
from signals_svc.domain.monitoring_page import Night, monitoring_page
from signals_svc.domain.seen_inputs import (
    NOTHING_SEEN,
    as_stored,
    of_stored,
    seen_inputs,
    stability,
)
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.stages import SHADOW_NIGHTS
from signals_svc.jobs.monitoring import ask_for_training, monitor, tell_alerts
from signals_svc.jobs.table import change_stage
from signals_svc.ports.models import Decision, RegisteredModel, ServingModel
from signals_svc.ports.monitoring import Took
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.promote import Asked
from signals_svc.usecases.whole_market import whole_market
from tests.fixtures.aws import FlipsBus
from tests.fixtures.s3 import AwsAccess, Lake
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import mark
from tests.signals_svc.test_stages import Seers, Shelf, heard, registered
from tests.signals_svc.trees_to_read import StillContests, register_trees_to_read

POLICY = monitoring_policy()
SMALL = replace(POLICY, least_rows=1, least_nights=1)  # twelve cards are a market here
EVERYTHING = [(card, "psa10") for card in CARDS]


def market_of(rows: int, *, seed: int, shift: float = 0.0) -> Singles:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, len(NAMES))) + shift).astype(np.float32)


def learned(inputs: Singles, *, days_ago: int = 30, version: str = "gbdt-1") -> Learned:
    return Learned(version, NOW - timedelta(days=days_ago), seen_inputs(inputs, horizon_days=90))


def of(measures: list[Measure], name: str) -> Measure:
    (found,) = [one for one in measures if one.measure == name]
    return found


def test_the_same_market_on_another_day_is_no_drift() -> None:
    measures = drift_of(learned(market_of(5_000, seed=1)), market_of(500, seed=2), POLICY)
    assert not [one for one in measures if one.is_out]
    assert of(measures, "inputs_drifted").value == 0.0


def test_a_market_that_moved_is_named_with_what_moved_most() -> None:
    tonight = market_of(500, seed=2)
    tonight[:, :15] += 2.0
    measures = drift_of(learned(market_of(5_000, seed=1)), tonight, POLICY)
    drifted = of(measures, "inputs_drifted")
    assert drifted.alarms
    assert drifted.value == pytest.approx(15 / len(NAMES))
    assert f"15 of {len(NAMES)} inputs" in drifted.words
    out = {one.subject for one in measures if one.measure == "input_psi" and one.is_out}
    assert out == set(NAMES[:15])


def test_an_input_that_stopped_coming_is_missing_and_no_drift_of_its_values() -> None:
    tonight = market_of(500, seed=2)
    tonight[::4, 3] = np.nan
    measures = drift_of(learned(market_of(5_000, seed=1)), tonight, POLICY)
    missing = of(measures, "inputs_missing")
    assert missing.value == pytest.approx(0.25)
    assert missing.alarms
    assert not of(measures, "inputs_drifted").alarms


def test_few_instruments_or_a_model_that_kept_nothing_are_not_judged() -> None:
    knows, knows_nothing = learned(market_of(900, seed=1)), learned(market_of(0, seed=1))
    for known, rows in ((knows, 20), (knows_nothing, 500)):
        measures = drift_of(known, market_of(rows, seed=2, shift=9.0), POLICY)
        assert [one.value for one in measures] == [None, None]
        assert not [one for one in measures if one.alarms]
    assert as_stored(NOTHING_SEEN) == {}
    assert of_stored({}) == NOTHING_SEEN


def test_stability_survives_storing_ties_and_an_empty_column() -> None:
    inputs = np.zeros((300, len(NAMES)), np.float32)
    inputs[:, 1] = np.nan
    seen = of_stored(json.loads(json.dumps(as_stored(seen_inputs(inputs, horizon_days=90)))))
    assert stability(seen.inputs[NAMES[0]], inputs[:, 0], 1) == pytest.approx(0.0, abs=1e-9)
    moved = stability(seen.inputs[NAMES[0]], inputs[:, 0] + 1, 1)
    assert moved is not None
    assert moved > POLICY.most_psi
    assert stability(seen.inputs[NAMES[1]], inputs[:, 1], 1) is None


def test_an_input_that_few_rows_have_is_no_drift_whatever_those_few_say() -> None:
    """One in fifty of 500 has it: ten deciles of ten rows are chance."""
    tonight = market_of(500, seed=2)
    tonight[:, 3] = np.nan
    tonight[::50, 3] = 9.0
    ties = market_of(5_000, seed=1)
    ties[:, 3] = 0.0
    measures = drift_of(learned(ties), tonight, POLICY)
    sparse = {one.subject: one.value for one in measures if one.measure == "input_psi"}
    assert sparse[NAMES[3]] is None
    drifted = of(measures, "inputs_drifted")
    assert (drifted.value, drifted.words[:7]) == (0.0, f"0 of {len(NAMES) - 1}")


def test_training_is_asked_for_once_a_week_and_by_the_newest_versions_alone() -> None:
    shifted = market_of(500, seed=2, shift=2.0)
    old = learned(market_of(900, seed=1), days_ago=60, version="gbdt-1")
    new = learned(shifted, days_ago=20, version="gbdt-2")
    just = learned(market_of(900, seed=1), days_ago=3, version="gbdt-3")

    def asks(*versions: Learned) -> bool:
        measures = [one for version in versions for one in drift_of(version, shifted, POLICY)]
        return asks_for_training(versions, measures, NOW, POLICY)

    assert asks(old)
    assert not asks(old, new), "the newest knows this market"
    assert not asks(old, just), "it learned three days ago, and that did not help"
    twin = learned(market_of(900, seed=1), days_ago=20, version="tft-2")
    assert asks(new, twin), "of two that learned by the same day one drifted"
    assert asks(twin, new)
    assert not asks()


@pytest.fixture
def watched(market: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The small market under bounds that judge it, seven nights heard by gbdt-1."""
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    desk = market.renewed()
    loaders = desk.workshop.loaders._replace(
        classifiers=Shelf(), forecasters=Seers(), baselines=StillContests()
    )
    workshop = replace(desk.workshop, loaders=loaders, monitoring_policy=lambda: SMALL)
    return replace(desk, workshop=workshop)


def learns_from(desk: Desk, version: str, inputs: Singles, *, horizon_days: int = 90) -> None:
    register_trees_to_read()
    learned_by = end_of(LAST_DAY) - timedelta(days=60)
    model = ServingModel(version, learned_by, FEATURE_VERSION, f"c/{version}", "0")
    metrics = {"accepted": True, "verdict": "by the gate"}
    with job_transaction(SignalsSettings().database_url) as connection:
        seen = as_stored(seen_inputs(inputs, horizon_days=horizon_days))
        Models(connection).register("classifier", RegisteredModel(model, metrics, seen), now=NOW)
        Models(connection).decide(version, Decision("shadow", "it may"), now=NOW)


def measures_of(desk: Desk, name: str) -> list[dict[str, Any]]:
    return desk.rows("select * from signals.measures where measure = %s order by measured_at", name)


def test_a_night_is_measured_kept_and_told_on_a_page(watched: Desk, lake: Lake) -> None:
    night = heard(watched, 2)
    told = monitor(watched.workshop, night, now=NOW)
    assert told["as_of"] == night.isoformat()
    assert told["out_of_bounds"] == []
    assert int(str(told["expectations"])) > 20
    assert [row["value"] for row in measures_of(watched, "days_without_signals")] == [0.0]
    assert [row["value"] for row in measures_of(watched, "expectations_failed")] == [0.0]
    (latency,) = measures_of(watched, "inference_ms")
    assert latency["rows"] == len(CARDS)
    page = LakeStore(lake.bucket_prefix).get("models", str(told["report"])).decode()
    assert f"Models on {night}" in page
    assert "Everything that could be judged is within its bounds." in page
    assert "http" not in page.replace("http-equiv", ""), "nothing is fetched"


def test_prices_that_nobody_brings_are_told_by_their_age(watched: Desk) -> None:
    heard(watched, 1)
    late = LAST_DAY + timedelta(days=POLICY.most_days_without_sale + 1)
    told = monitor(watched.workshop, late, now=NOW)
    names = {str(one).split(":")[0] for one in told["out_of_bounds"]}  # type: ignore[attr-defined]
    assert {"days_without_sale", "days_without_signals"} <= names


def test_a_version_whose_inputs_drifted_is_not_promoted_until_a_night_is_within_bounds(
    watched: Desk,
) -> None:
    learns_from(watched, "gbdt-1", market_of(900, seed=1, shift=50.0))
    heard(watched, SHADOW_NIGHTS, first=LAST_DAY - timedelta(days=SHADOW_NIGHTS - 1))
    monitor(watched.workshop, LAST_DAY, now=NOW)
    with pytest.raises(Conflict, match=r"paused until .* inputs_drifted 1, bounds 0\.25"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)
    stages = watched.rows("select stage from signals.promotions where model_version = 'gbdt-1'")
    assert {row["stage"] for row in stages} == {"staging", "shadow"}
    with psycopg.connect(watched.urls.superuser) as connection:
        seen = json.dumps(as_stored(seen_inputs(read_on(watched, LAST_DAY), horizon_days=90)))
        connection.execute("update signals.models set seen = %s", (seen,))
    monitor(watched.workshop, LAST_DAY, now=NOW + timedelta(hours=1))
    assert change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)["outcome"] == "moved"


def read_on(desk: Desk, day: date) -> Singles:
    """What classifiers read on a day, of instruments that may be acted upon."""
    with desk.workshop.stores() as stores:
        features = whole_market(stores, day)
    inputs = classifier_inputs(features.raw, features.normalised, desk.workshop.shown_horizon)
    return inputs[features.series.liquid & np.isfinite(features.raw["sigma_day"])]


def test_a_version_that_the_newest_run_did_not_measure_is_not_promoted(watched: Desk) -> None:
    """Taken out while it had drifted, and brought back after a night without it."""
    learns_from(watched, "gbdt-1", market_of(900, seed=1, shift=50.0))
    heard(watched, SHADOW_NIGHTS, first=LAST_DAY - timedelta(days=SHADOW_NIGHTS - 1))
    monitor(watched.workshop, LAST_DAY, now=NOW)
    change_stage(watched.workshop, "gbdt-1", Asked("retired"), now=NOW)
    monitor(watched.workshop, LAST_DAY, now=NOW + timedelta(hours=1))
    change_stage(watched.workshop, "gbdt-1", Asked("shadow"), now=NOW)
    with pytest.raises(Conflict, match="reads was not measured on the newest night"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)
    monitor(watched.workshop, LAST_DAY, now=NOW + timedelta(hours=2))
    with pytest.raises(Conflict, match=r"paused until .* inputs_drifted"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)


def test_one_whose_place_in_the_shadow_a_newer_one_took_is_not_promoted_unmeasured(
    watched: Desk,
) -> None:
    learns_from(watched, "gbdt-1", market_of(900, seed=1, shift=50.0))
    heard(watched, SHADOW_NIGHTS, first=LAST_DAY - timedelta(days=SHADOW_NIGHTS - 1))
    learns_from(watched, "gbdt-2", market_of(900, seed=1))
    monitor(watched.workshop, LAST_DAY, now=NOW)
    with pytest.raises(Conflict, match="retire the one that took its place"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)


def test_figures_of_a_night_long_ago_promote_nobody(watched: Desk) -> None:
    registered("gbdt-1")
    monitor(watched.workshop, heard(watched, SHADOW_NIGHTS), now=NOW)
    last = heard(watched, 1, first=LAST_DAY + timedelta(days=SHADOW_NIGHTS + 2))
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute("delete from signals.measures where as_of = %s", (last,))
    with pytest.raises(Conflict, match=f"not measured since the night of {last - timedelta(3)}"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)


def test_figures_are_kept_when_their_page_cannot_be_written(watched: Desk) -> None:
    heard(watched, 1)

    class Away:
        def put(self, key: str, body: bytes) -> None:
            raise Unavailable("no lake")

        def checksum(self, key: str) -> str | None:
            raise Unavailable("no lake")

    with pytest.raises(Unavailable):
        monitor(replace(watched.workshop, artifacts=Away), LAST_DAY, now=NOW)
    assert [row["value"] for row in measures_of(watched, "days_without_signals")] == [0.0]


def test_where_nothing_comes_at_all_every_promotion_pauses(watched: Desk) -> None:
    told = monitor(watched.workshop, LAST_DAY, now=NOW)
    assert {str(one).split(":")[0] for one in told["out_of_bounds"]} == {  # type: ignore[attr-defined]
        "days_without_signals",
        "expectations_failed",
    }
    assert "it has prices of the day and no features" in str(told["out_of_bounds"])
    (latency,) = measures_of(watched, "inference_ms")
    assert (latency["value"], latency["words"]) == (None, "no run of inference is on record")
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute("delete from market.prices_daily")
    told = monitor(watched.workshop, LAST_DAY, now=NOW + timedelta(hours=1))
    (unsold,) = measures_of(watched, "days_without_sale")[1:]
    assert unsold["value"] == LOOKBACK_DAYS
    assert "days_without_sale" in str(told["out_of_bounds"])


def test_without_a_day_yesterday_is_measured_whenever_the_last_night_was(watched: Desk) -> None:
    heard(watched, 1)
    told = monitor(watched.workshop, None, now=NOW)
    assert told["as_of"] == (NOW.date() - timedelta(days=1)).isoformat()
    assert "days_without_signals" in str(told["out_of_bounds"])


def test_every_feature_tells_which_share_of_instruments_lacks_it(watched: Desk) -> None:
    heard(watched, 1)
    monitor(watched.workshop, LAST_DAY, now=NOW)
    shares = {row["subject"]: row["value"] for row in measures_of(watched, "feature_missing")}
    assert set(shares) == set(FORMULAS)
    assert (shares["population"], shares["momentum_30"]) == (1.0, 0.0)
    given = market_of(4, seed=1)[:, 0]
    given[0] = np.nan
    (told,) = missing_shares({"population": given}, np.array([0, 1]))
    assert (told.value, told.rows) == (0.5, 2)


def test_forecasts_are_held_against_forecasts_as_far_ahead(watched: Desk) -> None:
    """What a contest learned is of 90 days, whatever horizon people see first."""
    learns_from(watched, "gbdt-1", read_on(watched, LAST_DAY), horizon_days=90)
    heard(watched, 1)
    shown = replace(watched.workshop, shown_horizon=7)
    monitor(shown, LAST_DAY, now=NOW)
    psi = {row["subject"]: row["value"] for row in measures_of(watched, "input_psi")}
    assert psi["forecast_q50"] == pytest.approx(0.0, abs=1e-6)
    old = as_stored(seen_inputs(market_of(50, seed=1), horizon_days=90))["inputs"]
    assert of_stored(old).horizon_days is None


def test_broken_features_pause_every_promotion(watched: Desk) -> None:
    registered("gbdt-1")
    night = heard(watched, SHADOW_NIGHTS)
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute(
            "update signals.features_daily set raw = raw || '{\"volatility_365\": -1}'"
            " where card_id = 'card-0'"
        )
    told = monitor(watched.workshop, night, now=NOW)
    assert "a size of moves is not negative" in str(told["out_of_bounds"])
    with pytest.raises(Conflict, match=r"paused until .* expectations_failed"):
        change_stage(watched.workshop, "gbdt-1", Asked("canary"), now=NOW)


def test_what_came_true_is_held_against_what_was_told(watched: Desk) -> None:
    """Every price rose by 65 %, and nobody had told that: far above what was expected, and out of
    every band.
    """
    night = heard(watched, 1)
    write_scores(watched)
    told = monitor(watched.workshop, night + timedelta(days=7), now=NOW)
    (gap,) = [row for row in measures_of(watched, "realised_gap") if row["subject"] == "7 d"]
    assert gap["rows"] == len(CARDS)
    assert gap["value"] == pytest.approx(0.5, abs=0.1)
    (band,) = [row for row in measures_of(watched, "band_coverage") if row["subject"] == "7 d"]
    assert band["value"] == 0.0
    assert {"realised_gap", "band_coverage"} <= {
        str(one).split(":")[0]
        for one in told["out_of_bounds"]  # type: ignore[attr-defined]
    }


def write_scores(desk: Desk) -> None:
    """Every signal over 7 days is live and scored with a rise of 65 %."""
    with psycopg.connect(desk.urls.superuser) as connection:
        connection.execute("update signals.signals set written_at = known_at")
        connection.execute(
            "insert into signals.scores (signal_id, after_days, known_at, outcome, entry_day,"
            " entry_cents, exit_day, exit_cents, net_return, came_true)"
            " select signal_id, 7, asof_ts + interval '7 days', 'scored', '2025-02-04',"
            " price_cents, '2025-02-10', (price_cents * 1.65)::int, 0.4, false"
            " from signals.signals where horizon_days = 7"
        )


def test_words_of_a_replay_judge_nobody(watched: Desk) -> None:
    night = heard(watched, 1)
    write_scores(watched)
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute("update signals.signals set written_at = known_at + interval '2 days'")
    told = monitor(watched.workshop, night + timedelta(days=7), now=NOW)
    assert measures_of(watched, "realised_gap") == []
    assert measures_of(watched, "band_coverage") == []
    assert "realised_gap" not in str(told["out_of_bounds"])


def test_the_page_says_values_first_and_an_input_far_off_hides_no_other() -> None:
    unsold = Measure("days_without_sale", "", "of anybody", 8.0, most=3, pauses=True)
    far, near = (
        Measure("input_psi", NAMES[place], name, psi, most=0.25, model_version="gbdt-1")
        for place, (name, psi) in enumerate((("far", 9.0), ("near", 0.5)))
    )
    page = monitoring_page(Night(LAST_DAY, [unsold, near, far], [], {}))
    assert "<b>Days without a sale: 8</b>, at most 3; of anybody" in page
    assert page.index("far") < page.index("near")
    assert re.findall(r'<i style="width:([0-9.]+)%', page) == ["100.0", "50.0"]


def test_the_share_of_signals_that_changed_is_told_and_pauses_where_it_is_large(
    watched: Desk,
) -> None:
    heard(watched, 1)
    changed = list(CARDS[:4])
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute("delete from signals.flips")
        connection.execute(
            "insert into signals.flips (card_id, grade_code, horizon_days, asof_ts, model_version,"
            " from_action, to_action, conviction) select card_id, grade_code, horizon_days,"
            " asof_ts, model_version, 'HOLD', 'BUY', 0.5 from signals.signals"
            " where card_id = any(%s)",
            (changed,),
        )
    told = monitor(watched.workshop, LAST_DAY, now=NOW)
    (rate,) = measures_of(watched, "flip_rate")
    assert (rate["subject"], rate["rows"]) == ("90 d", len(CARDS))
    assert rate["value"] == pytest.approx(len(changed) / len(CARDS))
    assert (rate["is_out"], "flip_rate: 4 of 12" in str(told["out_of_bounds"])) == (True, True)


def test_alerts_reach_the_bus_once_and_wait_while_it_is_away(
    watched: Desk, aws: AwsAccess, flips_bus: FlipsBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(watched, 1)
    late = LAST_DAY + timedelta(days=9)
    monitor(watched.workshop, late, now=NOW)
    monitor(watched.workshop, late, now=NOW + timedelta(hours=1))

    class Away:
        def publish(self, message: object) -> None:
            raise Unavailable("no bus")

    with pytest.raises(Unavailable):
        tell_alerts(replace(watched.workshop, topic=Away), now=NOW)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    monkeypatch.setenv("PRICER_SIGNAL_FLIPS_TOPIC_ARN", flips_bus.topic_arn)
    told = tell_alerts(watched.renewed().workshop, now=NOW)
    bodies = [json.loads(body) for body in flips_bus.bodies()]
    assert told == {"alerts": len(bodies)}
    assert {body["alert"] for body in bodies} == {"days_without_sale", "days_without_signals"}
    assert {body["as_of"] for body in bodies} == {late.isoformat()}
    assert tell_alerts(watched.renewed().workshop, now=NOW) == {"alerts": 0}


def test_drift_says_which_version_has_to_learn_anew(watched: Desk) -> None:
    learns_from(watched, "gbdt-1", market_of(900, seed=1, shift=50.0))
    mark(watched.urls, EVERYTHING, LAST_DAY)
    watched.night()
    assert monitor(watched.workshop, LAST_DAY, now=NOW)["asks_for_training"] is True
    (said,) = [
        one
        for one in ask_for_training(watched.workshop)["drifted"]  # type: ignore[attr-defined]
        if "inputs are distributed otherwise" in one
    ]
    assert said.startswith("gbdt-1: ")


def test_a_band_that_was_told_after_the_moment_judges_nobody(watched: Desk) -> None:
    night = heard(watched, 1)
    write_scores(watched)
    moment = end_of(night + timedelta(days=7))
    with psycopg.connect(watched.urls.superuser) as connection:
        connection.execute(
            "insert into signals.forecasts (card_id, grade_code, horizon_days, asof_ts,"
            " model_version, q10, q50, q90, fingerprint, known_at) select card_id, grade_code,"
            " horizon_days, asof_ts, 'naive-1', -9, 0, 9, fingerprint, %s from signals.signals"
            " where horizon_days = 7",
            (moment + timedelta(hours=1),),
        )

    def versions(hours: int) -> set[str]:
        with watched.workshop.stores() as stores:
            at = moment + timedelta(hours=hours)
            told = stores.monitoring.told(nights=90, moment=at)
        return set(told.bands["model_version"])

    assert versions(0) == {"ewma-1"}
    assert versions(2) == {"ewma-1", "naive-1"}


def test_a_small_run_later_on_hides_no_slow_one(watched: Desk) -> None:
    heard(watched, 1)
    with job_transaction(SignalsSettings().database_url) as connection:
        store = Monitoring(connection)
        for minutes, instruments, seconds in ((1, 100, 9.0), (2, 3, 2.0), (3, 200, 1.0)):
            took = Took(LAST_DAY, instruments, seconds)
            store.note_inference(took, now=NOW + timedelta(minutes=minutes))
        assert store.took(until=LAST_DAY, least=100) == Took(LAST_DAY, 100, 9.0)
        assert store.took(until=LAST_DAY, least=500) == Took(LAST_DAY, 3, 2.0)


def test_each_run_of_inference_is_on_record_with_its_own_end(watched: Desk) -> None:
    heard(watched, 2)
    ends = watched.rows("select * from signals.inferences order by as_of")
    assert ends[0]["finished_at"] < ends[1]["finished_at"]  # type: ignore[operator]
    apart = ends[1]["finished_at"] - ends[0]["finished_at"]  # type: ignore[operator]
    assert apart >= timedelta(seconds=float(str(ends[1]["seconds"])) * 0.99)


def test_a_slow_night_is_out_of_its_bounds(watched: Desk) -> None:
    heard(watched, 1)
    with job_transaction(SignalsSettings().database_url) as connection:
        slow = Took(LAST_DAY, 100, 100 * POLICY.most_ms_an_instrument / 1000 + 1)
        Monitoring(connection).note_inference(slow, now=NOW + timedelta(minutes=1))
    told = monitor(watched.workshop, LAST_DAY, now=NOW)
    assert "inference_ms: milliseconds an instrument" in str(told["out_of_bounds"])
