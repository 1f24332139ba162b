"""Features by the functions the jobs call: computed in memory, and written to the store.

5,000 instruments of two years of sales, as many as the simulator's a card: some 41 closes in the
window of a day. One bar in fifty came late or took the place of an earlier one, and half of the
cards have facts.
"""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from benchmarks.claim import Result, scaled, seconds, side_by_side
from benchmarks.stores import fresh_database, stores
from kernel.ids import CardId
from signals_svc.adapters.features import Features as FeatureRows
from signals_svc.domain.bars import Bars, bars_of
from signals_svc.domain.cross_section import CardFacts, Catalog
from signals_svc.domain.facts import MOODS, POPULATION, SEARCHES, Facts
from signals_svc.domain.features import Features, features_between
from signals_svc.domain.snapshot import COLUMNS, freeze

CARDS = 1_250
GRADES = ("raw", "psa9", "psa10", "any9")
DAYS = 760
BARS_EACH = 60
LATE = 0.02
FIRST = date(2024, 9, 1)
RANGE = 180  # days computed
WRITTEN = 8  # days written, in one transaction each
A_SECOND = 500_000  # instrument-days on two cores, what was asked for
COMPUTED = "a fixed rate of 500,000 a second on two cores"
COPIED = "COPY of the same rows, ready made, into the same table"


