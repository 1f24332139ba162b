"""Owns what a card's page answers."""

from datetime import date, timedelta

from tests.api_gw.arrange import Arrangement, every
from tests.api_gw.conftest import LAST_DAY, NIGHT, Api


def test_a_card_shows_its_facts_and_each_grade_with_price_and_signal(api: Api) -> None:
    answer = api("/cards/base1-4")
    assert answer.status_code == 200
    card = answer.json()
    facts = {key: card[key] for key in ("name", "set_name", "number", "printed_total", "artist")}
    assert facts == {
        "name": "Charizard",
        "set_name": "Base",
        "number": "4",
        "printed_total": 102,
        "artist": "Mitsuhiro Arita",
    }
    psa10, raw = card["grades"]
    assert (psa10["grade_code"], psa10["price_cents"], psa10["series"]) == (
        "psa10",
        400_000,
        "trade",
    )
    assert (psa10["price_day"], psa10["bars_365"]) == ("2026-09-30", 37)
    assert (psa10["signal"]["action"], psa10["signal"]["horizon_days"]) == ("BUY", 90)
    assert (raw["grade_code"], raw["price_cents"], raw["series"]) == ("raw", 4000, "quote")
    assert raw["signal"]["action"] == "SELL"


def test_an_asked_grade_comes_alone(api: Api) -> None:
    grades = api("/cards/base1-4?grade=raw").json()["grades"]
    assert [grade["grade_code"] for grade in grades] == ["raw"]


def test_a_card_without_prices_has_no_grades(api: Api) -> None:
    assert api("/cards/base1-2").json()["grades"] == []


def test_twelve_sales_in_a_year_beat_newer_quotes(market: Arrangement, own_api: Api) -> None:
    quotes = every(30, last=LAST_DAY + timedelta(days=5), cents=[999] * 12)
    market.bars("base1-4", "psa10", quotes, kind="quote")
    [grade] = own_api("/cards/base1-4?grade=psa10").json()["grades"]
    assert (grade["series"], grade["price_cents"], grade["bars_365"]) == ("trade", 400_000, 36)


def test_eleven_sales_in_a_year_give_way_to_quotes(market: Arrangement, own_api: Api) -> None:
    market.bars("base1-2", "psa9", every(30, last=LAST_DAY, cents=[700] * 11))
    market.bars("base1-2", "psa9", [(date(2026, 3, 1), 650)], kind="quote")
    [grade] = own_api("/cards/base1-2").json()["grades"]
    assert (grade["series"], grade["price_cents"]) == ("quote", 650)


def test_as_of_shows_the_price_and_signal_known_then(market: Arrangement, own_api: Api) -> None:
    market.signal("base1-4", "psa10", "HOLD", asof=NIGHT - timedelta(days=20))
    [grade] = own_api("/cards/base1-4?grade=psa10&as_of=2026-09-15T00:00:00Z").json()["grades"]
    assert (grade["price_day"], grade["price_cents"]) == ("2026-09-10", 380_000)
    assert grade["signal"]["action"] == "HOLD"


def test_as_of_before_any_price_has_no_grades(api: Api) -> None:
    assert api("/cards/base1-4?as_of=2020-01-01T00:00:00Z").json()["grades"] == []


def test_as_of_uses_the_version_that_stood_then(market: Arrangement, own_api: Api) -> None:
    """A later correction replaced the newest bar: before it, the old close is the answer."""
    market.bars("base1-2", "raw", [(LAST_DAY, 500)], known_at=NIGHT + timedelta(days=3))
    market.replaced_bar("base1-2", "raw", LAST_DAY, 900, until=NIGHT + timedelta(days=3))
    for day, price in ((2, 900), (4, 500)):
        asked = f"/cards/base1-2?as_of=2026-10-0{day}T12:00:00Z"
        assert own_api(asked).json()["grades"][0]["price_cents"] == price


def test_a_grade_that_is_not_believed_says_since_when_and_why(
    market: Arrangement, own_api: Api
) -> None:
    opened, closed = NIGHT + timedelta(hours=2), NIGHT + timedelta(days=2)
    market.flag("base1-4", "psa10", opened=opened, closed=closed, ratio=4.5)
    market.flag("base1-4", "psa10", opened=opened + timedelta(hours=1), rule="grade_ratio")
    said = {
        "since": "2026-10-01T02:00:00Z",
        "why": [{"rule": "sources", "ratio": 4.5}, {"rule": "grade_ratio", "ratio": 3.0}],
    }
    by_moment = {
        moment: own_api(f"/cards/base1-4?grade=psa10&as_of={moment}").json()["grades"][0]
        for moment in ("2026-10-01T01:00:00Z", "2026-10-01T12:00:00Z", "2026-10-04T00:00:00Z")
    }
    before, during, after = (grade["divergent"] for grade in by_moment.values())
    assert (before, during) == (None, said)
    assert after == {"since": "2026-10-01T03:00:00Z", "why": said["why"][1:]}
    psa10, raw = own_api("/cards/base1-4").json()["grades"]
    assert (psa10["divergent"], raw["divergent"]) == (after, None)
    history = "/cards/base1-4/history?grade=psa10"
    assert own_api(history).json()["divergent"] == after
    assert own_api(history + "&as_of=2026-10-01T12:00:00Z").json()["divergent"] == said
    assert own_api(history + "&as_of=2026-10-01T01:00:00Z").json()["divergent"] is None
    assert own_api("/cards/base1-4/history?grade=raw").json()["divergent"] is None
