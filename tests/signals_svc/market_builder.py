"""Writes small markets straight into schema `market`: cards, bars of any kind, work to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import psycopg

from kernel.days import end_of
from kernel.db.market import BAR_SCHEMA
from signals_svc.domain.arrays import Floats, Ints
from tests.fixtures.postgres import DatabaseUrls

FIRST_DAY = date(2024, 1, 1)


@dataclass(frozen=True)
class Bar:
    """One flat daily bar, known at the end of its day unless said otherwise."""

    card_id: str
    grade_code: str
    day: date
    cents: int
    kind: str = "trade"
    volume: int = 1
    known_at: datetime | None = None

    def row(self) -> tuple[object, ...]:
        known_at = self.known_at or end_of(self.day)
        volume = 0 if self.kind == "quote" else self.volume
        prices = (self.cents,) * 4
        return (self.card_id, self.grade_code, self.day, self.kind, *prices, volume, known_at)


def seed_cards(urls: DatabaseUrls, cards: Iterable[str], *, cards_a_set: int = 10) -> None:
    """Cards of sets of `cards_a_set`, each set released a year before FIRST_DAY."""
    with psycopg.connect(urls.ingestion) as connection:
        for number, card in enumerate(cards):
            set_id = f"set{number // cards_a_set}"
            connection.execute(
                "insert into market.sets (set_id, game, name, release_date)"
                " values (%s, 'pokemon', %s, %s) on conflict do nothing",
                (set_id, set_id, FIRST_DAY - timedelta(days=365)),
            )
            connection.execute(
                "insert into market.cards (card_id, game, set_id, name, number)"
                " values (%s, 'pokemon', %s, %s, %s) on conflict do nothing",
                (card, set_id, card, card),
            )


def write_bars(urls: DatabaseUrls, bars: Sequence[Bar]) -> None:
    with psycopg.connect(urls.ingestion) as connection:
        days = [bar.day for bar in bars]
        connection.execute("select market.ensure_month_partitions('prices_daily', %s)", (days,))
        with (
            connection.cursor() as cursor,
            cursor.copy("copy market.prices_daily from stdin") as copy,
        ):
            for bar in bars:
                copy.write_row(bar.row())


def mark(urls: DatabaseUrls, instruments: Iterable[tuple[str, str]], as_of: date) -> None:
    with psycopg.connect(urls.ingestion) as connection:
        for card, grade in instruments:
            connection.execute(
                "insert into market.dirty as d (stage, card_id, grade_code, day, as_of)"
                " values ('signals', %s, %s, %s, %s)"
                " on conflict (stage, card_id, grade_code, day, as_of)"
                " do update set generation = d.generation + 1",
                (card, grade, as_of, as_of),
            )


def walk(
    card: str,
    grade: str,
    *,
    days: int,
    step: int,
    drift: float,
    sigma: float,
    rng: np.random.Generator,
    cents: int = 10_000,
) -> list[Bar]:
    """A random walk with a bar every `step` days, the last one on day FIRST_DAY + days - 1."""
    offsets = np.arange(days - 1, -1, -step)[::-1]
    moves: Floats = drift * step + sigma * np.sqrt(step) * rng.standard_normal(len(offsets))
    return _bars(card, grade, offsets, cents * np.exp(np.cumsum(moves)))


def idle(
    card: str,
    grade: str,
    *,
    days: int,
    step: int,
    bounce: float,
    rng: np.random.Generator,
    cents: int = 10_000,
) -> list[Bar]:
    """Prints that bounce around one value, on the days of `walk`."""
    offsets = np.arange(days - 1, -1, -step)[::-1]
    return _bars(card, grade, offsets, cents * np.exp(bounce * rng.standard_normal(len(offsets))))


def _bars(card: str, grade: str, offsets: Ints, prices: Floats) -> list[Bar]:
    return [
        Bar(card, grade, FIRST_DAY + timedelta(days=int(offset)), max(1, round(float(price))))
        for offset, price in zip(offsets, prices, strict=True)
    ]


def frame(bars: Sequence[Bar]) -> pl.DataFrame:
    """The bars as the market's read model would give them."""
    return pl.DataFrame([_columns(bar) for bar in bars], schema=BAR_SCHEMA, orient="row")


def _columns(bar: Bar) -> tuple[object, ...]:
    card, grade, day, kind, opened, high, low, close, volume, known_at = bar.row()
    return card, grade, kind, day, opened, high, low, close, volume, known_at
