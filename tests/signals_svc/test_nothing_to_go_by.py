"""Features that are missing everywhere: HOLD with a reason, and no number that nobody knows."""

from dataclasses import replace

import numpy as np
import pytest

from kernel.ids import CardId
from signals_svc.domain.bars import bars_of
from signals_svc.domain.baselines import BASELINES
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.cross_section import CardFacts
from signals_svc.domain.decision import Policy, Probabilities
from signals_svc.domain.features import features_on
from signals_svc.domain.judgement import Said, Voice, judge
from signals_svc.domain.normalisation import robust_z
from signals_svc.domain.snapshot import freeze, thaw
from signals_svc.domain.spoken import fixed_forecast
from signals_svc.domain.weekly import windows_of
from tests.signals_svc.conftest import CARDS, LAST_DAY, small_market
from tests.signals_svc.market_builder import frame

CATALOG = {CardId(card): CardFacts("set", None) for card in CARDS}


@pytest.mark.parametrize("name", BASELINES)
def test_a_night_of_missing_features_is_held_with_a_reason(name: str) -> None:
    features = features_on(bars_of(frame(small_market())), CATALOG, LAST_DAY)
    blank = {one: np.full_like(column, np.nan) for one, column in features.raw.items()}
    missing = replace(
        features, raw=blank, normalised=dict.fromkeys(features.normalised, blank["rank_30"])
    )
    snapshot = thaw(LAST_DAY, freeze(missing, np.arange(len(CARDS))))
    assert all(np.isnan(column).all() for column in snapshot.raw.values())
    spoken = {90: fixed_forecast(name, snapshot.raw, 90)}  # type: ignore[arg-type] # of BASELINES
    sure = Said("gbdt-1", Probabilities(0.9, 0.06, 0.04), ConvictionMap())
    voice = Voice(90, (sure,) * len(CARDS))
    said = judge(snapshot, spoken=spoken, voice=voice, previous={}, policy=Policy())
    assert {one.action for one in said} == {"HOLD"}
    assert {one.reasons[0].code for one in said} == {"illiquid"}
    assert {one.conviction for one in said} == {0.0}
    numbers = ("expected_return", "risk", "utility", "utility_sell", "p_buy", "p_hold", "p_sell")
    assert {getattr(one, number) for one in said for number in numbers} == {None}


def test_windows_of_missing_features_have_no_spread_to_answer_in() -> None:
    features = features_on(bars_of(frame(small_market())), CATALOG, LAST_DAY)
    blank = {one: np.full_like(column, np.nan) for one, column in features.raw.items()}
    assert np.isnan(windows_of(replace(features, raw=blank)).spread).all()


def test_robust_z_of_nothing_is_nothing() -> None:
    nothing = np.full((3, 20), np.nan)
    assert np.isnan(robust_z(nothing, np.ones(20, dtype=np.bool_))).all()
