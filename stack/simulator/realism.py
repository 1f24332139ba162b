"""Measures a market's sales the same way whoever made them: gaps, returns, bounce, tail, premia.

Frames have one row a sale: `card`, `grade`, `day` (days since 1970-01-01) and `price` (dollars).
A series is one card in one grade. Every series counts once where a figure is of series, so that
one busy card does not speak for all. Pure.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from stack.simulator.universe import Floats

SERIES = ("card", "grade")
MIN_SALES = 5  # of a series whose mean gap or median price is taken
MIN_PAIRS = 10  # of successive returns of a series whose autocorrelation is taken
TAIL_SHARE = 0.05  # of the largest returns that the tail index is taken from
# Further apart than a week two daily averages tell of the value more than of the print.
LONGEST_DAILY_GAP = 7

Figures = Mapping[str, float]


def graded_figures(sales: pl.DataFrame) -> Figures:
    """Of single sales of slabs: gaps in days between sales, log returns from sale to sale."""
    steps = _steps(sales)
    gaps = _mean_gaps(steps)
    premium = _premium(sales, of="psa9", over="psa8")
    return {
        **_quantiles("graded_gap", gaps, (25, 50, 75)),
        **_returns("graded", steps),
        "premium_psa9_over_psa8": premium,
    }


def daily_figures(sales: pl.DataFrame) -> Figures:
    """Of daily averages of raw cards: gaps between days with sales, log returns day to day."""
    days = sales.group_by("card", "grade", "day").agg(pl.mean("price"))
    steps = _steps(days)
    near = steps.with_columns(
        log_return=pl.when(pl.col("gap") <= LONGEST_DAILY_GAP).then("log_return")
    )
    gaps = _mean_gaps(steps)
    return {**_quantiles("raw_gap", gaps, (50,)), **_returns("raw", near)}


def premium_figures(prices: pl.DataFrame) -> Figures:
    """What a slab is worth over the raw copy: median over cards of the log of median prices."""
    return {
        "premium_psa9_over_raw": _premium(prices, of="psa9", over="raw"),
        "premium_psa10_over_raw": _premium(prices, of="psa10", over="raw"),
    }


def _steps(sales: pl.DataFrame) -> pl.DataFrame:
    """Every sale after the first of its series, with its gap and log return since the one before.

    Sales of one day stand in the order given.
    """
    before = sales.sort(*SERIES, "day", maintain_order=True).with_columns(
        log_price=pl.col("price").log()
    )
    return before.with_columns(
        gap=pl.col("day").diff().over(SERIES), log_return=pl.col("log_price").diff().over(SERIES)
    ).drop_nulls("gap")


def _mean_gaps(steps: pl.DataFrame) -> Floats:
    series = steps.group_by(SERIES).agg(pl.len(), pl.mean("gap"))
    gaps: Floats = series.filter(pl.col("len") >= MIN_SALES - 1).get_column("gap").to_numpy()
    return gaps


def _returns(name: str, steps: pl.DataFrame) -> Figures:
    sizes = steps.get_column("log_return").drop_nulls().abs().to_numpy()
    return {
        **_quantiles(f"{name}_return", sizes, (50, 75, 90, 95)),
        f"{name}_autocorrelation": _autocorrelation(steps),
        f"{name}_tail_index": _tail_index(sizes),
    }


def _quantiles(name: str, values: Floats, percents: tuple[int, ...]) -> Figures:
    return {f"{name}_q{percent}": float(np.quantile(values, percent / 100)) for percent in percents}


def _autocorrelation(steps: pl.DataFrame) -> float:
    """Mean over series of the correlation of one return with the next."""
    pairs = steps.with_columns(following=pl.col("log_return").shift(-1).over(SERIES)).drop_nulls(
        ["log_return", "following"]
    )
    each = pairs.group_by(SERIES).agg(pl.len(), found=pl.corr("log_return", "following"))
    found = each.filter(pl.col("len") >= MIN_PAIRS).get_column("found")
    return float(np.nanmean(found.to_numpy()))


def _tail_index(sizes: Floats) -> float:
    """Hill's estimator over the largest TAIL_SHARE: the smaller, the fatter the tail."""
    ordered = np.sort(sizes)[::-1]
    tail = int(len(ordered) * TAIL_SHARE)
    return float(1 / np.mean(np.log(ordered[:tail] / ordered[tail])))


def _premium(prices: pl.DataFrame, *, of: str, over: str) -> float:
    medians = prices.group_by(SERIES).agg(pl.len(), pl.median("price"))
    known = medians.filter(pl.col("len") >= MIN_SALES)
    dear, cheap = (known.filter(pl.col("grade") == grade) for grade in (of, over))
    both = dear.join(cheap, on="card", suffix="_cheap")
    return float(np.median(np.log(both["price"].to_numpy() / both["price_cheap"].to_numpy())))
