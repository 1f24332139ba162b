"""Owns what a price history answers."""

import math
from datetime import timedelta

import pytest

from tests.api_gw.arrange import Arrangement, every
from tests.api_gw.conftest import LAST_DAY, NIGHT, Api


def test_the_window_ends_with_the_newest_bar_not_today(api: Api) -> None:
    history = api("/cards/base1-4/history?grade=psa10&window=30d").json()
    days = [bar["day"] for bar in history["bars"]]
    assert days == ["2026-09-10", "2026-09-20", "2026-09-30"]
    assert (history["series"], history["bars_365"]) == ("trade", 37)
    assert history["bars"][-1] == {
        "day": "2026-09-30",
        "open_cents": 400_000,
        "high_cents": 400_000,
        "low_cents": 400_000,
        "close_cents": 400_000,
        "volume": 1,
    }


def test_a_year_is_the_default_and_all_is_everything(api: Api) -> None:
    assert len(api("/cards/base1-4/history?grade=psa10").json()["bars"]) == 37
    assert len(api("/cards/base1-4/history?grade=psa10&window=all").json()["bars"]) == 40


def test_series_are_never_spliced(market: Arrangement, own_api: Api) -> None:
    quotes = every(1, last=LAST_DAY, cents=[1] * 60)
    market.bars("base1-4", "psa10", quotes, kind="quote")
    history = own_api("/cards/base1-4/history?grade=psa10&window=all").json()
    assert history["series"] == "trade"
    assert all(bar["volume"] == 1 for bar in history["bars"])


def test_overlays_look_back_beyond_the_window(api: Api) -> None:
    asked = "/cards/base1-4/history?grade=psa10&window=20d&overlay=momentum_30,drawdown_90"
    history = api(asked).json()
    assert [bar["day"] for bar in history["bars"]] == ["2026-09-20", "2026-09-30"]
    assert history["overlays"]["momentum_30"] == pytest.approx(
        [math.log(390 / 360), math.log(400 / 370)]
    )
    assert history["overlays"]["drawdown_90"] == [0.0, 0.0]


def test_a_fall_is_a_drawdown_below_the_highest_close(api: Api) -> None:
    asked = "/cards/base1-4/history?grade=raw&window=30d&overlay=drawdown_90"
    assert api(asked).json()["overlays"]["drawdown_90"] == pytest.approx([-0.2])


def test_as_of_leaves_out_what_was_learned_later(market: Arrangement, own_api: Api) -> None:
    market.bars(
        "base1-2", "raw", [(LAST_DAY - timedelta(days=9), 800)], known_at=NIGHT + timedelta(days=9)
    )
    market.bars("base1-2", "raw", [(LAST_DAY - timedelta(days=1), 700)])
    then = own_api("/cards/base1-2/history?as_of=2026-10-01T00:00:00Z").json()
    now = own_api("/cards/base1-2/history").json()
    assert [bar["close_cents"] for bar in then["bars"]] == [700]
    assert [bar["close_cents"] for bar in now["bars"]] == [800, 700]


def test_as_of_reads_a_replaced_bar_as_it_was(market: Arrangement, own_api: Api) -> None:
    learned = NIGHT + timedelta(days=3)
    market.bars("base1-2", "raw", [(LAST_DAY, 500)], known_at=learned)
    market.replaced_bar("base1-2", "raw", LAST_DAY, 900, until=learned)
    closes = {
        day: own_api(f"/cards/base1-2/history?as_of=2026-10-{day}T00:00:00Z").json()["bars"]
        for day in ("03", "05")
    }
    assert [bar["close_cents"] for bar in closes["03"]] == [900]
    assert [bar["close_cents"] for bar in closes["05"]] == [500]


def test_a_moment_that_sees_a_day_it_cannot_know_is_refused_nothing(api: Api) -> None:
    """The last day is over at midnight: a second before, its bar is not known."""
    history = api("/cards/base1-4/history?grade=psa10&as_of=2026-09-30T23:59:59Z").json()
    assert history["bars"][-1]["day"] == "2026-09-20"


def test_the_year_of_a_silent_series_ends_with_the_market_not_with_the_series(
    market: Arrangement, own_api: Api
) -> None:
    """Twelve sales in the year before the last of them, but six in the market's last year."""
    last = LAST_DAY - timedelta(days=200)
    market.bars("base1-2", "raw", every(30, last=last, cents=[700] * 12))
    market.bars("base1-2", "raw", [(last - timedelta(days=5), 650)], kind="quote")
    now = own_api("/cards/base1-2/history?window=all").json()
    [page] = own_api("/cards/base1-2").json()["grades"]
    assert (now["series"], now["bars_365"]) == ("quote", 1)
    assert (page["series"], page["bars_365"]) == ("quote", 1)
    moment = (last + timedelta(days=1)).isoformat()
    then = own_api(f"/cards/base1-2/history?window=all&as_of={moment}T00:00:00Z").json()
    assert (then["series"], then["bars_365"]) == ("trade", 12)


def test_the_year_ends_with_the_moment_asked_about_as_a_signal_counts_it(api: Api) -> None:
    counts = {
        moment: api(f"/cards/base1-4/history?grade=psa10&as_of={moment}").json()["bars_365"]
        for moment in ("2026-10-01T00:00:00Z", "2026-10-07T00:00:00Z", "2028-01-01T00:00:00Z")
    }
    assert list(counts.values()) == [37, 36, 0]
