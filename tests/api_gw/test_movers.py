"""Owns which instruments count as movers."""

from datetime import timedelta

import pytest

from tests.api_gw.arrange import Arrangement, every
from tests.api_gw.conftest import LAST_DAY, NIGHT, Api, Serving


def moved(api: Api, asked: str = "") -> list[tuple[str, str, float]]:
    answer = api(f"/movers?{asked}")
    assert answer.status_code == 200
    movers = answer.json()["movers"]
    return [(m["card_id"], m["grade_code"], round(m["change"], 4)) for m in movers]


def test_largest_changes_come_first_whatever_their_direction(api: Api) -> None:
    assert moved(api) == [
        ("base1-4", "raw", -0.2),
        ("base1-4", "psa10", round(400 / 390 - 1, 4)),
    ]


def test_a_direction_leaves_out_the_other(api: Api) -> None:
    assert [grade for _, grade, _ in moved(api, "direction=up")] == ["psa10"]
    assert [grade for _, grade, _ in moved(api, "direction=down")] == ["raw"]


def test_the_earlier_bar_is_at_least_the_window_older(api: Api) -> None:
    [move] = api("/movers?window=30&direction=up").json()["movers"]
    assert (move["from_day"], move["to_day"]) == ("2026-08-31", "2026-09-30")
    assert move["change"] == pytest.approx(400 / 370 - 1)
    assert move["direction"] == "up"


def test_an_illiquid_instrument_is_no_mover(market: Arrangement, own_api: Api) -> None:
    market.bars("base1-2", "raw", every(10, last=LAST_DAY, cents=[1000] * 10 + [5000]))
    assert "base1-2" not in {card for card, _, _ in moved(own_api)}


def test_an_instrument_that_fell_silent_is_no_mover(market: Arrangement, own_api: Api) -> None:
    silent = LAST_DAY - timedelta(days=31)
    market.bars("base1-2", "raw", every(10, last=silent, cents=[1000] * 15 + [5000]))
    assert "base1-2" not in {card for card, _, _ in moved(own_api, "window=30")}


def test_a_stale_earlier_bar_is_nothing_to_compare_with(market: Arrangement, own_api: Api) -> None:
    closes = every(10, last=LAST_DAY - timedelta(days=60), cents=[1000] * 15)
    market.bars("base1-2", "raw", [*closes, (LAST_DAY, 5000)])
    assert "base1-2" not in {card for card, _, _ in moved(own_api)}


def test_a_silent_series_is_not_replaced_by_another(market: Arrangement, own_api: Api) -> None:
    silent = LAST_DAY - timedelta(days=31)
    market.bars("base1-2", "raw", every(10, last=silent, cents=[1000] * 15))
    quotes = every(30, last=LAST_DAY, cents=[1000] * 11 + [5000])
    market.bars("base1-2", "raw", quotes, kind="quote")
    assert "base1-2" not in {card for card, _, _ in moved(own_api)}


def test_movers_are_kept_for_minutes_and_an_empty_market_is_not(
    market: Arrangement, valkey: str, serving: Serving
) -> None:
    ask = serving(market.urls.api_gw, valkey)
    assert ask("/movers?as_of=2020-01-01T00:00:00Z").json()["movers"] == []
    first = ask("/movers?window=30")
    nowhere = serving("postgresql://api_gw@127.0.0.1:1/nothing", valkey)
    assert nowhere("/movers?window=30").content == first.content
    assert nowhere("/movers?window=7").status_code == 503


def test_pennies_are_no_movers(market: Arrangement, own_api: Api) -> None:
    market.bars("base1-2", "raw", every(10, last=LAST_DAY, cents=[20] * 15 + [60]))
    assert "base1-2" not in {card for card, _, _ in moved(own_api)}


def test_a_price_that_is_not_believed_is_no_mover(market: Arrangement, own_api: Api) -> None:
    """A wrong link of three times the price would lead the list."""
    closes = every(10, last=LAST_DAY, cents=[1000] * 15 + [3000])
    market.bars("base1-2", "raw", closes)
    assert moved(own_api)[0] == ("base1-2", "raw", 2.0)
    market.flag("base1-2", "raw", opened=NIGHT + timedelta(hours=2))
    assert "base1-2" not in {card for card, _, _ in moved(own_api)}
    then = moved(own_api, "as_of=2026-10-01T01:00:00Z")
    assert then[0] == ("base1-2", "raw", 2.0)


def test_as_of_moves_the_newest_day(api: Api) -> None:
    [move] = api("/movers?as_of=2026-09-25T00:00:00Z&direction=up").json()["movers"]
    assert move["to_day"] == "2026-09-20"


def test_an_empty_market_has_no_movers(arrange: Arrangement, serving: Serving) -> None:
    assert serving(arrange.urls.api_gw)("/movers").json()["movers"] == []
