"""What came of a signal: what a reader could have traded, what is not known yet, and since when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest

from kernel.days import end_of
from signals_svc.domain.bars import bars_of
from signals_svc.domain.costs import Costs
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.scores import OUTCOMES, Claims, scores_of
from signals_svc.domain.series import day_number
from signals_svc.jobs.past import score_signals
from tests.signals_svc.conftest import Desk
from tests.signals_svc.market_builder import Bar, frame, seed_cards, write_bars

T = date(2025, 3, 1)
COSTS = Costs()
ROUND_TRIP = 0.9 / 1.05


def after(days: int) -> date:
    return T + timedelta(days=days)


def claim(
    action: str, *, days: int = 30, kind: str = "trade", heard: date = T, abstains: bool = False
) -> Claims:
    return Claims(
        signal_id=np.array([1]),
        after_days=np.array([days]),
        slot=np.array([0]),
        kind=np.array([("trade", "bar", "quote").index(kind)]),
        asof_day=np.array([day_number(T)]),
        heard_day=np.array([day_number(heard)]),
        action=np.array([ACTIONS.index(action)]),
        abstains=np.array([abstains]),
    )


def scored(one: Claims, *prices: tuple[int, int], kind: str = "trade") -> dict[str, Any]:
    """`prices` are closes (days after T, cents)."""
    bars = [Bar("c", "raw", after(days), cents, kind) for days, cents in prices]
    found = scores_of(one, bars_of(frame(bars)), COSTS)
    return {name: column[0].item() for name, column in found.__dict__.items()} | {
        "outcome": OUTCOMES[found.outcome[0]]
    }


def test_a_buyer_pays_the_next_sale_and_leaves_by_the_last_one_of_the_horizon() -> None:
    prices = ((-1, 500), (0, 1000), (2, 2000), (9, 2500), (28, 3000), (31, 9000))
    found = scored(claim("BUY"), *prices)
    assert found["outcome"] == "scored"
    assert (found["entry_cents"], found["exit_cents"]) == (2000, 3000)
    assert found["net_return"] == pytest.approx(1.5 * ROUND_TRIP - 1)
    assert found["came_true"] is True


def test_an_odd_print_that_comes_back_is_nobodys_gain() -> None:
    """From the last print on the price doubled; who bought at the next sale paid both fees."""
    found = scored(claim("BUY"), (0, 1000), (3, 2000), (20, 2000))
    assert found["net_return"] == pytest.approx(ROUND_TRIP - 1)
    assert found["came_true"] is False


@pytest.mark.parametrize(
    ("action", "exit_cents", "true", "net"),
    [
        ("SELL", 1600, True, ROUND_TRIP / 0.8 - 1),
        ("SELL", 1900, False, ROUND_TRIP / 0.95 - 1),
        ("SELL", 3000, False, ROUND_TRIP / 1.5 - 1),
        ("HOLD", 2200, True, None),
        ("HOLD", 1600, False, None),
        ("BUY", 2300, False, 1.15 * ROUND_TRIP - 1),
        ("BUY", 2400, True, 1.2 * ROUND_TRIP - 1),
    ],
)
def test_an_action_comes_true_where_the_costs_are_earned_back(
    action: str, exit_cents: int, true: bool, net: float | None
) -> None:
    found = scored(claim(action), (1, 2000), (25, exit_cents))
    assert found["came_true"] is true
    assert found["net_return"] == (
        pytest.approx(net) if net is not None else pytest.approx(np.nan, nan_ok=True)
    )


@pytest.mark.parametrize(
    ("one", "prices", "outcome"),
    [
        (claim("BUY"), ((0, 1000),), "no_entry"),
        (claim("BUY"), ((0, 1000), (31, 1100)), "no_entry"),
        (claim("BUY", days=90), ((46, 1000), (85, 1100)), "no_entry"),  # an order expires
        (claim("BUY"), ((20, 1000),), "no_exit"),  # one sale is no round trip
        (claim("BUY"), ((2, 1000), (14, 1200)), "no_exit"),  # none in the days 15 to 30
        (claim("BUY"), ((2, 1000), (15, 1200)), "scored"),
        (claim("HOLD", abstains=True), ((2, 1000), (20, 1200)), "abstained"),
        (claim("BUY", heard=after(30)), ((31, 1000), (40, 1100)), "too_late"),
        (claim("BUY", heard=after(10)), ((5, 1), (11, 1000), (29, 1100)), "scored"),
    ],
)
def test_what_nobody_could_trade_has_no_number(
    one: Claims, prices: tuple[tuple[int, int], ...], outcome: str
) -> None:
    found = scored(one, *prices)
    assert found["outcome"] == outcome
    assert (found["entry_cents"] > 0) is (outcome == "scored")
    if one.heard_day[0] > one.asof_day[0] and outcome == "scored":
        assert found["entry_cents"] == 1000, "who hears it later buys later"


def test_quotes_are_no_sales_and_other_series_are_not_spliced_in() -> None:
    prices = ((2, 1000), (20, 1200))
    assert scored(claim("BUY", kind="quote"), *prices, kind="quote")["outcome"] == "quotes"
    assert scored(claim("BUY", kind="bar"), *prices, kind="trade")["outcome"] == "no_entry"


SIGNAL = """
insert into signals.signals (card_id, grade_code, horizon_days, asof_ts, model_version,
  feature_version, action, conviction, expected_return, price_cents, series, reasons, features,
  fingerprint, known_at, written_at)
