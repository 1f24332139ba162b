"""What a model card tells of forecasts beyond the gate: calibration, tiers, what a buyer gets."""

from dataclasses import asdict
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.costs import Costs
from signals_svc.domain.decisions import Decisions
from signals_svc.domain.forecast_scores import before_the_outcome, bought_ic, coverage, pinball
from signals_svc.domain.labels import NEXT_SALE_DAYS
from signals_svc.domain.tiers import by_tier

TOP_SHARE = 0.1  # of a day's instruments, by the middle of their forecasts
FEWEST = 100  # rows, below which a tier says little


def detail_of(
    at: Decisions,
    quantiles: Floats,
    outcomes: Floats,
    reference: Floats,
    *,
    sold: Ints,
    entries: Floats,
    costs: Costs,
) -> dict[str, Any]:
    """Of rows whose outcome is known; `reference` are the best other forecast's quantiles [n, 3].

    - `below`: shares of outcomes below each quantile, which should be 0.1, 0.5 and 0.9.
    - `tiers`: the same questions by how often a card sells.
    - `bought`: what a buyer at the next sale gets.
    """
    return {
        "below": [float((outcomes <= quantiles[:, place]).mean()) for place in range(3)],
        "tiers": [
            {"tier": name, **_tier(quantiles[rows], outcomes[rows], reference[rows])}
            for name, rows in by_tier(sold).items()
            if rows.sum() >= FEWEST
        ],
        "bought": _bought(at, quantiles[:, 1], outcomes, entries, costs),
    }


def _tier(quantiles: Floats, outcomes: Floats, reference: Floats) -> dict[str, Any]:
    ours, theirs = pinball(quantiles, outcomes).mean(), pinball(reference, outcomes).mean()
    return {
        "rows": len(outcomes),
        "coverage": coverage(quantiles, outcomes),
        "skill": float(1.0 - ours / theirs) if theirs else 0.0,
    }


def _bought(
    at: Decisions, middle: Floats, outcomes: Floats, entries: Floats, costs: Costs
) -> dict[str, Any] | None:
    """None where no next sale came before the outcome."""
    ranks = bought_ic(at, middle, outcomes, entries)
    if ranks is None:
        return None
    rows = before_the_outcome(outcomes, entries)
    top = _top(at.days[rows], middle[rows])
    net = np.exp((outcomes - entries)[rows] - costs.break_even) - 1.0
    return {
        "rows": int(rows.sum()),
        "within_days": NEXT_SALE_DAYS,
        "rank_ic": asdict(ranks),
        "top_share": TOP_SHARE,
        "top_net": float(net[top].mean()),
        "all_net": float(net.mean()),
    }


def _top(days: Ints, middle: Floats) -> Flags:
    """The rows that a day's forecasts put first."""
    top = np.zeros(len(days), np.bool_)
    for day in np.unique(days):
        rows = np.flatnonzero(days == day)
        first = rows[np.argsort(-middle[rows], kind="stable")][: max(1, int(len(rows) * TOP_SHARE))]
        top[first] = True
    return top
