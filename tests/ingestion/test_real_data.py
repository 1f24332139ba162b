"""The real files, with the dirt they are known to have."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from ingestion.adapters.catalog_files import CatalogFiles
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_product_map import load_product_map
from kernel.lake import Lake
from stack.bootstrap.databases import MIGRATOR, SERVICES, Cluster, create_database
from stack.bootstrap.lake import create_buckets
from tests.fixtures.postgres import TEMPLATE, drop_database, urls
from tests.fixtures.s3 import AwsAccess, s3_client
from tests.ingestion.conftest import World

PSA_SALES = "psa_auction_sales/psa_sales.csv.gz"
PSA_DAY, BARS_DAY, QUOTES_DAY = date(2019, 12, 23), date(2024, 9, 24), date(2024, 12, 31)

# Cards with a move of more than 30x, a card without a catalog id, and two that claim one id.
QUOTED = [
    "pokemon_swsh03_186",
    "pokemon_bw1__101",
    "pokemon_swsh09_TG12",
    "pokemon_swsh10_50",
    "pokemon_swsh10_5_50",
]


@pytest.fixture(scope="module")
def real_world(
    postgres: Cluster, s3: AwsAccess, shared_data: Path, repository: Path
) -> Iterator[World]:
    """One world for this module: twenty thousand cards take seconds to load."""
    name = "real_data"
    create_database(postgres, name, owner=MIGRATOR, users=SERVICES, template=TEMPLATE)
    create_buckets(s3_client(s3), prefix="real-data")
    logins = urls(postgres, name)
    files = CatalogFiles()
    variants, products = files.product_map(repository / "migrations/seeds")
    with pytest.MonkeyPatch.context() as patch:
        for key, value in (s3.environment() | {"AWS_ENDPOINT_URL_S3": s3.endpoint_url}).items():
            patch.setenv(key, value)
        world = World(logins.ingestion, logins.superuser, Lake("real-data"))
        with world.unit() as unit:
            told = load_catalog(unit, *files.catalog(shared_data / "pokemon_catalog"))
            load_product_map(unit, variants, products)
        assert (told["cards"], told["sets"]) == (20_106, 172)
        yield world
    drop_database(postgres, name)


def test_the_catalog_keeps_all_cards_of_a_shared_number(real_world: World) -> None:
    shared = real_world.rows(
        "select array_agg(card_id order by card_id) from market.cards"
        " where edition = 'unlimited' and card_id !~ '~'"
        " group by set_id, number having count(*) > 1 order by 1"
    )
    assert [row[0] for row in shared] == [
        ["cel25c-15_A1", "cel25c-15_A2", "cel25c-15_A3", "cel25c-15_A4"],
        ["zsv10pt5-60", "zsv10pt5-80"],
    ]


def test_graded_sales(real_world: World, shared_data: Path) -> None:
    path = shared_data / PSA_SALES
    summary = real_world.ingest("psa_sales", path, PSA_DAY)
    assert (summary["trusted"], summary["added"], summary["quarantined"]) == (1_922, 1_922, 19)
    assert summary["quarantined_by_reason"] == {"item_unmapped": 17, "grade_unknown": 2}
    magic = real_world.rows(
        "select distinct raw ->> 'card_slug' from market.quarantine where reason = 'item_unmapped'"
    )
    assert magic == [("1993-magic-gathering-unlimited-black-lotus",)]
    charizards = real_world.rows(
        "select card_id, count(*) from market.trades where card_id like 'base1-4%' group by 1"
    )
    assert charizards == [("base1-4~1st", 503)]
    codes = real_world.rows(
        "select grade_code from market.trades where grade_code ~ '-' group by 1 order by 1"
    )
    assert codes == [("psa-authentic",), ("psa6-mk",), ("psa9-oc",)]
    assert real_world.ingest("psa_sales", path, PSA_DAY)["added"] == 0


@pytest.fixture(scope="module")
def graded(real_world: World, shared_data: Path) -> World:
    """The world with the graded sales judged and built."""
    real_world.ingest("psa_sales", shared_data / PSA_SALES, PSA_DAY)
    real_world.build()
    return real_world


def test_graded_sales_that_were_a_wrong_link_or_a_lot_stay_out(graded: World) -> None:
    # $105 among PSA 8 at $2,900: a wrong link or a lot. $1 for a PSA 10: the same.
    cheap = graded.rows(
        "select t.card_id, t.grade_code, t.price_cents from market.outlier_verdicts v"
        " join market.trades t on t.trade_id = v.subject_id"
        " where v.verdict = 'outlier' and t.price_cents < 20000 and v.fence_low_cents > 6000"
        " and t.price_cents < v.fence_low_cents order by 1, 2"
    )
    assert cheap == [("base1-4~1st", "psa8", 10_500), ("neo4-113", "psa10", 100)]
    day = "card_id = 'base1-4~1st' and grade_code = 'psa8' and day = '2018-06-29'"
    bar = graded.rows(f"select low_cents, volume from market.prices_daily where {day}")
    assert bar == [(292_500, 1)]


def test_the_rise_of_2018_is_readmitted(graded: World) -> None:
    # The rise of 2018: two sales beyond their fence stand as soon as a third, inside of it, agrees.
    rise = graded.rows(
        "select event_at::date, known_at::date, verdict, rule, fence_high_cents > 2600000"
        " from market.outlier_verdicts"
        " where card_id = 'base1-4~1st' and grade_code = 'psa10' order by verdict_id"
    )
    said = [
        (date(2018, 3, 9), date(2018, 3, 10), "outlier", "tukey", True),
        (date(2018, 3, 22), date(2018, 3, 23), "outlier", "tukey", True),
        (date(2018, 3, 25), date(2018, 3, 26), "outlier", "tukey", True),  # $4,402
        (date(2018, 3, 9), date(2018, 4, 27), "kept", "confirmed", None),
        (date(2018, 3, 22), date(2018, 4, 27), "kept", "confirmed", None),
    ]
    assert sorted(rise, key=str) == sorted(said, key=str)
    closes = graded.rows(
        "select close_cents from market.prices_daily where card_id = 'base1-4~1st'"
        " and grade_code = 'psa10' and day >= '2018-01-01' order by day"
    )
    assert closes == [
        (2_750_000,),
        (2_700_000,),
        (1_500_000,),
        (2_600_000,),
        (4_000_000,),
        (3_611_054,),
    ]
    known = graded.rows(
        "select count(*) from market.prices_daily"
        " where kind = 'trade' and known_at <> (day + 1)::timestamptz"
    )
    assert known == [(2,)]  # those of the rise, known with the sale that confirmed it


def test_daily_averages(real_world: World, shared_data: Path) -> None:
    path = shared_data / "tcgdex_daily_sales/daily_sales.csv.gz"
    summary = real_world.ingest("tcgdex_daily", path, BARS_DAY)
    assert (summary["read"], summary["added"], summary["quarantined"]) == (6_712, 6_712, 0)
    finishes = real_world.rows(
        "select card_id from market.reported_prices where card_id like 'xy12-11%' group by 1"
    )
    assert sorted(finishes) == [("xy12-11",), ("xy12-11~reverse",)]
    pooled = real_world.rows(
        "select max(day), min(day) from market.reported_prices where grade_code = 'raw-pooled'"
    )
    assert pooled == [(date(2024, 5, 22), date(2022, 11, 12))]
    real_world.build()
    absurd = real_world.rows(
        "select r.price_cents from market.outlier_verdicts v"
        " join market.reported_prices r on r.report_id = v.subject_id"
        " where v.card_id = 'swsh7-215' and v.verdict = 'outlier' and r.price_cents > 100000"
        " and r.grade_code = 'raw-pooled'"
    )
    assert absurd == [(109_999,)]
    kinds = real_world.rows(
        "select kind, sum(volume) > count(*) from market.prices_daily"
        " where card_id = 'swsh7-215' group by kind"
    )
    assert kinds == [("bar", True)]


def test_monthly_quotes(real_world: World, shared_data: Path, tmp_path: Path) -> None:
    whole = pl.read_parquet(shared_data / "pokemon_graded_monthly/card_market_history.parquet")
    path = tmp_path / "quotes.parquet"
    whole.filter(pl.col("card_id").is_in(QUOTED)).write_parquet(path)
    listed = shared_data / "pokemon_graded_monthly/card_id_map.csv"
    (tmp_path / listed.name).write_bytes(listed.read_bytes())
    summary = real_world.ingest("graded_monthly", path, QUOTES_DAY)
    assert set(summary["quarantined_by_reason"]) == {"item_unmapped", "item_ambiguous"}
    told = real_world.rows(
        "select distinct card_id from market.reported_prices where kind = 'quote' order by 1"
    )
    assert told == [("bw1-101",), ("swsh3-186",)]
    real_world.build()
    jumps = real_world.rows(
        "select v.event_at, v.known_at, v.verdict from market.outlier_verdicts v"
        " where v.card_id = 'swsh3-186' and v.grade_code = 'psa10' order by v.verdict_id"
    )
    # Nine months at $0.99, then $42, $34.50, $30.07: the third is the first to agree with another.
    november, december = datetime(2021, 11, 1, tzinfo=UTC), datetime(2021, 12, 1, tzinfo=UTC)
    new_year, february = datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 2, 1, tzinfo=UTC)
    assert jumps == [
        (november, december, "outlier"),
        (december, new_year, "outlier"),
        (december, february, "kept"),
    ]
    closes = real_world.rows(
        "select day, close_cents, volume, known_at from market.prices_daily"
        " where card_id = 'swsh3-186' and grade_code = 'psa10'"
        " and day between '2021-10-01' and '2022-01-01' order by day"
    )
    assert closes == [
        (date(2021, 10, 1), 99, 0, november),
        (date(2021, 12, 1), 3_450, 0, february),
        (date(2022, 1, 1), 3_007, 0, february),
    ]
