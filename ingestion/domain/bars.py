"""Daily bars from prices, as a function of knowledge: every version a bar ever had."""

import polars as pl

from ingestion.domain.kept_spans import kept_spans
from ingestion.domain.versions import BAR_VERSIONS


def bar_versions(versions: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """All versions of the bars of the prices' days, as BAR_VERSIONS.

    `versions` as VERSIONS; `verdicts` as VERDICTS in the order of knowledge. A bar is known from
    the moment its last change was known, at the earliest when its day is over (a quote or a
    source's own bar: when it is known); `superseded_at` is the next moment at which the bar was
    another one or none.
    """
    # The compiler takes half a second to load, and few jobs come here.
    from ingestion.domain.learned_bars import learned_bars
    from ingestion.domain.plain_bars import gathered, grouped, harvested, plain_rows
    from ingestion.domain.timed_bars import timed_bars

    if versions.is_empty():
        return pl.DataFrame(schema=BAR_VERSIONS)
    if (bars := timed_bars(versions, verdicts)) is not None:
        return bars
    plain = plain_rows(versions, verdicts)
    days = gathered(versions, plain)
    # What was learned later is little, and is laid over what was known in time.
    few = versions.filter(~days.plain)
    learned = learned_bars(kept_spans(grouped(few, days), verdicts), days)
    return pl.concat([harvested(days), learned])