values (%(card)s, 'raw', %(horizon)s, %(asof)s, 'ewma-1', 'price-1', %(action)s, 0.7, 0.2, 1000,
  'trade', %(reasons)s, '{"trades_90": 7}', 'f', %(known)s, %(written)s)
"""


def say(
    desk: Desk,
    card: str,
    action: str,
    *,
    horizon: int = 30,
    asof: date = T,
    reasons: str = "[]",
    known: datetime | None = None,
    heard: bool = True,
) -> None:
    known = known or end_of(asof)
    written = known + timedelta(hours=2) if heard else datetime(2026, 11, 1, tzinfo=UTC)
    with psycopg.connect(desk.urls.superuser) as connection:
        asked = {"card": card, "horizon": horizon, "asof": end_of(asof), "action": action}
        connection.execute(SIGNAL, asked | {"reasons": reasons, "known": known, "written": written})


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """Two cards that are sold in turn, every day one of them, at a rising price."""
    seed_cards(desk.urls, ("card-0", "card-1", "silent"))
    bars = [
        Bar(card, "raw", after(days), 1000 + 10 * days)
        for card, first in (("card-0", -20), ("card-1", -19))
        for days in range(first, 121, 2)
    ]
    write_bars(desk.urls, bars)
    return desk


STORED = (
    "select c.card_id, v.after_days, v.known_at, v.outcome, v.entry_cents, v.exit_cents,"
    " v.net_return, v.came_true from signals.scores v join signals.claims c using (signal_id)"
    " order by c.card_id, v.after_days, v.known_at"
)


def outcomes(desk: Desk) -> list[tuple[Any, ...]]:
    names = ("card_id", "after_days", "outcome", "exit_cents")
    return [tuple(row[name] for name in names) for row in desk.rows(STORED)]


def test_a_signal_is_scored_when_its_days_are_over_and_not_before(shop: Desk) -> None:
    say(shop, "card-0", "BUY")
    for day, expected in (
        (after(6), []),
        (after(7), [("card-0", 7, "scored", 1060)]),
        (after(29), [("card-0", 7, "scored", 1060)]),
        (after(30), [("card-0", 7, "scored", 1060), ("card-0", 30, "scored", 1300)]),
    ):
        score_signals(shop.workshop, day)
        assert outcomes(shop) == expected
    known = [row["known_at"] for row in shop.rows(STORED)]
    assert known == [end_of(after(7)), end_of(after(30))]


def test_the_same_run_again_adds_nothing_and_a_late_run_says_what_a_punctual_one_said(
    shop: Desk,
) -> None:
    say(shop, "card-0", "BUY", horizon=90)
    first = score_signals(shop.workshop, after(100))
    assert (first["scored"], first["said_anew"]) == (3, 0)
    stored = shop.rows(STORED)
    assert [row["known_at"] for row in stored] == [end_of(after(days)) for days in (7, 30, 90)]
    again = score_signals(shop.workshop, after(100))
    assert (again["scored"], again["said_anew"]) == (0, 0)
    assert shop.rows(STORED) == stored


def revoke(desk: Desk, card: str, day: date, *, known: datetime) -> None:
    """The day's sale is taken back: its bar was believed until then."""
    with psycopg.connect(desk.urls.superuser) as connection:
        gone = connection.execute(
            "with gone as (delete from market.prices_daily where card_id = %s and day = %s"
            " returning *)"
            " insert into market.prices_daily_history (card_id, grade_code, day, kind, known_at,"
            " superseded_at, open_cents, high_cents, low_cents, close_cents, volume, reason)"
            " select card_id, grade_code, day, kind, known_at, %s, open_cents, high_cents,"
            " low_cents, close_cents, volume, 'revoked' from gone",
            (card, day, known),
        )
        assert gone.rowcount == 1


