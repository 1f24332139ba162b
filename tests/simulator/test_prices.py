"""The invented prices behave as promised: levels, noise, clusters, what can be learnt."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from stack.simulator import release
from stack.simulator.history import History
from stack.simulator.prints import DAY_S, Sales
from stack.simulator.process import first_state, step
from stack.simulator.universe import EPOCH, GRADES, Floats, Universe, load_universe

DAYS = 730
BUY_LINE = 0.154  # log return over 90 days: costs earned back


def instrument(sales: Sales) -> NDArray[np.int64]:
    return sales.card.astype(np.int64) * len(GRADES) + sales.grade


def daily_closes(sales: Sales) -> Floats:
    """Log closes by instrument and day, without outliers, carried forward over days without."""
    closes = np.full((240, DAYS), np.nan)
    kept = ~sales.outlier
    day = (sales.second - sales.second[0] // DAY_S * DAY_S) // DAY_S
    # Sales are in time order: the last assignment of a day is its close.
    closes[instrument(sales)[kept], day[kept]] = np.log(sales.cents[kept] / 100)
    for yesterday, today in pairwise(closes.T):
        today[:] = np.where(np.isnan(today), yesterday, today)
    return closes


@pytest.fixture(scope="module")
def closes(two_years: History) -> Floats:
    return daily_closes(two_years.sales)


def test_median_prices_rise_with_the_grade_and_stay_near_the_level(
    universe: Universe, closes: Floats
) -> None:
    medians = np.nanmedian(closes, axis=1).reshape(60, len(GRADES))
    assert (np.diff(medians, axis=1) > 0).all()
    assert np.abs(medians - universe.log_level).max() < np.log(2)


def test_no_value_runs_away(universe: Universe, two_years: History) -> None:
    away = two_years.values - universe.log_level[:, 0]
    assert np.abs(away).max() < np.log(4)
    assert away.std() > 0.15


def test_gross_outliers_are_rare_but_there(two_years: History) -> None:
    share = two_years.sales.outlier.mean()
    assert 0.001 < share < 0.005


def test_prints_bounce_between_bid_and_ask(two_years: History) -> None:
    sales = two_years.sales
    lag_one = []
    for one in range(240):
        prints = np.log(sales.cents[(instrument(sales) == one) & ~sales.outlier])
        steps = np.diff(prints)
        lag_one.append(np.corrcoef(steps[1:], steps[:-1])[0, 1])
    assert -0.5 < np.mean(lag_one) < -0.2


def test_cards_of_a_set_move_together_more_than_others(universe: Universe, closes: Floats) -> None:
    raw = closes[:: len(GRADES), 30:]
    months: Floats = np.median(raw.reshape(60, -1, 28), axis=2)
    together: Floats = np.atleast_2d(np.corrcoef(np.diff(months, axis=1)))
    same_set = universe.set_index[:, None] == universe.set_index
    others = together[~same_set].mean()
    mates = together[same_set & ~np.eye(60, dtype=bool)].mean()
    assert mates > 0.08
    assert mates > others + 0.05


def test_calm_and_stormy_days_cluster(universe: Universe) -> None:
    rng = np.random.default_rng(1)
    state, bases = first_state(universe, rng), []
    for _ in range(DAYS):
        state = step(state, universe, rng)
        bases.append(state.base)
    sizes = np.abs(np.diff(bases, axis=0))
    around = sizes - sizes.mean(axis=0)
    next_day = (around[1:] * around[:-1]).mean(axis=0) / around.var(axis=0)
    assert next_day.mean() > 0.05


def test_half_of_all_quarters_pass_the_buy_or_sell_line(two_years: History) -> None:
    quarter = two_years.values[120:] - two_years.values[30:-90]
    assert 0.40 < (np.abs(quarter) > BUY_LINE).mean() < 0.80


def test_past_prices_forecast_the_next_quarter_out_of_sample(
    closes: Floats, two_years: History
) -> None:
    """A plain regression on two price features, fitted on the first year, ranks the second.

    Smooth prices against the hidden value: what comes of it is fashion, no bounce of prints.
    """

    def month(end: int) -> Floats:
        level: Floats = np.nanmedian(closes[:, end - 28 : end], axis=1)
        return level

    def features(day: int) -> Floats:
        now = month(day)
        high = np.nanmax([month(end) for end in range(day - 140, day + 1, 28)], axis=0)
        return np.column_stack([np.ones(240), now - month(day - 28), now - high])

    def outcome(day: int) -> Floats:
        quarter = two_years.values[day + 89] - two_years.values[day - 1]
        return np.repeat(quarter, len(GRADES))

    first_year, second_year = range(230, 365, 5), range(460, 640, 5)
    seen = np.vstack([features(day) for day in first_year])
    weights, *_ = np.linalg.lstsq(seen, np.concatenate([outcome(d) for d in first_year]))
    skill = [np.corrcoef(features(d) @ weights, outcome(d))[0, 1] for d in second_year]
    assert np.mean(skill) > 0.2


def test_a_new_set_sells_nothing_before_its_release_and_then_less_and_cheaper() -> None:
    universe = load_universe()
    day = (date(2025, 1, 17) - EPOCH).days
    new = [at for at, one in enumerate(universe.products) if one.set_id == "sv8pt5"]
    assert new
    assert (release.busier(universe, day - 1)[new] == 0).all()
    assert (release.busier(universe, day + 29)[new, 1:] == 0).all()
    first, later = (release.busier(universe, day + since)[new, 0] for since in (0, 90))
    assert (first > 2 * later).all()
    assert (release.dearer(universe, day)[new] > 3 * release.dearer(universe, day + 90)[new]).all()


def test_liquidity_goes_from_several_a_day_to_twice_a_year() -> None:
    rate = load_universe().rate
    assert rate.shape == (400, len(GRADES))
    assert rate.max() > 4
    assert 1.9 < rate.min() * 365 < 2.1


def test_winter_and_weekends_are_busy(two_years: History) -> None:
    second = two_years.sales.second
    day = second // DAY_S
    month = (second.astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12) + 1
    assert np.isin(month, (11, 12, 1)).sum() > 1.15 * np.isin(month, (5, 6, 7)).sum()
    weekend = np.isin((day + 4) % 7, (0, 6)).mean()
    assert 2 / 7 * 1.05 < weekend < 0.4
