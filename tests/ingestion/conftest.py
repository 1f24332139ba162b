"""Owns a small catalog, files to bring in, and a world in which to run ingestion's use cases."""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.app import unit_of
from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.records import Receipt, Window
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.fetch import fetch
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.validate import validate
from kernel.ids import CardId
from kernel.lake import Lake
from tests.fixtures.postgres import DatabaseUrls
from tests.fixtures.s3 import Lake as LakeAccess
from tests.ingestion.job_process import start_job

BASE = CardSet("base1", "Base", printed_total=102, code="BS")
CARDS = [
    Card(CardId("base1-4"), BASE, "Charizard", "4", rarity="Rare Holo"),
    Card(CardId("base1-2"), BASE, "Blastoise", "2", rarity="Rare Holo"),
    Card(CardId("base1-4~1st"), BASE, "Charizard", "4", edition="1st"),
    Card(CardId("base1-4~reverse"), BASE, "Charizard", "4", finish="reverse"),
]

# What a table holds, without surrogate keys and the moment of loading.
DIGESTS = {
    "trades": "trade_id, ts, card_id, grade_code, source, source_sale_id, price_cents, seller,"
    " url, known_at, until, reported_at, meta",
    "trade_statements": "trade_id, action, reported_at, place, known_at, told_as, ts, card_id,"
    " grade_code, price_cents, seller, actor, reason",
    "trade_versions": "*",
    "report_revisions": "report_id, day, card_id, grade_code, since, known_at, reason, actor",
    "reported_prices": "report_id, day, card_id, grade_code, kind, price_cents, high_cents,"
    " low_cents, units, known_at, reports, meta",
    "prices_daily": "*",
    "prices_daily_history": "*",
    "quarantine": "quarantine_id, source, reason, detail, raw",
}

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class World:
    """One database and lake, as ingestion sees them."""

    url: str
    superuser: str
    lake: Lake

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            yield unit_of(connection, self.lake)

    def fetch(self, source: Source, path: Path | None, last: date, first: date | None) -> None:
        window = Window(first or last, last)
        now = datetime.now(UTC)
        fetch(self.unit, source, window, path=path, item_map=None, now=lambda: now)

    def validate(self, source: Source, last: date) -> Mapping[str, Any]:
        return validate(self.unit, source, last)

    def load(self, source: Source, last: date) -> Mapping[str, Any]:
        with self.unit() as unit:
            make_room(unit, source.mapping.source, last)
        with self.unit() as unit:
            return load_trades(unit, source.mapping.source, last)

    def ingest(
        self, source: str | Source, path: Path | None, last: date, first: date | None = None
    ) -> Mapping[str, Any]:
        """All three steps; what validate and load say, together."""
        found = FileSource(find_format(source)) if isinstance(source, str) else source
        self.fetch(found, path, last, first)
        return {**self.validate(found, last), **self.load(found, last)}

    def build(self) -> Mapping[str, Any]:
        """Verdicts and bars; what both say, together."""
        judged = judge_outliers(self.unit)
        with self.unit() as unit:
            return {**judged, **build_bars(unit).summary}

    def rows(self, query: str) -> Rows:
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            return connection.execute(query).fetchall()

    def forget(self) -> None:
        """Empty every table of prices, as no login of the platform may."""
        tables = ", ".join(
            f"market.{table}"
            for table in (*DIGESTS, "outlier_verdicts", "judged_series", "dirty", "sale_keys")
        )
        with psycopg.connect(self.superuser) as connection:
            connection.execute(f"truncate {tables}")

    def digest(self) -> dict[str, Rows]:
        return {
            table: self.rows(f"select {columns} from market.{table} order by {columns}")
            if columns != "*"
            else sorted(self.rows(f"select * from market.{table}"))
            for table, columns in DIGESTS.items()
        }


@pytest.fixture
def world(database: DatabaseUrls, lake: LakeAccess, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    made = World(database.ingestion, database.superuser, Lake(lake.bucket_prefix))
    with made.unit() as unit:
        load_catalog(unit, [BASE], CARDS)
    return made


def received(source: Source, window: Window, path: Path | None = None) -> Receipt:
    """All that a source gives of a window, in one."""
    pieces = source.collect(window, source.subjects(window), path=path, item_map=None)
    parts = [part for piece in pieces for part in piece.receipt.parts]
    return Receipt(source.mapping.source, window, parts)


CSV_HEADER = "card_id,grade,price,sold_at,sale_id"

WriteCsv = Callable[[str, Sequence[str]], Path]


@pytest.fixture
def plain_file(tmp_path: Path) -> WriteCsv:
    """Writes a file of the plain form: one line a sale, after the header."""

    def write(name: str, lines: Sequence[str]) -> Path:
        path = tmp_path / name
        body = "\n".join([CSV_HEADER, *lines, ""]).encode()
        path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
        return path

    return write


@dataclass(frozen=True)
class Outcome:
    code: int
    said: str
    summary: dict[str, Any]


Job = Callable[..., Outcome]


@pytest.fixture
def environment(database: DatabaseUrls, lake: LakeAccess) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRICER_")}
    return kept | lake.environment() | {"INGESTION_DATABASE_URL": database.ingestion}


@pytest.fixture
def job(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Job:
    logs = tmp_path_factory.mktemp("jobs")
    numbers = count(1)

    def run(*arguments: str, **variables: str) -> Outcome:
        log = logs / f"{next(numbers)}-{arguments[0]}.log"
        process = start_job(arguments, environment | variables, log)
        code, told = process.wait(), process.told().splitlines()
        return Outcome(code, process.said(), json.loads(told[-1]) if told else {})

    return run