def market() -> tuple[Bars, Catalog, Facts]:
    """Versions of bars, the catalog and facts, the same each time."""
    cards = scaled(CARDS)
    return bars_of(closes(cards)), catalog_of(cards), facts(cards // 2)


def catalog_of(cards: int) -> Catalog:
    """Sets of fifty."""
    return {CardId(f"card-{n}"): CardFacts(f"set{n // 50}", FIRST) for n in range(cards)}


def closes(cards: int) -> pl.DataFrame:
    """A close an instrument and day that it sold on, and since when it is known."""
    random = np.random.default_rng(1)
    rows = cards * len(GRADES) * BARS_EACH
    close = np.exp(7 + 0.2 * random.standard_normal(rows)).astype(np.int64) + 1
    late = np.where(random.random(rows) < LATE, random.integers(1, 9, rows), 0)
    drawn = pl.DataFrame(
        {
            "card_id": random.integers(0, cards, rows),
            "grade_code": np.array(GRADES)[random.integers(0, len(GRADES), rows)],
            "day": random.integers(0, DAYS, rows),
            "close_cents": close,
            "late": late,
        }
    ).unique(["card_id", "grade_code", "day"], maintain_order=True)
    day = pl.lit(FIRST) + pl.duration(days=pl.col("day"))
    return drawn.with_columns(
        card_id=pl.format("card-{}", "card_id"),
        day=day,
        kind=pl.lit("trade"),
        volume=pl.lit(1, pl.Int64),
        known_at=(day + pl.duration(days=1 + pl.col("late"))).cast(pl.Datetime("us", "UTC")),
    )


def facts(cards: int) -> Facts:
    """Weekly counts, windows of 90 days and moods of each day, known a day later, in the
    order of the store's reader."""
    random = np.random.default_rng(2)
    days = range(DAYS - 180, DAYS, 7)
    card, end = (
        column.ravel() for column in np.meshgrid(np.arange(cards), np.array(days), indexing="ij")
    )
    told = pl.DataFrame({"card": card, "end": end}).with_columns(
        card_id=pl.format("card-{}", "card"),
        source=pl.lit("source"),
        grade_code=pl.lit("psa10"),
        window_last=pl.lit(FIRST) + pl.duration(days=pl.col("end")),
    )
    known = (pl.col("window_last") + pl.duration(days=1)).cast(pl.Datetime("us", "UTC"))
    counted = told.with_columns(
        day="window_last", population=pl.col("end") * 3 + pl.col("card"), known_at=known
    )
    windows = told.join(pl.DataFrame({"back": range(90)}), how="cross").with_columns(
        day=pl.col("window_last") - pl.duration(days=pl.col("back")),
        interest=pl.Series(random.integers(0, 100, len(told) * 90)),
        known_at=known,
    )
    moods = windows.filter(pl.col("back") < 7).with_columns(
        posts=1 + pl.col("interest") % 9, score=pl.col("interest") / 100
    )
    counted = counted.sort("card_id", "day")
    windows, moods = (one.sort("card_id", "window_last", "day") for one in (windows, moods))
    return Facts(
        counted.select(pl.col(name).cast(kind) for name, kind in POPULATION.items()),
        windows.select(pl.col(name).cast(kind) for name, kind in SEARCHES.items()),
        moods.select(pl.col(name).cast(kind) for name, kind in MOODS.items()),
    )


def newest_days(many: int) -> list[date]:
    """The last days of the market, oldest first."""
    return [FIRST + timedelta(days=DAYS - many + n) for n in range(many)]


def measure() -> Iterator[Result]:
    """Instrument-days a second in memory; rows a second to the store beside plain COPY."""
    versions, catalog, told = market()
    computed: list[int] = []

    def compute() -> None:
        days = features_between(versions, catalog, newest_days(RANGE), told)
        computed.append(sum(len(day.instruments) for day in days))

    compute()  # the first call compiles
    best = min(seconds(compute) for _ in range(3))
    unit = "instrument-days/s"
    yield Result("features, computed", computed[0] / best, A_SECOND, 1.0, unit, COMPUTED)
    nights = list(features_between(versions, catalog, newest_days(WRITTEN)[::-1], told))
    rows = sum(len(night.instruments) for night in nights)
    ready = [ready_made(night) for night in nights]
    with (
        stores() as site,
        fresh_database(site, "features") as ours,
        fresh_database(site, "copied") as theirs,
    ):
        seed_cards(ours.superuser, catalog)
        open_months(theirs.superuser)
        ours_s, theirs_s = side_by_side(
            partial(write, ours.superuser, nights),
            partial(copy, theirs.superuser, ready),
        )
    yield Result("features, written", rows / ours_s, rows / theirs_s, 0.5, "rows/s", COPIED)


def seed_cards(url: str, catalog: Catalog) -> None:
    """The catalog, which the latest features refer to."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        sets = {(fact.set_id, fact.set_id) for fact in catalog.values()}
        cursor.executemany(
            "insert into market.sets (set_id, game, name) values (%s, 'pokemon', %s)", sorted(sets)
        )
        cursor.executemany(
            "insert into market.cards (card_id, game, set_id, name, number)"
            " values (%s, 'pokemon', %s, 'a card', %s)",
            [(card, fact.set_id, card) for card, fact in catalog.items()],
        )


def emptied(connection: psycopg.Connection) -> None:
    """No row of an earlier round."""
    connection.execute("truncate signals.features_daily, signals.features_latest")
    connection.commit()


def write(url: str, nights: list[Features]) -> None:
    """As a range is: rows frozen, compared with what is there, added, and the latest kept."""
    with psycopg.connect(url) as connection:
        emptied(connection)
        for night in nights:
            rows = freeze(night, np.arange(len(night.instruments)))
            FeatureRows(connection).append(rows, as_of=night.as_of)
            connection.commit()


def ready_made(night: Features) -> memoryview:
    """The rows of a night as COPY reads them."""
    frame = freeze(night, np.arange(len(night.instruments))).with_columns(
        day=pl.lit(night.as_of), feature_version=pl.lit("copied")
    )
    body = io.BytesIO()
    frame.select("day", "feature_version", *COLUMNS).write_csv(body, include_header=False)
    return body.getbuffer()


def open_months(url: str) -> None:
    """Partitions for the days, made beforehand."""
    with psycopg.connect(url) as connection:
        days = newest_days(WRITTEN)
        connection.execute(
            "select signals.ensure_month_partitions('features_daily', %s, %s)", (days[0], days[-1])
        )


def copy(url: str, ready: list[memoryview]) -> None:
    """Nothing but the rows."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ("day", "feature_version", *COLUMNS)))
    statement = sql.SQL("copy signals.features_daily ({}) from stdin (format csv)").format(columns)
    with psycopg.connect(url) as connection:
        emptied(connection)
        for body in ready:
            with connection.cursor() as cursor, cursor.copy(statement) as told:
                told.write(body)
            connection.commit()
