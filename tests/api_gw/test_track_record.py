"""Owns what came of signals: figures with their n and intervals, live and replayed never in one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from api_gw.domain.track_record import Cell, Group, record_of, wilson
from tests.api_gw.arrange import Arrangement, evening
from tests.api_gw.conftest import Api, Serving

PATH = "/signals/track-record?horizon=7&as_of=2026-09-01T00:00:00Z"
FIRST = date(2026, 5, 4)
WEEKS = 12
CARDS = tuple(f"base1-{n}" for n in range(20, 40))

SAY = """
insert into signals.signals (card_id, grade_code, horizon_days, asof_ts, model_version,
  feature_version, action, conviction, expected_return, price_cents, series, reasons, features,
  fingerprint, known_at, written_at)
values (%(card)s, 'raw', 7, %(asof)s, %(model)s, 'f', %(action)s, %(conviction)s, %(expected)s,
  1000, 'trade', '[]', '{"trades_90": 7}', 'f', %(asof)s, %(written)s)
returning signal_id
"""
REPLAY = """
insert into signals.replayed (card_id, grade_code, horizon_days, asof_ts, model_version,
  feature_version, action, conviction, expected_return, utility, price_cents, series, sold_90)
values (%(card)s, 'raw', 7, %(asof)s, %(model)s, 'f', %(action)s, %(conviction)s, %(expected)s,
  0, 1000, 'trade', 7)
returning signal_id
"""
SCORE = """
insert into signals.scores (signal_id, after_days, known_at, outcome, entry_day, entry_cents,
  exit_day, exit_cents, net_return, came_true)
values (%(id)s, 7, %(known)s, 'scored', '2026-01-01', 1000, '2026-01-05', %(cents)s, %(net)s,
  %(true)s)
