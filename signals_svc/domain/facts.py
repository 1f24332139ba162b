"""What is known beside prices, as columns with their knowledge time: counts, searches, moods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from polars.datatypes import DataType, DataTypeClass

from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats, Ints

Schema = Mapping[str, DataTypeClass | DataType]
MOMENT = pl.Datetime("us", "UTC")
POPULATION: Schema = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "day": pl.Date,
    "population": pl.Int64,
    "known_at": MOMENT,
}
SEARCHES: Schema = {
    "card_id": pl.String,
    "source": pl.String,
    "window_last": pl.Date,
    "day": pl.Date,
    "interest": pl.Int64,
    "known_at": MOMENT,
}
MOODS: Schema = {
    "card_id": pl.String,
    "source": pl.String,
    "day": pl.Date,
    "posts": pl.Int64,
    "score": pl.Float64,
    "known_at": MOMENT,
}
LOOKBACK = timedelta(days=90)  # no feature of a day reads an older fact


@dataclass(frozen=True)
class Facts:
    """Every row of the facts that was ever known, append-only: of a figure the newest row counts.

    Columns as POPULATION, SEARCHES, MOODS; in any order.
    """

    population: pl.DataFrame
    searches: pl.DataFrame
    moods: pl.DataFrame


NO_FACTS = Facts(*(pl.DataFrame(schema=one) for one in (POPULATION, SEARCHES, MOODS)))


@dataclass(frozen=True)
class Told:
    """Rows of one fact by owner: those of owner n are `edges[n]` to before `edges[n + 1]`.

    Sorted by (group, day, source, known). `group` numbers what may not be mixed: windows of
    searches; `until_day` is the last day a window tells of.
    """

    edges: Ints
    group: Ints
    until_day: Ints
    day: Ints
    source: Ints
    known_us: Ints
    value: Floats
    weight: Floats


@dataclass(frozen=True)
class Outside:
    """The facts of the instruments of some bars, by slot."""

    population: Told
    searches: Told
    moods: Told


def outside_of(facts: Facts, instruments: tuple[Instrument, ...]) -> Outside:
    """Asked once for all days of a range."""
    slots = pl.DataFrame(
        [(*one, slot) for slot, one in enumerate(instruments)],
        schema={"card_id": pl.String, "grade_code": pl.String, "owner": pl.Int64},
        orient="row",
    )
    cards = slots.select("card_id", owner=pl.col("card_id").rle_id().cast(pl.Int64)).unique()
    many = cards.height
    counts = facts.population.join(slots, on=["card_id", "grade_code"]).with_columns(
        window_last=pl.col("day"), source=pl.lit(""), value=pl.col("population"), weight=pl.lit(1.0)
    )
    searches = facts.searches.join(cards, on="card_id").with_columns(
        value=pl.col("interest"), weight=pl.lit(1.0)
    )
    moods = facts.moods.join(cards, on="card_id").with_columns(
        window_last=pl.col("day"), value=pl.col("score"), weight=pl.col("posts").cast(pl.Float64)
    )
    return Outside(
        population=_told(counts, len(instruments), by=[]),
        searches=_told(searches, many, by=["window_last", "source"]),
        moods=_told(moods, many, by=[]),
    )


def _told(rows: pl.DataFrame, owners: int, *, by: list[str]) -> Told:
    ordered = rows.sort("owner", *by, "day", "source", "known_at")
    group = pl.struct(by).rle_id() if by and rows.height else pl.lit(0)
    numbered = ordered.select(
        pl.col("owner"),
        group.cast(pl.Int64).alias("group"),
        pl.col("window_last").dt.epoch("d").cast(pl.Int64),
        pl.col("day").dt.epoch("d").cast(pl.Int64),
        pl.col("source").rank("dense").cast(pl.Int64),
        pl.col("known_at").dt.epoch("us"),
        pl.col("value").cast(pl.Float64),
        pl.col("weight").cast(pl.Float64),
    )
    owner, *columns = (numbered[name].to_numpy(writable=True) for name in numbered.columns)
    return Told(np.searchsorted(owner, np.arange(owners + 1)), *columns)
