"""Places bars in the days they became known, and chooses one series for each instrument.

Nothing here looks past the day it decides for (decision 0030).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from backtest_engine.arrays import Floats
from backtest_engine.market import Market
from kernel.days import end_of
from kernel.series import KINDS, WINDOW_DAYS, series_in_use

KEY = ["card_id", "grade_code"]
EPOCH = date(1970, 1, 1)
PRICES = {"open": "open_cents", "high": "high_cents", "low": "low_cents", "close": "close_cents"}


@dataclass(frozen=True)
class Span:
    """The days of a market: `first` is looked back to, decisions begin on `decided`."""

    first: date
    decided: date
    last: date

    @property
    def days(self) -> int:
        """How many columns."""
        return (self.last - self.first).days + 1


def market_of(versions: pl.DataFrame, sets: Mapping[str, str], span: Span) -> Market:
    """The market in dollars, instruments in the order of card and grade."""
    known = with_known_day(versions).filter(pl.col("known_day") <= span.last)
    bars = prints(of_one_series(known, span.decided))
    instruments = bars.select(KEY).unique().sort(KEY)
    numbered = bars.join(instruments.with_row_index("row"), on=KEY)
    row = numbered["row"].to_numpy()
    column = (numbered["known_day"] - span.first).dt.total_days().to_numpy()
    kept = column >= 0
    shape = (len(instruments), span.days)

    def placed(values: pl.Series, blank: float) -> Floats:
        found = np.full(shape, blank)
        found[row[kept], column[kept]] = values.to_numpy()[kept]
        return found

    prices: dict[str, Any] = {
        name: placed(numbered[cents] / 100, np.nan) for name, cents in PRICES.items()
    }
    quotes = numbered.group_by("row").agg(pl.col("kind").first() == "quote").sort("row")
    cards = instruments["card_id"].to_list()
    return Market(
        first_day=(span.first - EPOCH).days,
        **prices,
        volume=placed(numbered["volume"], 0.0),
        happened=placed((numbered["day"] - EPOCH).dt.total_days(), 0).astype(np.int64),
        quotes=quotes["kind"].to_numpy().astype(bool),
        cards=tuple(cards),
        sets=tuple(sets.get(card, "") for card in cards),
        grades=tuple(instruments["grade_code"].to_list()),
    )


def with_known_day(versions: pl.DataFrame) -> pl.DataFrame:
    """Adds the day at whose end each version was known first."""
    # Known at midnight is known when the day before ends.
    known = (pl.col("known_at") - timedelta(microseconds=1)).dt.date()
    return versions.with_columns(known_day=pl.max_horizontal(known, "day"))


def of_one_series(versions: pl.DataFrame, decided: date) -> pl.DataFrame:
    """The bars of the series that was in use when the first decision was made.

    An instrument without a bar in the year before keeps to the kind it became known by after.
    """
    before = end_of(decided)
    since = decided - timedelta(days=WINDOW_DAYS)
    stood = (pl.col("known_at") <= before) & (
        pl.col("superseded_at").is_null() | (pl.col("superseded_at") > before)
    )
    recent = versions.filter(stood & (pl.col("day") > since))
    counts = recent.group_by([*KEY, "kind"]).agg(bars=pl.len())
    chosen = {
        (card, grade): series_in_use(dict(zip(kinds, bars, strict=True)))
        for card, grade, kinds, bars in counts.group_by(KEY).agg("kind", "bars").iter_rows()
    }
    place = pl.col("kind").replace_strict({kind: n for n, kind in enumerate(KINDS)})
    after = versions.filter(pl.col("known_at") > before).sort([*KEY, "known_day", place])
    for card, grade, kind in after.unique(KEY, keep="first").select(*KEY, "kind").iter_rows():
        chosen.setdefault((card, grade), kind)
    use = pl.DataFrame(
        [(*instrument, kind) for instrument, kind in chosen.items()],
        schema={"card_id": pl.String, "grade_code": pl.String, "kind": pl.String},
        orient="row",
    )
    return versions.join(use, on=[*KEY, "kind"])


def prints(bars: pl.DataFrame) -> pl.DataFrame:
    """At most one bar a day of knowledge: of the newest event day, as it was told last.

    A bar of before what was known already says nothing of today's price and is left out. A new
    version of the newest bar changes the price; it is no sale, so its volume is 0.
    """
    told = bars.sort([*KEY, "known_day", "day", "known_at"]).unique(
        [*KEY, "known_day"], keep="last", maintain_order=True
    )
    newest = pl.col("day").cum_max().shift(1).over(KEY)
    kept = told.filter(newest.is_null() | (pl.col("day") >= newest))
    again = (pl.col("day") == pl.col("day").shift(1).over(KEY)).fill_null(False)
    return kept.with_columns(volume=pl.when(again).then(0).otherwise("volume"))
