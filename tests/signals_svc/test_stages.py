"""A version's life: heard in the shadow, told of some cards, told, taken out; always on record."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kernel.days import end_of
from kernel.db.session import job_transaction
from kernel.errors import Conflict
from kernel.ids import CardId
from signals_svc.adapters.models import Models
from signals_svc.adapters.monitoring import Monitoring
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.costs import Costs
from signals_svc.domain.drift import DRIFT
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.measures import Measure
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.domain.stages import SHADOW_NIGHTS, is_canary
from signals_svc.domain.weekly import Windows
from signals_svc.jobs.table import change_stage
from signals_svc.ports.forecasters import Heard
from signals_svc.ports.models import Decision, Family, RegisteredModel, ServingModel
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.promote import Asked
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import mark
from tests.signals_svc.trees_to_read import TREES_READ, StillContests, register_trees_to_read

EVERYTHING = [(card, "psa10") for card in CARDS]
LATER = NOW + timedelta(hours=2)
VERSIONS = "select model_version from signals.models"
TOLD = """
select distinct on (card_id) card_id, model_version, fingerprint from signals.signals
where asof_ts = %s and horizon_days = 90 order by card_id, known_at desc, signal_id desc
"""


@dataclass(frozen=True)
class Leaning:
    """A classifier that leans to SELL a little, by the number in its name."""

    version: str
    reads: str = TREES_READ
    horizon_days: int = 90
    break_even: float = Costs().break_even
    conviction: ConvictionMap = field(default_factory=ConvictionMap)

    def chances(self, inputs: Singles) -> Floats:
        share = 0.3 + 0.01 * int(self.version.split("-")[1])
        return np.tile((0.1, 0.9 - share, share), (len(inputs), 1))

    def moved(self, inputs: Singles) -> Floats:
        return np.zeros(inputs.shape)


class Shelf:
    """Port ClassifierLoader."""

    def load(self, model: ServingModel) -> Leaning:
        return Leaning(model.version)


@dataclass(frozen=True)
class Seer:
    """A sequence forecaster that has earned 90 days and sees every price double."""

    version: str
    passed: tuple[int, ...] = (90,)
    past: PastForecasts | None = None

    def hear(self, windows: Windows, horizons: tuple[int, ...], *, looking: bool) -> Heard:
        said = np.tile((0.6, 0.7, 0.8), (len(windows), len(horizons), 1))
        return Heard(said, lambda _: None)


class Seers:
    """Port ForecasterLoader."""

    def load_forecaster(self, model: ServingModel) -> Seer:
        return Seer(model.version)


@pytest.fixture
def shelf(market: Desk) -> Desk:
    loaders = market.workshop.loaders._replace(
        classifiers=Shelf(), forecasters=Seers(), baselines=StillContests()
    )
    return replace(market, workshop=replace(market.workshop, loaders=loaders))


def registered(
    version: str,
    *,
    learned_by: date = LAST_DAY,
    family: Family = "classifier",
    passed: tuple[int, ...] = (90,),
    features: str = FEATURE_VERSION,
) -> None:
    register_trees_to_read()
    model = ServingModel(version, end_of(learned_by), features, f"{family}/{version}", "0")
    metrics = {"accepted": True, "passed": passed, "verdict": "by the gate"}
    with job_transaction(SignalsSettings().database_url) as connection:
        models = Models(connection)
        models.register(family, RegisteredModel(model, metrics), now=NOW)
        models.decide(version, Decision("shadow", "it may"), now=NOW)


def heard(desk: Desk, nights: int, *, first: date = LAST_DAY) -> date:
    for ahead in range(nights):
        mark(desk.urls, EVERYTHING, first + timedelta(days=ahead))
    desk.night()
    night = first + timedelta(days=nights - 1)
    within_bounds(desk, night)
    return night


def within_bounds(desk: Desk, night: date) -> None:
    """What every version reads was measured that night, and has not drifted."""
    versions = [str(row["model_version"]) for row in desk.rows(VERSIONS)]
    figures = [
        Measure(DRIFT, "", "as it learned", 0.0, most=0.25, model_version=version, pauses=True)
        for version in versions
    ]
    with job_transaction(SignalsSettings().database_url) as connection:
        before = datetime.now(UTC) - timedelta(days=365)  # any other run of the night is newer
        Monitoring(connection).keep(figures, as_of=night, now=before)


def told(desk: Desk, night: date) -> dict[object, object]:
    return {row["card_id"]: row["model_version"] for row in desk.rows(TOLD, end_of(night))}


def in_production(desk: Desk, version: str, *, first: date = LAST_DAY) -> date:
    registered(version)
    night = heard(desk, SHADOW_NIGHTS, first=first)
    for stage in ("canary", "production"):
        change_stage(desk.workshop, version, Asked(stage), now=NOW)
    desk.night()
    return night


def test_a_version_is_heard_for_seven_nights_before_anybody_is_told(shelf: Desk) -> None:
    registered("gbdt-1")
    night = heard(shelf, SHADOW_NIGHTS - 1)
    assert set(told(shelf, night).values()) == {"ewma-1"}
    with pytest.raises(Conflict, match="heard in the shadow on 6 of 7 nights; wait for 1 more"):
        change_stage(shelf.workshop, "gbdt-1", Asked("canary"), now=NOW)
    heard(shelf, 1, first=night)
    with pytest.raises(Conflict, match="on 6 of 7"):  # the same night again is no other night
        change_stage(shelf.workshop, "gbdt-1", Asked("canary"), now=NOW)
    heard(shelf, 1, first=night + timedelta(days=1))
    assert change_stage(shelf.workshop, "gbdt-1", Asked("canary"), now=NOW)["outcome"] == "moved"


def test_a_canary_comes_before_production_and_speaks_of_the_cards_its_hash_chose(
    shelf: Desk,
) -> None:
    registered("gbdt-1")
    night = heard(shelf, SHADOW_NIGHTS)
    with pytest.raises(Conflict, match="the next stage is canary"):
        change_stage(shelf.workshop, "gbdt-1", Asked("production"), now=NOW)
    change_stage(shelf.workshop, "gbdt-1", Asked("canary", 40), now=NOW)
    shelf.night()
    chosen = {card for card in CARDS if is_canary(CardId(card), 40)}
    assert 0 < len(chosen) < len(CARDS)
    assert told(shelf, night) == {
        card: "ewma-1+gbdt-1" if card in chosen else "ewma-1" for card in CARDS
    }
    change_stage(shelf.workshop, "gbdt-1", Asked("production"), now=NOW)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-1"}


def test_a_canary_takes_its_cards_from_the_one_in_production_and_gives_them_back(
    shelf: Desk,
) -> None:
    night = in_production(shelf, "gbdt-1")
    registered("gbdt-2")
    night = heard(shelf, SHADOW_NIGHTS, first=night)
    change_stage(shelf.workshop, "gbdt-2", Asked("canary", 40), now=NOW)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-1", "ewma-1+gbdt-2"}
    change_stage(shelf.workshop, "gbdt-2", Asked("retired"), now=NOW)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-1"}


def test_after_a_rollback_the_one_before_says_what_it_said_to_the_byte(shelf: Desk) -> None:
    night = in_production(shelf, "gbdt-1")
    before = shelf.rows(TOLD, end_of(night))
    registered("gbdt-2")
    heard(shelf, SHADOW_NIGHTS - 1, first=night + timedelta(days=1))
    mark(shelf.urls, EVERYTHING, night)
    shelf.night()
    for stage in ("canary", "production"):
        change_stage(shelf.workshop, "gbdt-2", Asked(stage), now=NOW)
    mark(shelf.urls, EVERYTHING, night)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-2"}

    moved = change_stage(
        shelf.workshop, "gbdt-2", Asked("retired", actor="ann", reason="odd"), now=LATER
    )
    assert (moved["stage"], moved["marked"]) == ("retired", len(CARDS))
    mark(shelf.urls, EVERYTHING, night)
    shelf.night(LATER)
    assert shelf.rows(TOLD, end_of(night)) == before
    again = change_stage(shelf.workshop, "gbdt-2", Asked("retired"), now=LATER)
    assert (again["outcome"], again["marked"]) == ("was there already", 0)
    history = shelf.rows(
        "select stage, canary_percent, actor, reason from signals.promotions"
        " where model_version = 'gbdt-2' order by promotion_id"
    )
    assert [row["stage"] for row in history] == [
        "staging",
        "shadow",
        "canary",
        "production",
        "retired",
    ]
    assert history[-1] == {
        "stage": "retired",
        "canary_percent": None,
        "actor": "ann",
        "reason": "odd",
    }
    assert (history[2]["canary_percent"], history[2]["actor"]) == (10, "signals_svc")


def test_one_that_was_followed_still_speaks_of_nights_before_its_follower_learned(
    shelf: Desk,
) -> None:
    first = LAST_DAY - timedelta(days=20)
    registered("gbdt-1", learned_by=first)
    heard(shelf, SHADOW_NIGHTS, first=first)
    for stage in ("canary", "production"):
        change_stage(shelf.workshop, "gbdt-1", Asked(stage), now=NOW)
    night = in_production(shelf, "gbdt-2")
    mark(shelf.urls, EVERYTHING, first)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-2"}
    assert set(told(shelf, first).values()) == {"ewma-1+gbdt-1"}


def test_a_classifier_is_silent_once_the_forecaster_it_reads_is_taken_out(shelf: Desk) -> None:
    night = in_production(shelf, "gbdt-1")
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-1"}
    change_stage(shelf.workshop, TREES_READ, Asked("retired"), now=NOW)
    mark(shelf.urls, EVERYTHING, night)
    _, inferred = shelf.night(LATER)
    assert inferred["silent"] == [f"gbdt-1: reads {TREES_READ}, which is retired"]
    assert set(told(shelf, night).values()) == {"ewma-1"}


def test_a_follower_of_the_forecaster_it_reads_does_not_silence_a_classifier(shelf: Desk) -> None:
    night = in_production(shelf, "gbdt-1")
    registered("trees-9", family="baseline")
    with job_transaction(SignalsSettings().database_url) as connection:
        Models(connection).decide("trees-9", Decision("production", "won"), now=LATER)
    mark(shelf.urls, EVERYTHING, night)
    _, inferred = shelf.night(LATER)
    assert inferred["silent"] == []
    assert set(told(shelf, night).values()) == {"ewma-1+gbdt-1"}
    stored = shelf.rows(
        "select count(*) as rows from signals.forecasts where model_version = 'trees-9'"
        " and horizon_days = 90 and asof_ts = %s",
        end_of(night),
    )
    assert stored == [{"rows": len(CARDS)}], "trees are stored, whoever is told"


def test_what_never_spoke_cannot_be_taken_out_and_what_is_taken_out_is_heard_again_first(
    shelf: Desk,
) -> None:
    night = in_production(shelf, "gbdt-1")
    change_stage(shelf.workshop, "gbdt-1", Asked("retired"), now=NOW)
    with pytest.raises(Conflict, match="the next stage is shadow"):
        change_stage(shelf.workshop, "gbdt-1", Asked("production"), now=NOW)
    assert change_stage(shelf.workshop, "gbdt-1", Asked(), now=NOW)["stage"] == "shadow"
    mark(shelf.urls, EVERYTHING, night)
    shelf.night()
    assert set(told(shelf, night).values()) == {"ewma-1"}


def test_a_sequence_forecaster_speaks_only_of_the_horizons_it_has_earned(shelf: Desk) -> None:
    registered("tft-1", family="tft")
    night = heard(shelf, SHADOW_NIGHTS)
    stored = shelf.rows(
        "select distinct horizon_days from signals.forecasts where model_version = 'tft-1'"
        " order by 1"
    )
    assert [row["horizon_days"] for row in stored] == [7, 30, 90], "heard of all"
    assert set(told(shelf, night).values()) == {"ewma-1"}
    for stage in ("canary", "production"):
        change_stage(shelf.workshop, "tft-1", Asked(stage), now=NOW)
    shelf.night()
    spoken = shelf.rows(
        "select distinct on (card_id, horizon_days) horizon_days, model_version, expected_return"
        " from signals.signals where asof_ts = %s"
        " order by card_id, horizon_days, known_at desc, signal_id desc",
        end_of(night),
    )
    assert {(row["horizon_days"], row["model_version"]) for row in spoken} == {
        (7, "ewma-1"),
        (30, "ewma-1"),
        (90, "tft-1"),
    }
    quarter = {float(str(r["expected_return"])) for r in spoken if r["horizon_days"] == 90}
    assert quarter == {round(float(np.expm1(0.7)), 6)}


def test_who_has_earned_nothing_or_reads_other_features_is_told_to_nobody(shelf: Desk) -> None:
    registered("tft-1", family="tft", passed=())
    registered("tft-2", family="tft", features="older")
    heard(shelf, SHADOW_NIGHTS)
    with pytest.raises(Conflict, match="stays out of production: by the gate"):
        change_stage(shelf.workshop, "tft-1", Asked("canary"), now=NOW)
    with pytest.raises(Conflict, match="wants features older, this release computes"):
        change_stage(shelf.workshop, "tft-2", Asked("canary"), now=NOW)
    _, inferred = shelf.night()
    mark(shelf.urls, EVERYTHING, LAST_DAY)
    _, inferred = shelf.night()
    assert "tft-2: wants features older" in str(inferred["silent"])
