"""The curated zone as analysts find it: in the Glue catalog, and read by DuckDB from its files."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import awswrangler as wr
import duckdb
import psycopg
import pytest

from ingestion.adapters.contract_files import contract
from ingestion.adapters.glue_catalog import GlueCatalog, database_of
from ingestion.adapters.lake_zones import LakeCuratedZone
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import parse_format
from ingestion.domain.curated import FACTS, PRICES
from ingestion.usecases.publish_curated import publish_curated, register_curated
from kernel.errors import Unavailable
from tests.fixtures.s3 import AwsAccess
from tests.fixtures.s3 import Lake as LakeAccess
from tests.ingestion.conftest import Job, World, WriteCsv

GUIDE = (
    "source: guide\nkind: quote\nitem_is: card_id\ntime_is: day\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at}\n"
)
SALES = [
    "base1-4,psa9,100.00,2024-04-30T10:00:00Z,s1",
    "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2",
    "base1-2,psa9,50.00,2024-05-01T12:00:00Z,s3",
]
POPULATION = """
insert into market.population (card_id, grade_code, day, source, population, known_at)
values ('base1-4', 'psa9', %s, 'psa', %s, %s)
"""
SENTIMENT = """
insert into market.sentiment_daily (card_id, day, source, posts, positive, negative, score, words,
  known_at) values ('base1-4', '2024-05-01', 'reddit', 4, 3, 1, 0.25, '{"gem": 1}',
  '2024-05-05T03:00Z')
"""


@pytest.fixture
def glue(aws: AwsAccess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a job that is told where AWS is."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    yield
    wr.config.reset()


@pytest.fixture
def filled(world: World, plain_file: WriteCsv, database: Any) -> World:
    world.ingest("plain_sales", plain_file("a.csv", SALES), date(2024, 5, 1))
    quotes = plain_file("q.csv", ["base1-4,raw,9.50,2024-05-01,"])
    world.ingest(FileSource(parse_format("guide.yaml", GUIDE)), quotes, date(2024, 5, 1))
    world.build()
    with psycopg.connect(world.url) as connection:
        connection.execute(POPULATION, (date(2024, 5, 5), 120, datetime(2024, 5, 5, 3, tzinfo=UTC)))
        connection.execute(SENTIMENT)
    publish(world)
    return world


def publish(world: World) -> dict[str, object]:
    with world.unit() as unit:
        return dict(publish_curated(unit))


def register(world: World, prefix: str) -> dict[str, object]:
    zone = LakeCuratedZone(world.lake)
    catalog = GlueCatalog(database=database_of(prefix), bucket=world.lake.bucket("curated"))
    return dict(register_curated(zone, catalog, contract))


def test_every_table_is_in_the_catalog_with_its_months_types_and_units(
    filled: World, lake: LakeAccess, glue: None
) -> None:
    assert register(filled, lake.bucket_prefix)["added"] == 2 + 2 + 1 + 1 + 1
    name = database_of(lake.bucket_prefix)
    tables = {table["Name"]: table for table in wr.catalog.get_tables(database=name)}
    assert sorted(tables) == sorted(table.name for table in (*PRICES, *FACTS))
    trades = tables["trades"]["StorageDescriptor"]
    assert trades["Location"] == f"s3://{lake.curated}/trades/"
    columns = {column["Name"]: column for column in trades["Columns"]}
    assert columns["ts"]["Type"] == "timestamp"
    assert (columns["price_cents"]["Type"], columns["price_cents"]["Comment"]) == (
        "bigint",
        "US cents",
    )
    assert tables["trades"]["PartitionKeys"][0]["Name"] == "month"
    found = wr.catalog.get_parquet_partitions(database=name, table="trades")
    assert sorted(found.values()) == [["2024-04"], ["2024-05"]]
    assert all(path.startswith(f"s3://{lake.curated}/trades/month=") for path in found)


def test_registering_again_changes_nothing_and_follows_the_months(
    filled: World, lake: LakeAccess, glue: None
) -> None:
    register(filled, lake.bucket_prefix)
    again = register(filled, lake.bucket_prefix)
    assert (again["added"], again["removed"]) == (0, 0)
    filled.lake.delete("curated", "trades/month=2024-04/part-0.parquet")
    moved = register(filled, lake.bucket_prefix)
    assert (moved["added"], moved["removed"]) == (0, 1)


def test_a_table_is_read_through_the_catalog_over_s3(
    filled: World, lake: LakeAccess, glue: None
) -> None:
    register(filled, lake.bucket_prefix)
    frame = wr.s3.read_parquet_table(
        database=database_of(lake.bucket_prefix),
        table="prices_daily",
        partition_filter=lambda values: values["month"] == "2024-05",
    )
    closes = frame[frame["kind"] == "trade"].sort_values("card_id")["close_cents"].tolist()
    assert closes == [5_000, 11_000]


def test_duckdb_reads_every_table_by_month(
    filled: World, lake: LakeAccess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    [folder] = tmp_path_factory.getbasetemp().glob(f"s3[0-9]/buckets/{lake.curated}")
    counts = {
        table.name: ask(f"select count(*) from {read(folder, table.name)}")[0][0]
        for table in (*PRICES, *FACTS)
    }
    assert counts == {
        "trades": 3,
        "prices_daily": 4,
        "quotes": 1,
        "sentiment_daily": 1,
        "population": 1,
    }
    months = ask(
        f"select month, sum(price_cents), max(epoch_us(ts)) from {read(folder, 'trades')}"
        " group by month order by month"
    )
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert months[1] == ("2024-05", 16_000, int(noon.timestamp()) * 1_000_000)
    assert [month for month, *_ in months] == ["2024-04", "2024-05"]


def read(folder: Path, table: str) -> str:
    return (
        f"read_parquet('{folder}/{table}/*/*.parquet',"
        " hive_partitioning = true, hive_types_autocast = false)"
    )


def ask(query: str) -> list[Any]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_facts_are_written_again_only_for_months_that_hold_other_rows(filled: World) -> None:
    assert publish(filled)["population_rows"] == 0
    with psycopg.connect(filled.url) as connection:
        for day, count in ((date(2024, 5, 12), 125), (date(2024, 6, 2), 130)):
            known = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
            connection.execute(POPULATION, (day, count, known))
    done = publish(filled)
    assert (done["population_rows"], done["sentiment_daily_rows"]) == (2 + 1, 0)
    assert LakeCuratedZone(filled.lake).months("population") == ["2024-05", "2024-06"]


def test_a_catalog_that_is_away_is_worth_a_retry(
    world: World, lake: LakeAccess, glue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="Glue did not take"):
        register(world, lake.bucket_prefix)


def test_the_job_registers_what_the_zone_holds(filled: World, job: Job, aws: AwsAccess) -> None:
    done = job("register_curated", AWS_ENDPOINT_URL=aws.endpoint_url)
    assert done.code == 0, done.said
    assert (done.summary["tables"], done.summary["added"]) == (5, 7)
