"""Flags instruments whose prices cannot all be right, and takes flags back when they can again."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
import structlog

from ingestion.domain.divergence import DivergenceRule, divergences, newest_words, with_standing
from ingestion.ports.unit import Unit

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]
# A monthly guide's newest figure is up to six weeks old before the next one comes.
NEWEST_CLOSE_DAYS = 45


def check_divergences(
    unit: Unit, as_of: date | None, rule: DivergenceRule, *, now: datetime
) -> Mapping[str, object]:
    """Judge the window that ends with the day; without one, with the newest day that has a bar.

    Whoever is flagged or set free becomes `signals` work of the day, so that readers hear of it
    once; whoever is set free becomes `search` work too, for what is flagged is not announced. A day
    before one that was judged already is left alone: flags tell of the present. A flag is taken
    back by prices that agree, or by taking the wrong ones back, never by silence.
    """
    unit.work.claim("bars")
    day = as_of or unit.divergences.newest_day()
    last = unit.divergences.last_as_of()
    if day is None or (last is not None and day < last):
        return {"as_of": str(day), "skipped": True, "opened": 0, "closed": 0}
    found = _found(unit, day, rule)
    opened, closed = unit.divergences.settle(found, as_of=day, now=now)
    on = (pl.lit(day).alias("day"), pl.lit(day).alias("as_of"))
    unit.work.mark("signals", pl.concat([opened, closed]).unique().with_columns(on))
    unit.work.mark("search", closed.unique().with_columns(on))
    flagged = unit.divergences.flagged().height
    log.info("divergences.checked", as_of=str(day), opened=opened.height, closed=closed.height)
    return {
        "as_of": str(day),
        "skipped": False,
        "found": found.height,
        "opened": opened.height,
        "closed": closed.height,
        "flagged": flagged,
    }


def _found(unit: Unit, day: date, rule: DivergenceRule) -> pl.DataFrame:
    medians = unit.divergences.medians(day, rule.window_days)
    found = divergences(medians, unit.divergences.closes(day, NEWEST_CLOSE_DAYS), rule)
    since = divergences(
        newest_words(medians, unit.divergences.medians_since(day, rule.window_days), rule),
        unit.divergences.closes_since(day, NEWEST_CLOSE_DAYS),
        rule,
    )
    return with_standing(found, since, unit.divergences.flags())
