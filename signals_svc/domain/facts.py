"""What is known beside prices, as columns with their knowledge time: counts, searches, moods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from polars.datatypes import DataType, DataTypeClass

from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.outside_pass import LONG_DAYS

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
    counts = facts.population.join(
        slots, on=["card_id", "grade_code"], maintain_order="left"
    ).with_columns(
        window_last=pl.col("day"), source=pl.lit(""), value=pl.col("population"), weight=pl.lit(1.0)
    )
    compared = pl.col("window_last") - pl.col("day") < timedelta(days=2 * LONG_DAYS)
    searches = (
        facts.searches.filter(compared)
        .join(cards, on="card_id", maintain_order="left")
        .with_columns(value=pl.col("interest"), weight=pl.lit(1.0))
    )
    moods = facts.moods.join(cards, on="card_id", maintain_order="left").with_columns(
        window_last=pl.col("day"), value=pl.col("score"), weight=pl.col("posts").cast(pl.Float64)
    )
    return Outside(
        population=_told(counts, len(instruments)),
        searches=_told(searches, many, windows=True),
        moods=_told(moods, many),
    )


def _told(rows: pl.DataFrame, owners: int, *, windows: bool = False) -> Told:
    """Sorted by one number made of owner, group, day and source, which is several times faster."""
    sources = {name: n for n, name in enumerate(sorted(rows["source"].unique()))}
    source = pl.col("source").replace_strict(sources, return_dtype=pl.Int64)
    window = pl.col("window_last") * len(sources) + pl.col("source")
    numbered = rows.select(
        "owner",
        pl.col("window_last").dt.epoch("d").cast(pl.Int64),
        pl.col("day").dt.epoch("d").cast(pl.Int64),
        source if sources else pl.lit(0, pl.Int64).alias("source"),
        pl.col("known_at").dt.epoch("us"),
        pl.col("value").cast(pl.Float64),
        pl.col("weight").cast(pl.Float64),
    ).with_columns(group=window if windows else pl.lit(0, pl.Int64))
    parts = ["owner", "group", "day", "source"]
    place = pl.lit(0, pl.Int64)
    for name in parts:
        reach = pl.col(name).max() - pl.col(name).min() + 1
        place = place * reach + pl.col(name) - pl.col(name).min()
    placed = numbered.with_columns(place=place)
    ordered = placed if _in_order(placed) else placed.sort("place", "known_at")
    names = ("group", "window_last", "day", "source", "known_at", "value", "weight")
    columns = (ordered[name].to_numpy(writable=True) for name in names)
    edges = np.searchsorted(ordered["owner"].to_numpy(), np.arange(owners + 1))
    return Told(edges, *columns)


def _in_order(placed: pl.DataFrame) -> bool:
    """Whether they came as the reader sorts them: that is looked up in a tenth of a sort's time."""
    further, later = pl.col("place").diff(), pl.col("known_at").diff()
    ordered = (further > 0) | ((further == 0) & (later >= 0))
    return bool(placed.select(ordered.fill_null(True).all()).item())
