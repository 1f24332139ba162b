"""Owns what a signal's route answers."""

from datetime import timedelta

from tests.api_gw.arrange import Arrangement
from tests.api_gw.conftest import NIGHT, Api


def test_a_signal_has_every_field_it_is_read_for(api: Api) -> None:
    answer = api("/cards/base1-4/signal?grade=psa10&horizon=90&as_of=2026-10-04T12:00:00Z")
    assert answer.json() == {
        "card_id": "base1-4",
        "grade_code": "psa10",
        "action": "BUY",
        "conviction": 0.7,
        "expected_return": 0.1,
        "risk": 0.4,
        "utility": 0.05,
        "asof_ts": "2026-10-01T00:00:00Z",
        "horizon_days": 90,
        "price_cents": 12345,
        "series": "trade",
        "reasons": [{"code": "utility", "value": 0.05, "words": "+10 % expected in 90 days"}],
        "model_version": "ewma-1",
        "feature_version": "price-1",
        "age_days": 3,
    }


def test_each_horizon_has_its_own_signal_and_90_days_is_the_default(api: Api) -> None:
    assert api("/cards/base1-4/signal?grade=psa10&horizon=7").json()["action"] == "HOLD"
    assert api("/cards/base1-4/signal?grade=psa10").json()["horizon_days"] == 90


def test_the_newest_signal_known_at_the_moment_is_the_answer(
    market: Arrangement, own_api: Api
) -> None:
    market.signal("base1-4", "psa10", "SELL", asof=NIGHT - timedelta(days=1))
    market.signal("base1-4", "psa10", "HOLD", asof=NIGHT + timedelta(days=1))
    actions = {
        moment: own_api(f"/cards/base1-4/signal?grade=psa10&as_of={moment}").json()["action"]
        for moment in ("2026-09-30T12:00:00Z", "2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z")
    }
    assert list(actions.values()) == ["SELL", "BUY", "HOLD"]
    assert own_api("/cards/base1-4/signal?grade=psa10").json()["action"] == "HOLD"


def test_a_signal_made_later_for_an_earlier_night_is_not_known_before(
    market: Arrangement, own_api: Api
) -> None:
    """A promoted model speaks at 04:20 of the night that EWMA had spoken of at once."""
    promoted = NIGHT + timedelta(hours=4, minutes=20)
    market.signal("base1-4", "psa10", "SELL", asof=NIGHT, known_at=promoted, model="classifier-1")
    answers = {
        moment: own_api(f"/cards/base1-4/signal?grade=psa10&as_of={moment}").json()["action"]
        for moment in ("2026-10-01T03:00:00Z", "2026-10-01T04:20:00Z")
    }
    assert list(answers.values()) == ["BUY", "SELL"]
    assert own_api("/cards/base1-4/signal?grade=psa10").json()["action"] == "SELL"


def test_a_rebuilt_old_night_does_not_hide_a_newer_one(market: Arrangement, own_api: Api) -> None:
    before = NIGHT - timedelta(days=1)
    market.signal("base1-4", "psa10", "SELL", asof=before, known_at=NIGHT + timedelta(days=1))
    asked = "/cards/base1-4/signal?grade=psa10&as_of="
    assert own_api(f"{asked}2026-10-01T12:00:00Z").json()["action"] == "BUY"
    assert own_api(f"{asked}2026-10-03T00:00:00Z").json()["action"] == "BUY"
    assert own_api(f"{asked}2026-09-30T12:00:00Z").status_code == 404
