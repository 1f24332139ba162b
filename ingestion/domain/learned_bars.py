"""Bars of days of which something was learned later: every version, laid over the plain sales."""

import numpy as np
import polars as pl

from ingestion.domain.bar_pass import DAY_US
from ingestion.domain.learned_pass import FOREVER, Base, Spans, Versions, tell_groups
from ingestion.domain.plain_bars import FIGURES, Days, as_versions
from ingestion.domain.versions import BAR_VERSIONS
from kernel.series import KINDS


def learned_bars(spans: pl.DataFrame, days: Days) -> pl.DataFrame:
    """All versions of the bars of the spans' days, as BAR_VERSIONS; takes these days out of `days`.

    `spans` as `kept_spans` gives them, with `group`.
    """
    rows = _effective(spans)
    if rows.is_empty():
        return pl.DataFrame(schema=BAR_VERSIONS)
    group = rows.get_column("group").to_numpy()
    bounds = np.append(np.flatnonzero(np.diff(group, prepend=-1)), group.size)
    group = group[bounds[:-1]]
    bucket = np.where((group % len(KINDS) == 0) & (days.told.size > 0), group // len(KINDS), -1)
    base = Base(bucket, days.first_day, days.days, days.told, days.place, days.ts, days.key)
    # A bar may be another one whenever a span begins or ends, and when its day is over.
    most = 2 * rows.height + group.size
    whose, known, until = (np.empty(most, np.int64) for _ in range(3))
    out = Versions(whose, known, until, np.empty((len(FIGURES), most), np.int64))
    columns = (rows.get_column(name).to_numpy() for name in Spans._fields)
    count = tell_groups(bounds, Spans._make(columns), base, out)
    ended = pl.Series(until[:count])
    return as_versions(
        days,
        group[whose[:count]],
        pl.Series(known[:count]),
        ended.set(ended == FOREVER, None),
        out.figures[:, :count],
    )


def _effective(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans by group on the bars' clock: nothing of a sale's day counts before the day is over."""
    over = (pl.col("ts") // DAY_US + 1) * DAY_US
    earliest = pl.when(pl.col("trade")).then(over).otherwise(pl.col("since"))
    return (
        spans.select(
            "group",
            "key",
            "units",
            pl.col("ts", "since").to_physical(),
            pl.col("to").to_physical().fill_null(FOREVER),
            price="price_cents",
            # A source's own figure opens and closes at its average.
            high=pl.coalesce("high_cents", "price_cents"),
            low=pl.coalesce("low_cents", "price_cents"),
            trade=pl.col("kind") == "trade",
        )
        .with_columns(pl.max_horizontal(name, earliest) for name in ("since", "to"))
        .filter(pl.col("since") < pl.col("to"))
        .sort("group")
    )
