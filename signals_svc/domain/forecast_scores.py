"""How good quantile forecasts were: pinball loss, coverage, rank IC, and how sure that is."""

import numpy as np

from signals_svc.domain.arrays import Flags, Floats
from signals_svc.domain.decisions import Correlations, Decisions, Interval
from signals_svc.domain.forecast_model import QUANTILES

FEWEST_A_DAY = 10  # instruments, below which a day's ranks say nothing


def pinball(quantiles: Floats, outcomes: Floats) -> Floats:
    """Mean over the quantiles [n, 3] of each row's pinball loss, in log return."""
    error = outcomes[:, None] - quantiles
    share = np.array(QUANTILES)
    return np.asarray(np.maximum(share * error, (share - 1.0) * error).mean(axis=1))


def coverage(quantiles: Floats, outcomes: Floats) -> float:
    """Share of outcomes within the outer quantiles."""
    return float(((outcomes >= quantiles[:, 0]) & (outcomes <= quantiles[:, 2])).mean())


def skill(at: Decisions, loss: Floats, reference: Floats) -> Interval:
    """1 - loss / reference, of all rows; an interval above 0 is better than luck."""
    return at.ratio(reference - loss, reference)


def mean_of(at: Decisions, values: Floats) -> Interval:
    """Mean of all rows."""
    return at.ratio(values, np.ones(len(values)))


def rank_ic(at: Decisions, forecast: Floats, outcomes: Floats) -> Interval:
    """Mean over the days of Spearman's correlation across the instruments of a day.

    Where cards are drawn they keep the ranks they have among all of the day.
    """
    ranks = np.zeros((2, len(at.days)))
    each, told = [], []
    for day in np.unique(at.days):
        rows = np.flatnonzero(at.days == day)
        one, two = forecast[rows], outcomes[rows]
        ranks[:, rows] = _ranks(one), _ranks(two)
        varies = np.ptp(one) > 0 and np.ptp(two) > 0
        if len(rows) < FEWEST_A_DAY:
            each.append(np.nan)
            continue
        told.append(rows)
        each.append(float(np.corrcoef(*ranks[:, rows])[0, 1]) if varies else 0.0)
    return at.mean_of_days(np.array(each), Correlations(ranks[0], ranks[1], tuple(told)))


def bought_ic(
    at: Decisions, forecast: Floats, outcomes: Floats, entries: Floats
) -> Interval | None:
    """Rank IC against what a buyer at the next sale earns; None where that was no sale before the
    outcome, or of too few instruments a day.

    `entries` are log returns to the next sale. A print that lies off its level comes back with it:
    that is in `outcomes`, and nobody earns it.
    """
    rows = before_the_outcome(outcomes, entries)
    _, counts = np.unique(at.days[rows], return_counts=True)
    if not rows.any() or counts.max() < FEWEST_A_DAY:
        return None
    return rank_ic(at.of(rows), forecast[rows], (outcomes - entries)[rows])


def before_the_outcome(outcomes: Floats, entries: Floats) -> Flags:
    """Rows whose next sale was another than the one the outcome is read from."""
    return np.asarray(np.isfinite(entries) & np.isfinite(outcomes) & (entries != outcomes))


def _ranks(values: Floats) -> Floats:
    """Ties share their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2.0)[place.reshape(-1)])
