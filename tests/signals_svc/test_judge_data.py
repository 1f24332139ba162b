"""Forecasts are judged on the bars that were asked for alone, and nothing is kept of it."""

from typing import Any

from signals_svc.jobs.judging import judged
from tests.signals_svc.conftest import Desk
from tests.signals_svc.market_builder import seed_cards, write_bars
from tests.signals_svc.test_training import CARDS, TODAY, planted


def test_each_horizon_is_told_and_nothing_is_registered(desk: Desk) -> None:
    seed_cards(desk.urls, CARDS)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    told = judged(desk.workshop, TODAY, kind="trade")
    quarter: Any = told["90_d"]
    assert set(quarter["skill"]) == {"naive", "drift", "ewma"}
    assert quarter["skill"]["naive"] > 0.1, "the swing tells the next quarter"
    assert quarter["rank_ic"][1] > 0.3
    assert quarter["top_net"] > quarter["all_net"]
    assert desk.rows("select from signals.models") == []


def test_bars_of_another_kind_or_set_are_left_out(desk: Desk) -> None:
    seed_cards(desk.urls, CARDS)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    for asked in ({"kind": "quote"}, {"set_id": "no such set"}):
        told = judged(desk.workshop, TODAY, **asked)
        assert "cannot be judged" in str(told["outcome"]), asked
