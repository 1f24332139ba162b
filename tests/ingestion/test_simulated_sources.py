"""Every source against the whole simulator, by the same adapters that ask the real hosts."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import redis
from pydantic import SecretStr

import stack.simulator
from ingestion.adapters.catalog_files import CatalogFiles
from ingestion.adapters.sources.apis import APIS
from ingestion.adapters.sources.catalog_api import CatalogSource
from ingestion.adapters.sources.credentials import Credentials
from ingestion.adapters.sources.fact_plans import fact_plans
from ingestion.adapters.sources.limits import LocalLimit
from ingestion.adapters.sources.registry import Registry
from ingestion.adapters.sources.tcgplayer import TcgplayerPrices
from ingestion.domain.errors import SourceRefused
from ingestion.domain.records import Window
from ingestion.usecases.fetch_facts import fetch_facts
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.refresh_catalog import refresh_catalog
from stack.bootstrap.source_secrets import store_credentials
from stack.ports import PortBook
from stack.simulator.app import create_app
from stack.sources import AT_THE_SIMULATOR, CREDENTIALS
from tests.fixtures.s3 import AwsAccess
from tests.ingestion.conftest import Job, World, received
from tests.ingestion.served import served

NOW = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)
DAY, SINCE = date(2026, 9, 30), date(2026, 9, 24)
TOKEN = "let-me-in"
PRODUCTS = Path(stack.simulator.__file__).parent / "product_map.csv"
CARDS = 20


@pytest.fixture(scope="module")
def simulator(port_book: PortBook, first_port: int) -> Iterator[str]:
    app = create_app(token=TOKEN, instance_id="i", seed=7, clock=lambda: NOW, cards=CARDS)
    with served(app, port_book.take("simulator", first_port)) as url:
        yield url


def registry(world: World, url: str) -> Registry:
    def products(source: str) -> list[str]:
        with world.unit() as unit:
            return unit.catalog.products_of(source)

    paths = {f"{name.lower()}_url": path for name, path in AT_THE_SIMULATOR.items()}
    apis = [replace(api, url=url + paths[api.setting], per_min=60_000) for api in APIS]
    return Registry(
        apis={api.name: api for api in apis},
        credentials=Credentials(None),
        limit=LocalLimit,
        deadline_s=60,
        real=False,
        mapped=products,
        overrides={name: SecretStr(TOKEN) for name in CREDENTIALS},
    )


def test_every_source_tells_something_of_the_same_cards(world: World, simulator: str) -> None:
    sources = registry(world, simulator)
    told: dict[str, Any] = {}
    catalog = CatalogSource(sources.edge("catalog"))
    refreshed: Any = refresh_catalog(world.unit, catalog, DAY, whole=False, now=NOW)
    assert refreshed["cards"] == CARDS
    variants, products = CatalogFiles().product_map(PRODUCTS)
    known = world.rows("select card_id from market.cards")
    mapped = products.filter(products.get_column("card_id").is_in([row[0] for row in known]))
    with world.unit() as unit:
        load_product_map(unit, variants, mapped)

    for name in ("ebay", "tcgplayer"):
        told[name] = world.ingest(sources.source(name), None, DAY, SINCE)
    prices = sources.source("tcgplayer_prices")
    assert isinstance(prices, TcgplayerPrices)
    told["prices"] = world.ingest(replace(prices, now=lambda: NOW), None, DAY)
    assert {name: one["quarantined"] for name, one in told.items()} == dict.fromkeys(told, 0)
    assert all(one["added"] > 10 for one in told.values()), told

    for fact in ("population", "search_trends", "sentiment"):
        plans = fact_plans(fact, sources.edge, subreddit="PokemonTCG", most=CARDS)
        found: Any = fetch_facts(world.unit, plans, DAY, now=lambda: NOW)["sources"]
        assert all(one["added"] > 10 for one in found), found
    words = "select count(*) from market.sentiment_daily where words <> '{}'"
    assert world.rows(words)[0][0] > 10
    again: Any = refresh_catalog(world.unit, catalog, DAY, whole=False, now=NOW)
    assert (again["cards_changed"], again["cards"] < CARDS) == (0, True)


FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 429, "retry_after_s": 0},
    {"kind": "status", "status": 503},
    {"kind": "truncated"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.get("status", "truncated")))
@pytest.mark.parametrize("name", ["ebay", "tcgplayer"])
def test_faults_that_pass_change_nothing_of_what_is_read(
    world: World, simulator: str, fault: dict[str, Any], name: str
) -> None:
    sources, window = registry(world, simulator), Window(SINCE, DAY)
    shop = replace(sources, mapped=lambda source: product_names(source)[:4])
    calm = received(shop.source(name), window)
    httpx.post(f"{simulator}/_faults", json={**fault, "times": 2}).raise_for_status()
    shaken = received(shop.source(name), window)
    assert httpx.get(f"{simulator}/_faults").json() is None, "both faults were met"
    assert shaken == calm
    assert gzip.decompress(calm.parts[0].body)


def test_pages_without_end_are_noticed(world: World, simulator: str) -> None:
    sources, window = registry(world, simulator), Window(SINCE, DAY)
    httpx.post(f"{simulator}/_faults", json={"kind": "endless", "times": 500}).raise_for_status()
    try:
        with pytest.raises(SourceRefused, match="circle"):
            received(sources.source("ebay"), window)
        with pytest.raises(SourceRefused, match="circle"):
            CatalogSource(sources.edge("catalog")).collect(window, None)
    finally:
        httpx.delete(f"{simulator}/_faults")


def test_a_job_finds_address_credential_and_shared_limit(
    job: Job, simulator: str, aws: AwsAccess, valkey: str
) -> None:
    manager = boto3.client(
        "secretsmanager",
        endpoint_url=aws.endpoint_url,
        region_name=aws.region,
        aws_access_key_id=aws.access_key_id,
        aws_secret_access_key=aws.secret_access_key,
    )
    store_credentials(manager, prefix="jobs", token=TOKEN)
    told = {
        **{f"PRICER_{name}_URL": simulator + path for name, path in AT_THE_SIMULATOR.items()},
        "PRICER_ETL__SOURCES__CATALOG__RATE_LIMIT_PER_MIN": "6000",
        # One a minute: the bucket is kept for as long as its one token takes to come back.
        "PRICER_ETL__SOURCES__EBAY__RATE_LIMIT_PER_MIN": "1",
        "PRICER_SECRETS_PREFIX": "jobs",
        "PRICER_REDIS_URL": valkey,
        "AWS_ENDPOINT_URL": aws.endpoint_url,
    }
    run = ("--date", str(DAY))
    refreshed = job("refresh_catalog", *run, **told)
    assert refreshed.summary["cards"] == CARDS, refreshed.said
    assert job("fetch", "--source", "ebay", *run, **told).summary["rows"] > 0
    with redis.Redis.from_url(valkey) as store:
        assert store.exists("ingestion:limit:ebay") == 1
    refused = job("fetch", "--source", "ebay", *run, **told | {"PRICER_SECRETS_PREFIX": "none"})
    assert refused.code == 1
    assert "none/source/ebay" in refused.said


def product_names(source: str) -> list[str]:
    products = CatalogFiles().product_map(PRODUCTS)[1]
    return products.filter(source=source).get_column("product").to_list()