def test_a_sale_revoked_later_gives_a_version_known_later_and_the_first_stands(shop: Desk) -> None:
    say(shop, "card-0", "BUY")
    say(shop, "card-1", "BUY")
    score_signals(shop.workshop, after(30))
    before = shop.rows(STORED)
    revoke(shop, "card-0", after(30), known=end_of(after(33)))
    assert score_signals(shop.workshop, after(32))["said_anew"] == 0, "not known yet"
    assert score_signals(shop.workshop, after(33))["said_anew"] == 1
    rows = shop.rows(STORED)
    assert [row for row in rows if row in before] == before
    (new,) = [row for row in rows if row not in before]
    assert (new["card_id"], new["after_days"], new["exit_cents"]) == ("card-0", 30, 1280)
    assert new["known_at"] == end_of(after(33))
    assert score_signals(shop.workshop, after(34))["said_anew"] == 0


def test_a_run_that_is_late_tells_the_revocation_apart_from_what_was_known_when_due(
    shop: Desk,
) -> None:
    """Nobody may read on day 31 what was learned on day 33, whenever the job ran."""
    say(shop, "card-0", "BUY")
    revoke(shop, "card-0", after(30), known=end_of(after(33)))
    found = score_signals(shop.workshop, after(40))
    assert (found["scored"], found["said_anew"]) == (2, 1)
    of_30 = [row for row in shop.rows(STORED) if row["after_days"] == 30]
    assert [(row["exit_cents"], row["known_at"]) for row in of_30] == [
        (1300, end_of(after(30))),
        (1280, end_of(after(40))),
    ]


def test_a_late_sale_turns_not_known_into_a_score(shop: Desk) -> None:
    say(shop, "silent", "SELL")
    assert score_signals(shop.workshop, after(30))["no_entry"] == 2
    late = [Bar("silent", "raw", after(day), 1000, known_at=end_of(after(35))) for day in (3, 25)]
    write_bars(shop.urls, late)
    assert score_signals(shop.workshop, after(35))["said_anew"] == 2
    of_30 = [row for row in shop.rows(STORED) if row["after_days"] == 30]
    assert [row["outcome"] for row in of_30] == ["no_entry", "scored"]
    of_7 = [row["outcome"] for row in shop.rows(STORED) if row["after_days"] == 7]
    assert of_7 == ["no_entry", "no_exit"]


def test_a_horizon_nobody_fetched_the_sales_of_waits(desk: Desk) -> None:
    seed_cards(desk.urls, ("card-0", "card-1"))
    write_bars(desk.urls, [Bar("card-0", "raw", after(-days), 1000) for days in range(20)])
    say(desk, "card-0", "BUY")
    found = score_signals(desk.workshop, after(30))
    assert (found["waiting"], outcomes(desk)) == (2, [])
    # Fetched later, with the times at which they were reported: known when they are told.
    bars = [
        Bar("card-1", "raw", after(days), 1000, known_at=end_of(after(50))) for days in range(1, 31)
    ]
    write_bars(desk.urls, bars)
    assert score_signals(desk.workshop, after(49))["waiting"] == 2
    assert score_signals(desk.workshop, after(50))["no_entry"] == 2
    assert {row["known_at"] for row in desk.rows(STORED)} == {end_of(after(50))}


def test_withdrawn_illiquid_and_disbelieved_signals_claim_nothing(shop: Desk) -> None:
    for horizon, code in ((7, "no_prices"), (30, "illiquid"), (90, "divergence")):
        say(shop, "card-0", "HOLD", horizon=horizon, reasons=f'[{{"code": "{code}"}}]')
    found = score_signals(shop.workshop, after(100))
    assert (found["abstained"], found["scored"]) == (1 + 2 + 3, 0)


def test_what_was_filled_in_later_counts_as_replayed(shop: Desk) -> None:
    say(shop, "card-0", "BUY", heard=True)
    say(shop, "card-1", "BUY", heard=False)
    assert shop.rows("select card_id, replayed from signals.claims order by card_id") == [
        {"card_id": "card-0", "replayed": False},
        {"card_id": "card-1", "replayed": True},
    ]


def test_a_word_said_later_is_bought_after_it_was_said(shop: Desk) -> None:
    say(shop, "card-0", "HOLD")
    say(shop, "card-0", "BUY", known=end_of(after(4)) + timedelta(hours=3))
    score_signals(shop.workshop, after(30))
    entries = shop.rows(
        "select c.action, v.entry_day from signals.scores v join signals.claims c using (signal_id)"
        " where v.after_days = 30 order by c.action"
    )
    assert entries == [
        {"action": "BUY", "entry_day": after(6)},  # said during day 5
        {"action": "HOLD", "entry_day": after(2)},
    ]