"""


def tell(
    connection: psycopg.Connection[Any],
    card: str,
    week: int,
    *,
    live: bool,
    action: str = "BUY",
    conviction: float = 0.7,
    expected: float = 0.2,
    true: bool = True,
    cents: int = 1200,
    known: datetime | None = None,
    model: str = "trees-1",
) -> int:
    """A signal of that week and its score, known a week later."""
    asof = evening(FIRST + timedelta(weeks=week))
    written = asof + timedelta(hours=2)
    asked = {"card": card, "asof": asof, "action": action, "conviction": conviction}
    asked |= {"expected": expected, "written": written, "model": model}
    found = connection.execute(SAY if live else REPLAY, asked).fetchone()
    assert found is not None
    net = None if action == "HOLD" else (0.05 if true else -0.2)
    said = {"id": found[0], "known": known or asof + timedelta(days=7), "cents": cents}
    connection.execute(SCORE, said | {"net": net, "true": true})
    return int(found[0])


@pytest.fixture
def shop(arrange: Arrangement) -> Arrangement:
    arrange.set("base1", "Base")
    for card in CARDS:
        arrange.card(card, card, number=card.removeprefix("base1-"))
    with psycopg.connect(arrange.urls.signals_svc) as connection:
        for model in ("trees-1", "naive-1"):
            connection.execute(
                "insert into signals.models (model_version, family, created_at, trained_through,"
                " feature_version) values (%s, 'naive', now(), '-infinity', 'f')",
                (model,),
            )
    return arrange


def record(api: Api, path: str = PATH) -> dict[str, Any]:
    answer = api(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def a_season(connection: psycopg.Connection[Any], *, live: bool, hits: int) -> None:
    """Every week twenty cards: what is expected ranks what is earned; `hits` of them earn."""
    for week in range(WEEKS):
        for place, card in enumerate(CARDS):
            tell(
                connection,
                card,
                week,
                live=live,
                true=place < hits,
                conviction=0.25 if place % 2 else 0.75,
                expected=0.01 * place,
                cents=1000 + (10 * place if live else place**2),
                model="trees-1" if place < 10 else "naive-1",
            )


def test_live_and_replayed_signals_never_stand_in_one_figure(
    shop: Arrangement, serving: Serving
) -> None:
    api = serving(shop.urls.api_gw)
    with psycopg.connect(shop.urls.superuser) as connection:
        a_season(connection, live=True, hits=5)
    alone = record(api)
    with psycopg.connect(shop.urls.superuser) as connection:
        a_season(connection, live=False, hits=20)
    both = record(api)
    assert both["live"] == alone["live"], "what was replayed changed nothing of what was heard"
    assert alone["replayed"]["overall"]["hit_rate"]["n"] == 0
    assert both["live"]["overall"]["hit_rate"]["value"] == 0.25
    assert both["replayed"]["overall"]["hit_rate"]["value"] == 1.0
    figures = both["live"]["by_model"] + both["live"]["by_tier"] + both["live"]["by_set"]
    assert sum(one["came_true"]["n"] for one in figures) == 3 * WEEKS * 20
    assert set(both) == {"as_of", "horizon_days", "after_days", "live", "replayed"}


def test_every_figure_has_its_n_and_an_interval(shop: Arrangement, serving: Serving) -> None:
    with psycopg.connect(shop.urls.superuser) as connection:
        a_season(connection, live=True, hits=5)
    found = record(serving(shop.urls.api_gw))["live"]
    overall = found["overall"]
    for name, value in (("hit_rate", 0.25), ("came_true", 0.25), ("ic", 1.0)):
        figure = overall[name]
        assert figure["over"] == "days"
        assert (figure["n"], figure["days"]) == (WEEKS * 20, WEEKS)
        assert figure["value"] == pytest.approx(value)
        assert figure["low"] <= figure["value"] <= figure["high"]
    assert overall["net_return"]["value"] == pytest.approx(0.25 * 0.05 - 0.75 * 0.2)
    rate = overall["hit_rate"]
    assert rate["high"] - rate["low"] > 0.1, "never narrower than of as many independent signals"
    assert [round(one["conviction"], 2) for one in found["reliability"]] == [0.25, 0.75]
    assert [one["came_true"]["n"] for one in found["reliability"]] == [WEEKS * 10] * 2
    assert [one["month"] for one in found["ic_by_month"]] == ["2026-05", "2026-06", "2026-07"]
    names = {key: [one["name"] for one in found[key]] for key in ("by_model", "by_set", "by_tier")}
    assert names == {
        "by_model": ["naive-1", "trees-1"],
        "by_set": ["base1"],
        "by_tier": ["6 to 29 sales"],
    }
    assert (found["first_day"], found["spans"]) == (FIRST.isoformat(), WEEKS)


def test_a_single_season_is_told_over_cards(shop: Arrangement, serving: Serving) -> None:
    """The store counts by cards as well as by days, and both come to the same sums."""
    with psycopg.connect(shop.urls.superuser) as connection:
        for week in range(2):
            for place, card in enumerate(CARDS):
                tell(connection, card, week, live=True, true=place % 3 == 0)
    overall = record(serving(shop.urls.api_gw))["live"]["overall"]
    rate = overall["hit_rate"]
    assert (rate["n"], rate["value"], rate["over"]) == (40, 0.35, "cards")
    assert rate["low"] < 0.35 < rate["high"]


def test_a_score_said_anew_counts_from_the_moment_it_was_known(
    shop: Arrangement, serving: Serving
) -> None:
    api = serving(shop.urls.api_gw)
    with psycopg.connect(shop.urls.superuser) as connection:
        one = tell(connection, CARDS[0], 0, live=True, true=True)
        again = {"id": one, "known": datetime(2026, 8, 1, tzinfo=UTC), "cents": 700}
        connection.execute(SCORE, again | {"net": -0.4, "true": False})
    answers = {
        moment: record(api, f"/signals/track-record?horizon=7&as_of={moment}")["live"]
        for moment in (
            "2026-05-11T00:00:00Z",  # the week is not over
            "2026-05-12T00:00:00Z",
            "2026-07-31T00:00:00Z",
            "2026-08-01T00:00:00Z",  # a sale was revoked
        )
    }
    rates = [one["overall"]["hit_rate"] for one in answers.values()]
    assert [(one["n"], one["value"]) for one in rates] == [(0, None), (1, 1.0), (1, 1.0), (1, 0.0)]


def test_what_has_no_score_is_counted_beside_the_figures(
    shop: Arrangement, serving: Serving
) -> None:
    with psycopg.connect(shop.urls.superuser) as connection:
        ids = [tell(connection, card, 0, live=True) for card in CARDS[:3]]
        connection.execute("delete from signals.scores where signal_id = %s", (ids[0],))
        connection.execute(
            "insert into signals.scores (signal_id, after_days, known_at, outcome)"
            " values (%s, 7, %s, 'no_exit')",
            (ids[0], evening(FIRST + timedelta(days=7))),
        )
    found = record(serving(shop.urls.api_gw))["live"]
    assert found["outcomes"] == {"no_exit": 1, "scored": 2}
    assert found["overall"]["came_true"]["n"] == 2


def test_a_record_of_nothing_is_told_as_nothing(api: Api) -> None:
    found = record(api, "/signals/track-record")
    assert found["after_days"] == found["horizon_days"] == 90
    assert found["live"]["outcomes"] == found["replayed"]["outcomes"] == {}
    assert found["live"]["overall"]["ic"] == {
        "n": 0,
        "days": 0,
        "value": None,
        "low": None,
        "high": None,
        "over": None,
    }


def weekly(rates: list[float], *, signals: int = 50, cards: tuple[Cell, ...] = ()) -> Group:
    cells = [
        Cell(
            unit=FIRST + timedelta(weeks=week),
            signals=signals,
            came_true=round(signals * rate),
            conviction=0.5 * signals,
            acted=signals,
            acted_true=round(signals * rate),
            net=0.0,
            ranked=signals,
            ic=rate - 0.5,
        )
        for week, rate in enumerate(rates)
    ]
    return Group("all", "", tuple(cells), cards)


def test_weeks_that_share_their_outcomes_tell_less_than_weeks_that_do_not() -> None:
    rng = np.random.default_rng(1)
    regimes = np.repeat(rng.uniform(0.2, 0.8, 8), 5)  # the market turns every five weeks
    group = weekly([float(one) for one in regimes])
    widths = []
    for after in (7, 35):
        rate = record_of([group], {}, after_days=after).overall.hit_rate
        assert rate.low is not None
        assert rate.high is not None
        widths.append(rate.high - rate.low)
    assert widths[1] > 1.5 * widths[0]


def test_of_fewer_than_three_spans_cards_are_drawn_and_the_interval_says_so() -> None:
    buckets = tuple(
        Cell(place, 10, 4 + place % 4, 5.0, 10, 4 + place % 4, 0.1 * (place % 4), 0, None)
        for place in range(60)
    )
    found = record_of([weekly([0.5, 0.6] * 6, cards=buckets)], {}, after_days=90)
    rate, mean, ic = found.overall.hit_rate, found.overall.net_return, found.overall.ic
    assert (found.spans, rate.over, mean.over) == (0, "cards", "cards")
    assert rate.value == pytest.approx(0.55)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < 0.55 < rate.high
    assert (ic.low, ic.over) == (None, None), "a rank among days' signals is of days alone"
    few = record_of([weekly([0.5, 0.6] * 6, cards=buckets[:5])], {}, after_days=90)
    assert (few.overall.hit_rate.low, few.overall.hit_rate.over) == (None, None)
    of_days = record_of([weekly([0.5, 0.6] * 6, cards=buckets)], {}, after_days=28)
    assert of_days.overall.hit_rate.over == "days"


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    held = []
    for _ in range(60):
        rates = [float(one) for one in rng.binomial(50, 0.4, 26) / 50]
        rate = record_of([weekly(rates)], {}, after_days=7).overall.hit_rate
        assert rate.low is not None
        assert rate.high is not None
        held.append(rate.low <= 0.4 <= rate.high)
    assert 0.88 <= np.mean(held) <= 1.0


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = wilson(1.0, 3)
    assert (round(low, 4), high) == (0.4385, 1.0)


def test_draws_are_the_same_every_time() -> None:
    group = weekly([0.1 * week for week in range(10)])
    assert record_of([group], {}, after_days=7) == record_of([group], {}, after_days=7)
