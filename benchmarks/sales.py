"""Sales for the benchmarks: the same at every run, skewed as real ones are."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingestion.domain.records import READING, TRUSTED, UTC_US

SOURCE = "bench"
LAST_DAY = date(2026, 9, 30)
MONTHS = 60
FIRST_DAY = date(2021, 10, 1)
CARDS = 400
GRADES = ("raw", "psa8", "psa9", "psa10")
SELLERS = 5_000

DAY_US = 86_400_000_000


def moments(random: np.random.Generator, rows: int, first: date, last: date) -> NDArray[np.int64]:
    """Microseconds since 1970, anywhere from the first day to the end of the last."""
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) * 1_000_000
    days = (last - first).days + 1
    seconds = random.integers(0, days * DAY_US // 1_000_000, rows)
    return np.asarray(begin + seconds * 1_000_000, np.int64)


def instruments(random: np.random.Generator, rows: int) -> NDArray[np.int64]:
    """The number of each sale's instrument: from several sales a day to a few a year."""
    weight = 1.0 / np.arange(1, CARDS * len(GRADES) + 1) ** 0.8
    chosen = random.choice(weight.size, rows, p=weight / weight.sum())
    return np.asarray(chosen, dtype=np.int64)


def prices(random: np.random.Generator, instrument: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cents: a level of each instrument, prints around it, one in two hundred far off."""
    level = np.exp(np.random.default_rng(7).normal(9, 1.2, CARDS * len(GRADES)))
    noise = random.normal(0, 0.08, instrument.size)
    far = random.random(instrument.size) < 0.005
    noise = np.where(far, random.normal(0, 2.5, instrument.size), noise)
    cents = np.clip(level[instrument] * np.exp(noise), 1, 2_000_000_000)
    return np.asarray(cents, dtype=np.int64)


def sales(
    rows: int, *, seed: int = 1, first: date = FIRST_DAY, last: date = LAST_DAY
) -> pl.DataFrame:
    """So many different sales, as TRUSTED, in no order."""
    random = np.random.default_rng(seed)
    at, instrument = moments(random, rows, first, last), instruments(random, rows)
    number = np.arange(rows) + seed * 1_000_000_000
    frame = pl.DataFrame(
        {
            "record_id": random.integers(-(2**63), 2**63 - 1, rows),
            "ts": at,
            "card": instrument // len(GRADES),
            "grade": instrument % len(GRADES),
            "number": number,
            "price_cents": prices(random, instrument),
            "seller": random.integers(0, SELLERS, rows),
        }
    )
    return frame.select(
        "record_id",
        kind=pl.lit("trade"),
        ts=pl.col("ts").cast(UTC_US),
        card_id=pl.format("bench{}-{}", pl.col("card") // 100, pl.col("card") % 100 + 1),
        grade_code=pl.col("grade").replace_strict(dict(enumerate(GRADES)), return_dtype=pl.String),
        source=pl.lit(SOURCE),
        source_sale_id=pl.format("v1|{}|0", "number"),
        told_as=pl.col("card").hash(1).reinterpret(signed=True),
        price_cents="price_cents",
        high_cents=pl.lit(None, pl.Int64),
        low_cents=pl.lit(None, pl.Int64),
        units=pl.lit(1, pl.Int64),
        seller=pl.format("seller-{}", "seller"),
        url=pl.format("https://market.example/itm/{}", "number"),
        known_at=pl.col("ts").cast(UTC_US),  # as sources that publish each sale at once
        reported_at=pl.col("ts").cast(UTC_US).dt.offset_by("6h"),
        meta=pl.lit('{"condition":"graded"}'),
        # The market tells the cards themselves: no map is asked.
        **{name: pl.lit(None, kind) for name, kind in READING.items()},
    ).select(list(TRUSTED))


def with_repeats(frame: pl.DataFrame, share: float) -> pl.DataFrame:
    """The same number of rows, of which this share repeat another, in no order."""
    kept = frame.height - int(frame.height * share)
    repeats = frame.head(kept).sample(frame.height - kept, seed=3)
    return pl.concat([frame.head(kept), repeats]).sample(fraction=1, shuffle=True, seed=4)


def nights(rows: int, count: int) -> list[pl.DataFrame]:
    """Increments: each so many sales of the last three days."""
    first = LAST_DAY - timedelta(days=2)
    return [sales(rows, seed=100 + night, first=first) for night in range(count)]
