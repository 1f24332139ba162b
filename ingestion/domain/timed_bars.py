"""Bars of plain sales that come by time: told day by day in one pass, in parts on all cores."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.bar_pass import DAY_US, Sales, in_order, tell_days
from ingestion.domain.name_numbers import numbered_names
from ingestion.domain.plain_bars import FIGURES, Ints, ints, judged_bits, standing
from ingestion.domain.versions import BAR_VERSIONS
from kernel.series import KINDS

MANY = 100_000  # rows, from which on another thread is worth waking


def timed_bars(versions: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame | None:
    """The bars as BAR_VERSIONS where all is plain and in the order of (ts, key); else None."""
    if not standing(versions).all():
        return None
    ts, key = ints(versions, "ts", "key")
    cores = len(os.sched_getaffinity(0)) if ts.size >= MANY else 1
    with ThreadPoolExecutor(cores) as pool:
        parts = np.linspace(0, ts.size, cores + 1).astype(np.int64)
        # Each with the row that follows, so that no pair of neighbours is left out.
        pairs = [slice(begin, end + 1) for begin, end in pairwise(parts)]
        if not all(pool.map(lambda part: in_order(ts[part], key[part]), pairs)):
            return None
        told = list(pool.map(partial(_told, judged_bits(verdicts)), _by_days(versions, ts, parts)))
    bars = [part for part in told if part is not None]
    return pl.concat(bars) if len(bars) == len(told) else None


def _by_days(versions: pl.DataFrame, ts: Ints, parts: Ints) -> Iterator[pl.DataFrame]:
    """The parts, each moved to where a day begins: no day is in two of them."""
    begins = np.searchsorted(ts, ts[parts[1:-1]] // DAY_US * DAY_US)
    cuts = np.unique([0, *begins, ts.size])
    return (versions[begin:end] for begin, end in pairwise(cuts))


def _told(bits: NDArray[np.uint64], versions: pl.DataFrame) -> pl.DataFrame | None:
    """The bars of rows in order; None where one is not plain."""
    card, cards = numbered_names(versions.get_column("card_id"))
    grade, grades = numbered_names(versions.get_column("grade_code"))
    place = np.full((len(cards), len(grades)), -1, np.int32)
    whose = np.empty((2, versions.height), np.uint32)
    day = np.empty(versions.height, np.int32)
    figures = np.empty((len(FIGURES), versions.height), np.int64)
    columns = ints(versions, "ts", "known_at", "key", "price_cents")
    count = tell_days(Sales(card, grade, *columns), bits, place, whose, day, figures)
    if count < 0:
        return None
    moment = BAR_VERSIONS["known_at"]
    over = (day[:count].astype(np.int64) + 1) * DAY_US
    bars = {
        "card_id": cards.gather(pl.Series(whose[0, :count])),
        "grade_code": grades.gather(pl.Series(whose[1, :count])),
        "day": pl.Series(day[:count]).cast(pl.Date),
        "kind": pl.repeat(KINDS[0], count, eager=True),
        "known_at": pl.Series(over).cast(moment),
        "superseded_at": pl.repeat(None, count, dtype=moment, eager=True),
        **{name: figures[at, :count] for at, name in enumerate(FIGURES)},
    }
    return pl.DataFrame(bars, schema=BAR_VERSIONS)
