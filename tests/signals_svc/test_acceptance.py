"""What a classifier needs, and the book its BUYs are judged by."""

from dataclasses import replace

import numpy as np
import pytest

from signals_svc.adapters.policy_file import classifier_policy
from signals_svc.domain.acceptance import FoldScore, Verdict, judge_classifier
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.costs import Costs
from signals_svc.domain.decisions import Interval
from signals_svc.domain.reliability import error_of
from signals_svc.domain.signal_book import Book, Books, Offered, books_of

POLICY = classifier_policy()
GOOD = tuple(FoldScore(100, 0.9, 1.0) for _ in range(4))
RANKS = Interval(0.1, 0.02, 0.2)
BOOKS = Books(Book(1.0, 0.1, 0.5), Book(0.5, 0.2, 0.3), trades=40, weeks=30)
FREE = Costs(buy=0.0, sell=0.0, slippage=0.0)


def judged(
    folds: tuple[FoldScore, ...] = GOOD,
    ranks: Interval | None = RANKS,
    books: Books | None = BOOKS,
    error: float = 0.03,
) -> Verdict:
    return judge_classifier(folds, ranks, books, error, POLICY)


def failed(verdict: Verdict) -> set[str]:
    return {one.name for one in verdict.conditions if not one.holds}


def test_who_holds_every_condition_is_accepted_and_says_each_with_its_number() -> None:
    verdict = judged()
    assert verdict.accepted
    assert verdict.words.count(": passed") == 5
    assert "Sharpe of 40 BUYs after fees 1.00, of holding every card 0.50" in verdict.words


@pytest.mark.parametrize(
    ("verdict", "named"),
    [
        (judged(folds=(*GOOD[:1], *(FoldScore(100, 1.1, 1.0),) * 3)), {"log-loss"}),
        (judged(ranks=replace(RANKS, low=-0.01)), {"rank IC"}),
        (judged(ranks=None), {"rank IC"}),
        (judged(books=replace(BOOKS, signals=Book(0.4, 0.1, 0.5))), {"Sharpe"}),
        (judged(books=replace(BOOKS, signals=Book(1.0, 0.21, 0.5))), {"drawdown"}),
        (judged(books=replace(BOOKS, trades=0)), {"Sharpe", "drawdown"}),
        (judged(books=None), {"Sharpe", "drawdown"}),
        (judged(error=0.05), {"reliability"}),
    ],
)
def test_each_condition_rejects_by_itself(verdict: Verdict, named: set[str]) -> None:
    assert failed(verdict) == named
    assert not verdict.accepted


WEEKS = np.repeat(np.arange(0, 52 * 7, 7), 4)
STEPS = 13  # weeks of a horizon


def offered(rises: Floats | float, *, days: Ints = WEEKS) -> Offered:
    """Bought within the first week, at the price of the day; the whole move comes with the last."""
    marks = np.zeros((len(days), STEPS))
    marks[:, -1] = rises
    return Offered(days, np.zeros(len(days)), marks, 7)


def books(given: Offered, buys: Flags, costs: Costs = FREE) -> Books:
    found = books_of(given, buys, costs)
    assert found is not None
    return found


def test_buys_that_rise_beat_holding_and_pay_their_fees() -> None:
    buys = np.arange(len(WEEKS)) % 4 == 0
    rng = np.random.default_rng(1)
    market = offered(np.where(buys, 0.3, 0.0) + 0.01 * rng.standard_normal(len(WEEKS)))
    free, paid = books(market, buys), books(market, buys, Costs())
    assert free.signals.growth > free.held.growth > 0
    assert paid.signals.growth < free.signals.growth
    grown = (1 + free.held.growth) / Costs().paid * Costs().kept
    assert 1 + paid.held.growth == pytest.approx(grown), "who holds pays once, not each quarter"
    assert (free.trades, free.weeks) == (52, 52)


def test_one_trade_pays_the_fees_of_both_sides() -> None:
    """In one of thirteen parts, since there are thirteen weeks in a row that buy."""
    days = np.arange(0, 13 * 7, 7)
    only = days == 0
    found = books(offered(0.0, days=days), only, Costs())
    assert found.signals.growth == pytest.approx((np.exp(-Costs().break_even) - 1) / 13)


def test_a_part_of_the_book_is_used_again_only_when_its_horizon_is_over() -> None:
    """A single week that doubles is a thirteenth of the book."""
    found = books(offered(np.where(WEEKS == 70, np.log(2.0), 0.0)), np.ones(len(WEEKS), np.bool_))
    assert found.signals.growth == pytest.approx(1 / 13)
    assert found.signals.drawdown == 0.0


def test_a_fall_before_the_horizon_counts_though_the_price_comes_back() -> None:
    market = offered(0.0)
    market.marks[:, 5] = np.where(WEEKS == 70, np.log(0.5), 0.0)
    found = books(market, np.ones(len(WEEKS), np.bool_))
    assert found.held.growth == pytest.approx(0.0)
    assert found.held.drawdown == pytest.approx(0.5 / 13)


def test_what_is_not_bought_yet_stays_in_cash() -> None:
    """The price halves before the next sale: nobody had it then."""
    market = offered(0.0)
    late = Offered(WEEKS, np.full(len(WEEKS), np.log(0.5)), market.marks.copy(), 7)
    late.marks[:, :3] = np.nan
    late.marks[:, 3:] = np.log(0.5)
    found = books(late, np.ones(len(WEEKS), np.bool_))
    assert found.held.growth == pytest.approx(0.0)
    assert found.held.drawdown == 0.0


def test_weeks_without_a_buy_stay_in_cash_and_a_fall_is_measured_from_its_high() -> None:
    none = books(offered(-0.1), np.zeros(len(WEEKS), np.bool_))
    assert none.signals == Book(0.0, 0.0, 0.0)
    assert none.held.drawdown == pytest.approx(-none.held.growth)
    assert books_of(offered(0.0, days=WEEKS[:4]), WEEKS[:4] == 0, FREE) is None


def test_the_book_of_a_market_that_moves_as_one_has_the_ratio_of_its_weeks() -> None:
    """Every week the whole market moves by one number; a book that is full moves by it too."""
    rng = np.random.default_rng(2)
    moves = 0.01 + 0.02 * rng.standard_normal(400 + STEPS)
    level = np.concatenate([[0.0], np.cumsum(np.log1p(moves))])
    weeks = np.arange(400)
    marks = np.stack([level[week + 1 : week + 1 + STEPS] - level[week] for week in weeks])
    found = books(Offered(weeks * 7, np.zeros(400), marks, 7), np.ones(400, np.bool_))
    told = moves.mean() / moves.std() * np.sqrt(365.25 / 7)
    assert found.held.sharpe == pytest.approx(told, rel=0.1)


def test_the_reliability_error_weighs_bins_by_their_rows() -> None:
    curve = [
        {"rows": 300, "conviction": 0.5, "came_true": 0.6},
        {"rows": 100, "conviction": 0.9, "came_true": 0.5},
    ]
    assert error_of(curve) == pytest.approx(0.175)
